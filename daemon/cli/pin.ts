/** `hotplate pin PRODUCT@v007[/w032]`: retention never collects it. On the record, like every decision. */
import type { Context } from "./context.ts";
import { decide, standingOf, versionNamed, versionTools } from "./versionTools.ts";

export async function action(
  context: Context,
  [text = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const tools = await versionTools(context);
  const ref = await versionNamed(tools, text);
  const before = (await standingOf(tools, ref.productDir)).pinned.has(ref.subject);
  if (!before) await decide(tools, ref, { action: "pin", note: options["note"] });
  context.print({ product: ref.product, subject: ref.subject, pinned: true, before }, () =>
    before ? `${ref.product} ${ref.subject} is pinned already.` : `Pinned: ${ref.product} ${ref.subject}.`,
  );
}
