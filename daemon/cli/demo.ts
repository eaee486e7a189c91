/** `hotplate demo`: the same code as `npm run demo`. */
import type { Context } from "./context.ts";
import { runDemo } from "../../scripts/demo/runDemo.ts";

export async function action(
  context: Context,
  _args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const code = await runDemo({
    root: String(options["root"]),
    variations: Number(options["variations"]),
    keep: options["keep"] === true,
    json: context.json,
  });
  context.exit(code);
}
