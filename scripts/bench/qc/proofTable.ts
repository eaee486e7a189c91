/** The proof's figures as Markdown, for the part of docs/qc.md between its marks. */
import type { Share, Tally } from "./tally.ts";
import { wilson } from "./tally.ts";

export const BEGIN = "<!-- proof: made by scripts/bench/qc/main.ts, never by hand -->";
export const END = "<!-- /proof -->";

export interface Run {
  readonly photos: readonly string[];
  readonly tally: Tally;
}

const percent = (ratio: number): string => {
  const value = ratio * 100;
  return value === 0 || value === 100
    ? `${value}`
    : value >= 99.95 || value < 0.095
      ? value.toFixed(2)
      : value.toFixed(1);
};

function cell(share: Share): string {
  if (share.of === 0) return "-";
  const [low, high] = wilson(share);
  return `${percent(share.hits / share.of)} (${percent(low)}-${percent(high)})`;
}

export function proofTable(run: Run): string {
  const { tally } = run;
  const first = tally.rows[0]?.strengths[0];
  const { seen, heldOut } = tally.anyFail;
  return `${[
    `Defects: ${first?.found.of ?? 0} scenes of known kinds and ${first?.heldOut.of ?? 0} held out, each with every defect at every strength. Clean: ${seen.of} cases of known kinds and ${heldOut.of} held`,
    `out. Photographs: ${run.photos.length === 0 ? "none were there" : run.photos.join(", ")}. Every figure is a share in % with Wilson's 95 % interval;`,
    "**bold**: the strength from which all must be found.",
    "",
    "| defect | check | strength | found, known kinds | found, held out | any check |",
    "|---|---|---|---|---|---|",
    ...tally.rows.flatMap(({ defect, strengths }) =>
      strengths.map(
        ({ name, found, heldOut, any }, at) =>
          `| ${at === 0 ? defect.name : ""} | ${at === 0 ? `\`${defect.check}\`` : ""} | ${at === defect.must ? `**${name}**` : name} | ${cell(found)} | ${cell(heldOut)} | ${percent(any.hits / Math.max(1, any.of))} |`,
      ),
    ),
    "",
    "| clean results flagged by | known kinds | held out |",
    "|---|---|---|",
    ...tally.clean.map(({ check, alarms, heldOut }) => `| \`${check}\` | ${counted(alarms)} | ${counted(heldOut)} |`),
    `| **any fail** | ${counted(seen)} | ${counted(heldOut)} |`,
    `| **any warn** | ${counted(tally.anyWarn.seen)} | ${counted(tally.anyWarn.heldOut)} |`,
    ...largeLines(tally.large),
  ].join("\n")}\n`;
}

export const counted = (share: Share): string =>
  share.of === 0 ? "-" : `${share.hits} of ${share.of}: ${cell(share)}`;

function largeLines({ rows, clean, anyWarn }: Tally["large"]): readonly string[] {
  if (anyWarn.of === 0) return [];
  return [
    "",
    "Frames of 3072 x 2048, at which these checks look at a part of the pixels (known kinds):",
    "",
    "| defect at its stated strength | check | found |",
    "|---|---|---|",
    ...rows.map(({ defect, name, found }) => `| ${defect.name}: ${name} | \`${defect.check}\` | ${counted(found)} |`),
    "",
    "| clean results flagged by | |",
    "|---|---|",
    ...clean.map(({ check, alarms }) => `| \`${check}\` | ${counted(alarms)} |`),
    `| **any warn** | ${counted(anyWarn)} |`,
  ];
}

export interface Marks {
  readonly begin: string;
  readonly end: string;
}

/** The page with what stands between the marks replaced. */
export function withTable(page: string, table: string, { begin, end }: Marks = { begin: BEGIN, end: END }): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} ... ${end}`);
  return `${page.slice(0, from + begin.length)}\n${table}${page.slice(to)}`;
}
