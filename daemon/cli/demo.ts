/** `hotplate demo`: the same code as `npm run demo`. */
import type { Context } from "./context.ts";
import { wholeNumber } from "./context.ts";
import { runDemo } from "../../scripts/demo/runDemo.ts";

export async function action(
  context: Context,
  _args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const code = await runDemo({
    root: String(options["root"]),
    variations: wholeNumber(options["variations"], "--variations", { min: 1, max: 1_000 }),
    keep: options["keep"] === true,
    json: context.json,
  });
  context.exit(code);
}
