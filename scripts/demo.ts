/** `npm run demo`: the whole product on real images with no GPU, no ComfyUI, no configuration. The same as `hotplate demo`. */
import { runCommandLine } from "../daemon/cli/main.ts";

await runCommandLine([process.argv[0] ?? "node", "hotplate", "demo", ...process.argv.slice(2)]);
