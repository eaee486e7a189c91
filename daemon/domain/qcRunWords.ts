/** The answer of `hotplate qc run` for people: what did not pass, worst first, each number beside its threshold; then the counts. */
import { foundIn, saidBy, tellingMeasures } from "./qcFound.ts";
import type { Found } from "./qcFound.ts";
import { leftOutWords } from "./pictureGroups.ts";
import { LIMITS } from "./limits.ts";
import type { QcInspection, QcMeasure } from "./qcInspection.ts";
import { count, verdictOf } from "./qcInspection.ts";
import { offWords } from "./qcOff.ts";
import { frameRanges, valueWords } from "./qcReportWords.ts";
import type { QcRunReport } from "./qcRunReport.ts";
import { countWords, placeName, runVerdict } from "./qcRunReport.ts";

/** Rows of a terminal's answer; the rest is counted, and whole in --json. */
const ROWS_MAX = 60;

export interface QcRunRow {
  readonly cells: readonly string[];
  /** What to do; null: nothing is known, or it stands under a row above. */
  readonly hint: string | null;
}

/** A row per place and check: verdict, where, check, numbers, sentence; what to do once for each check that says it. */
export function qcRunRows(report: QcRunReport): readonly QcRunRow[] {
  const said = new Set<string>();
  return foundIn(placesOf(report))
    .slice(0, ROWS_MAX)
    .map((one) => {
      const { hint } = one.finding;
      const { check, message } = saidBy(one);
      const key = `${check} ${hint}`;
      const isNew = hint !== null && !said.has(key);
      said.add(key);
      const numbers = tellingMeasures(one.finding).map(measureText).join(", ");
      return {
        cells: [one.verdict.toUpperCase(), whereWords(report, one), check, numbers, oneLine(message)],
        hint: isNew ? oneLine(hint) : null,
      };
    });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

export function qcRunClosing(report: QcRunReport): readonly string[] {
  const all = foundIn(placesOf(report)).length;
  const pictures = report.totals.frames;
  const many = report.sequences.reduce((sum, { frames }) => sum + frames.length, 0);
  const { name, checks, show, recipe } = report.profile;
  const owners = [...(show === null ? [] : [`show ${show}`]), ...(recipe === null ? [] : [`recipe ${recipe}`])];
  const whose = owners.length === 0 ? "" : ` for ${owners.join(", ")}`;
  const by = name === null ? `${checks.length} checks` : `profile ${name} (${checks.length} checks)`;
  const named = (report.set?.findings ?? []).some((finding) => finding.result !== "pass");
  const names = report.sequences.slice(0, LIMITS.answerNamesShown).map((_, at) => placeName(report, at));
  const rest = report.sequences.length - names.length;
  return [
    ...(named ? [`where ${names.join(", ")}${rest > 0 ? ` and ${rest} more, in that order` : ""}`] : []),
    ...(report.profile.off.length === 0 ? [] : [`off  ${offWords(report.profile.off)}`]),
    ...report.notLookedAt.map((one) => `not looked at  ${leftOutWords(one)}`),
    ...report.notLoaded.map(
      ({ file, message }) => `not loaded ${file}: nobody looked for what it looks for (${message})`,
    ),
    ...(all > ROWS_MAX ? [`and ${all - ROWS_MAX} more: --json has all`] : []),
    `${runVerdict(report).toUpperCase()}  ${many} ${many === 1 ? "picture" : "pictures"} by ${by}${whose}: ${countWords(pictures)}${wholeWords(report)}`,
  ];
}

/** What is said of many pictures is in no count of pictures: without it a WARN would stand over pictures that all pass. */
function wholeWords({ sequences, set }: QcRunReport): string {
  const wholes = sequences.flatMap(({ sequence }) => (sequence?.findings.length ? [sequence] : []));
  const said = (word: string, inspections: readonly QcInspection[]): string => {
    const verdicts = inspections.map(verdictOf);
    return verdicts.every((verdict) => verdict === "pass") ? "" : `; ${word}: ${countWords(count(verdicts))}`;
  };
  return (
    said(wholes.length === 1 ? "as a sequence" : "as sequences", wholes) +
    said("as a set", set?.findings.length ? [set] : [])
  );
}

export function placesOf(report: QcRunReport): Parameters<typeof foundIn>[0] {
  const set = report.set === null ? [] : [{ name: "all", frames: [], whole: report.set }];
  return [...report.sequences.map(({ name, frames, sequence }) => ({ name, frames, whole: sequence })), ...set];
}

function whereWords(report: QcRunReport, { at, frames }: Found): string {
  const sequence = report.sequences[at];
  if (sequence === undefined) return "all";
  const name = placeName(report, at);
  // A frame that stands alone has its number in its name.
  if (sequence.frames.length <= 1 || frames.length === 0) return name;
  return `${name} ${frameRanges(frames)}`;
}

/** `ratio 41 % (at least 60 %)` */
export function measureText({ name, value, unit, limit, must }: QcMeasure): string {
  const said = `${name} ${valueWords(value, unit)}`;
  if (limit === null || unit === "bool") return said;
  const word = must === undefined ? "limit" : SIDES[must];
  return `${said} (${word} ${valueWords(limit, unit)})`;
}

const SIDES = { atMost: "at most", atLeast: "at least", equal: "must be" } as const;
