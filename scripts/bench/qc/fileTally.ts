/** Counts what the checks said of files, sequences of files and sets, and writes it as Markdown for the part of docs/qc.md between its marks. */
import type { Verdict } from "../../../daemon/domain/qc.ts";
import { counted } from "./proofTable.ts";
import type { Share } from "./tally.ts";

/** What one check said of one case. */
export interface FileNote {
  readonly check: string;
  /** Of what kind the file, the sequence or the set was. */
  readonly on: string;
  /** null: it did not apply. */
  readonly verdict: Verdict | null;
  /** null: it is right. */
  readonly defect: {
    readonly name: string;
    readonly strength: string;
    readonly stated: boolean;
    readonly says: Verdict;
  } | null;
}

export interface FoundRow {
  readonly check: string;
  readonly name: string;
  readonly strength: string;
  readonly stated: boolean;
  readonly says: Verdict;
  /** The check gave the verdict that it must. */
  readonly found: Share;
}

export interface CleanRow {
  readonly check: string;
  /** Of those that it judged: anything but a pass, also that it could not look. */
  readonly flagged: Share;
  /** Kinds on which it did, with how often. */
  readonly on: readonly string[];
}

export function foundRows(notes: readonly FileNote[]): readonly FoundRow[] {
  const put = notes.flatMap(({ defect, ...note }) => (defect === null ? [] : [{ ...note, ...defect }]));
  const groups = Map.groupBy(put, ({ check, name, strength }) => `${check}\n${name}\n${strength}`);
  return [...groups.values()].map((all) => {
    const [{ check, name, strength, stated, says }] = all as [(typeof put)[number]];
    const hits = all.filter(({ verdict }) => verdict === says).length;
    return { check, name, strength, stated, says, found: { hits, of: all.length } };
  });
}

export function cleanRows(notes: readonly FileNote[]): readonly CleanRow[] {
  const judged = notes.filter(({ defect, verdict }) => defect === null && verdict !== null);
  return [...Map.groupBy(judged, ({ check }) => check)].map(([check, all]) => {
    const flagged = all.filter(({ verdict }) => verdict !== "pass");
    const on = [...Map.groupBy(flagged, (note) => note.on)].map(([kind, of]) => `${kind} (${of.length})`);
    return { check, flagged: { hits: flagged.length, of: all.length }, on };
  });
}

export const FILES_MARKS = {
  begin: "<!-- files: made by scripts/bench/qc/main.ts, never by hand -->",
  end: "<!-- /files -->",
} as const;

export function filesMarkdown(notes: readonly FileNote[]): string {
  const clean = cleanRows(notes);
  const defects = [...Map.groupBy(foundRows(notes), ({ check, name }) => `${check}\n${name}`).values()];
  return `${[
    "Every figure is a share in % with Wilson's 95 % interval; **bold**: strengths at which all must be found.",
    "",
    "| defect | check | strength | must | does |",
    "|---|---|---|---|---|",
    ...defects.flatMap(linesOf),
    "",
    "| right ones flagged by | | on |",
    "|---|---|---|",
    ...clean.map(({ check, flagged, on }) => `| \`${check}\` | ${counted(flagged)} | ${on.join("; ")} |`),
  ].join("\n")}\n`;
}

/** Strengths of which all were found stand in one line. */
function linesOf(rows: readonly FoundRow[]): readonly string[] {
  const groups = Map.groupBy(rows, ({ strength, says, stated, found }) =>
    found.hits === found.of && stated ? `all ${says}` : strength,
  );
  return [...groups.values()].map((group, at) => {
    const [{ check, name, says, stated }] = group as [FoundRow];
    const found = group.reduce((sum, row) => ({ hits: sum.hits + row.found.hits, of: sum.of + row.found.of }), {
      hits: 0,
      of: 0,
    });
    const words = group.map(({ strength }) => strength).join("; ");
    const strength = stated ? `**${words}**` : words;
    return `| ${at === 0 ? name : ""} | ${at === 0 ? `\`${check}\`` : ""} | ${strength} | ${says} | ${counted(found)} |`;
  });
}
