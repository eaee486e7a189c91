/** `hotplate reject TASK --reason WHY`: ends a hold at once, as it would end when nobody decides. A request to the running daemon. */
import { HotplateError } from "../domain/errors.ts";
import type { Context } from "./context.ts";
import { userName } from "./context.ts";
import { decide } from "./waive.ts";

export async function action(
  context: Context,
  [target = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { by, reason } = options;
  if (typeof reason !== "string" || reason.trim() === "")
    throw new HotplateError("HP-USAGE", "Say why: --reason TEXT.");
  const who = typeof by === "string" && by.trim() !== "" ? by.trim() : userName();
  await decide(context, target, { what: "reject", body: { by: who, reason: reason.trim() } });
}
