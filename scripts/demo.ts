/** `npm run demo`: the whole product on real images with no GPU, no ComfyUI, no configuration. */
import { buildProgram } from "../daemon/cli/program.ts";
import { reportError } from "../daemon/cli/context.ts";

try {
  await buildProgram().parseAsync([process.argv[0] ?? "node", "hotplate", "demo", ...process.argv.slice(2)]);
} catch (error) {
  process.exitCode = reportError(error, { json: false, verbose: false });
}
