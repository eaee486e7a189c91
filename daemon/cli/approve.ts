/** `hotplate approve PRODUCT@v007[/w032]`: verified, then on the record, bound to the version's commit; approved.json follows. */
import { HotplateError } from "../domain/errors.ts";
import { joinPath } from "../domain/paths.ts";
import { tombstoneAt } from "../retention.ts";
import { verifyVersion } from "../verifyVersion.ts";
import type { Context } from "./context.ts";
import { decide, versionNamed, versionTools } from "./versionTools.ts";

export async function action(
  context: Context,
  [text = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const tools = await versionTools(context);
  const ref = await versionNamed(tools, text);
  const report = await verifyVersion(tools, ref.version.dir);
  // Of a version as a whole, the variations that were rejected may be gone.
  const inside = ref.wedge === null ? "" : `${ref.subject.split("/")[1]}/`;
  const gone = report.lines.some(({ path, state }) => state === "collected" && path.startsWith(inside));
  if (gone && (ref.wedge !== null || (await tombstoneAt(tools, ref.version.dir)) !== null))
    throw new HotplateError(
      "HP-REF-COLLECTED",
      `The pixels of ${ref.product} ${ref.subject} were collected by retention.`,
    );
  if (report.verdict !== "intact") {
    const first = report.lines.find(
      (line) => line.state !== "ok" && line.state !== "collected" && line.outside !== true,
    );
    throw new HotplateError(
      "HP-VERIFY-CHANGED",
      `${ref.product} ${ref.subject} is not as it was committed: ${first?.path ?? "it"} is ${first?.state ?? "changed"}. Nothing was approved.`,
      { hint: `hotplate verify ${ref.version.dir}` },
    );
  }
  const line = await decide(tools, ref, { action: "approve", note: options["note"] });
  const approved = joinPath(ref.productDir, "approved.json");
  context.print({ approved: { product: ref.product, path: joinPath(ref.productDir, ref.subject), ...line } }, () =>
    [`Approved: ${ref.product} ${ref.subject}, by ${line.who}. ${approved} says so.`].join("\n"),
  );
}
