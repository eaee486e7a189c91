/** Whoever reads what a command prints may stop reading (`hotplate qc run … --json | head`): that is the end of the command, and no error. */
import { systemCode } from "../domain/errors.ts";

/** The exit code stays what the command has said so far. */
export function endWhenUnread(stream: NodeJS.WriteStream): void {
  stream.on("error", (error) => {
    if (systemCode(error) !== "EPIPE") throw error;
    process.exit();
  });
}
