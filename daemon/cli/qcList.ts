/** `hotplate qc list [names...]`: the profiles and checks that this node has, with what each finds and its limits. */
import { HotplateError } from "../domain/errors.ts";
import type { ListedCheck, QcListing } from "../domain/qcListing.ts";
import { qcListing } from "../domain/qcListing.ts";
import type { Context } from "./context.ts";
import { table } from "./context.ts";
import { pictureWorld } from "./qcPictures.ts";

export async function action(context: Context, names: readonly string[]): Promise<void> {
  await using world = await pictureWorld(context, {});
  const answer = qcListing(world.book, names);
  if (answer.kind === "unknown") {
    const nearest = answer.nearest === null ? "" : ` The nearest is ${answer.nearest}.`;
    throw new HotplateError("HP-NOT-FOUND", `There is no QC profile or check "${answer.name}".${nearest}`, {
      hint: answer.nearest === null ? "hotplate qc list" : `hotplate qc list ${answer.nearest}`,
    });
  }
  const { listing } = answer;
  context.print({ ...listing, notLoaded: world.book.refused }, () => words(listing, names.length > 0));
}

function words({ profiles, checks }: QcListing, isNamed: boolean): string {
  const rows = profiles.map(({ name, title, file, checks: own }) => [
    name,
    `${own.length} checks`,
    title,
    ...(file === null ? [] : [file]),
  ]);
  const blocks = isNamed
    ? profiles.map(({ name, title, checks: own }) => `profile ${name}: ${title}\n${checkRows(own)}`)
    : [`profiles\n${table(rows)}`];
  return [...blocks, ...(checks.length === 0 ? [] : [`checks\n${checkRows(checks)}`])].join("\n\n");
}

function checkRows(checks: readonly ListedCheck[]): string {
  return table(
    checks.map(({ id, scope, finds, limits, severity, file }) => [
      id,
      scope,
      finds ?? "",
      [
        ...Object.entries(limits).map(([name, value]) => `${name}=${value}`),
        ...(severity === undefined ? [] : [severity]),
      ].join(" "),
      ...(file === null ? [] : [file]),
    ]),
  );
}
