/** `hotplate unpin PRODUCT@v007[/w032]`: takes a pin away. Exit 7 when there is none. */
import { HotplateError } from "../domain/errors.ts";
import type { Context } from "./context.ts";
import { decide, standingOf, versionNamed, versionTools } from "./versionTools.ts";

export async function action(
  context: Context,
  [text = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const tools = await versionTools(context);
  const ref = await versionNamed(tools, text);
  const { pinned } = await standingOf(tools, ref.productDir);
  if (!pinned.has(ref.subject)) {
    const those = [...pinned].join(", ");
    throw new HotplateError("HP-STATE-REFUSED", `${ref.product} ${ref.subject} is not pinned.`, {
      hint: those === "" ? "Nothing of it is pinned." : `Pinned: ${those}.`,
    });
  }
  await decide(tools, ref, { action: "unpin", note: options["note"] });
  context.print(
    { product: ref.product, subject: ref.subject, pinned: false },
    () => `Not pinned any more: ${ref.product} ${ref.subject}.`,
  );
}
