/**
 * Runs one image tool over scratch files, never over a plate: in a process group of its own, with a deadline, capped output and
 * bounded memory, and gone when the worker is. A tool's exit status proves nothing here; its callers look at what it made.
 */
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Exec } from "../../ports.ts";
import { boundedCommand } from "../boundedCommand.ts";
import { broken, notReadable } from "./byteSource.ts";
import type { Tool } from "./toolFind.ts";

/** Words of a tool that has no reader for a legal variant; all else that it says of a proven file is damage. */
const NO_READER = /unsupported|not supported|not implemented|unknown (compression|decoder)|unrecognized option/i;

/** Throws unless it ends with 0 and says nothing. */
export async function runTool(
  exec: Exec,
  tool: Tool,
  of: { readonly args: readonly string[]; readonly cwd: string },
): Promise<void> {
  const [command, ...args] = boundedCommand(LIMITS.imageToolMemoryBytesMax, [tool.path, ...of.args]);
  const answer = await exec.run(command, args, { timeoutMs: LIMITS.imageToolMs, cwd: of.cwd });
  if (answer.timedOut) {
    const words = `${tool.words} made no end of a frame in ${LIMITS.imageToolMs} ms`;
    throw Object.assign(new Error(words), { code: "ETIMEDOUT" });
  }
  if (answer.capped === true) throw broken(`${tool.words} could not decode it: it printed without end`);
  const said = answer.stderr.trim();
  if (answer.exitCode === 0 && said === "") return;
  const line = said.split("\n")[0]?.replaceAll(of.cwd, "").slice(0, LIMITS.problemTextCharactersMax) ?? "";
  const words = `${tool.words} could not decode it: ${line === "" ? `exit ${answer.exitCode ?? "by a signal"}` : line}`;
  // Killed from outside, out of memory: we could not look.
  if (answer.exitCode === null || answer.exitCode >= 126) throw new HotplateError("HP-IMAGE-WORKER", words);
  throw NO_READER.test(said) ? notReadable(words) : broken(words);
}
