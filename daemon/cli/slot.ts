/** `hotplate slot restart NAME`: restarts a slot's ComfyUI, or lets it out of quarantine. */
import { HotplateError } from "../domain/errors.ts";
import type { Context } from "./context.ts";
import { userName } from "./context.ts";

export async function action(context: Context, [what = "", name = ""]: readonly string[]): Promise<void> {
  if (what !== "restart") throw new HotplateError("HP-USAGE", `slot knows restart, not "${what}".`);
  const answer = (await context.api("POST", `/v1/slots/${encodeURIComponent(name)}/restart`, {
    by: userName(),
  })) as { readonly answer: string };
  context.print(answer, () => answer.answer);
}
