/** The page's tables: every check with its thresholds and where they come from, and every result with all its numbers. Pure: text out. */
import type { Verdict } from "./qc.ts";
import { worstVerdict } from "./qc.ts";
import { tellingMeasures } from "./qcFound.ts";
import type { QcFinding, QcInspection } from "./qcInspection.ts";
import { verdictOf } from "./qcInspection.ts";
import { offNote } from "./qcPageOff.ts";
import { parentDir } from "./paths.ts";
import type { PageParts } from "./qcPageParts.ts";
import { placeId } from "./qcPageParts.ts";
import { esc, findingVerdict, measureWords, named, told, verdictTag } from "./qcReportWords.ts";
import type { QcView, ViewCheck, ViewFrame, ViewPlace } from "./qcView.ts";
import { axesBySpeed } from "./sheetGrid.ts";

const ROWS_MAX = 1_000;

export function region(label: string, inside: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${label}">${inside}</div>`;
}

const GATE: Readonly<Record<NonNullable<QcView["gate"]>, string>> = {
  reject: "is kept out of the version and put into quarantine",
  hold: "waits for a person",
  warn: "is published and marked",
};

export function checkTable({ view }: PageParts): string {
  const gate = view.gate === null ? "" : `Gate: a fail ${GATE[view.gate]}. `;
  const head = ["check", "found", "thresholds in force", "not applied, because"].map(
    (word) => `<th scope="col">${word}</th>`,
  );
  const seen = tallyOf(view);
  const rows = view.checks.map((check) => {
    const tally = seen.get(check.check);
    return `<tr><th scope="row">${named(check.check)}${kindWords(check)}</th><td data-of="found">${foundWords(tally)}</td><td data-of="thresholds">${limitWords(check)}</td><td data-of="not applied">${reasonWords(tally)}</td></tr>`;
  });
  return `<h2 id="checks">Checks and thresholds</h2><p class="faint small">${gate}${view.profile.map(told).join(" ")}</p>${offNote(view)}${region("Checks and thresholds", `<table class="rows"><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table>`)}`;
}

function kindWords({ version, layer, severity }: ViewCheck): string {
  const words = [
    ...(version === undefined || version === null ? [] : [`version ${version}`]),
    ...(layer === undefined ? [] : [layer]),
    ...(severity === undefined ? [] : [severity === "measure" ? "on trial: measured only" : `${severity} at most`]),
  ];
  return words.length === 0 ? "" : `<span class="axes">${esc(words.join(", "))}</span>`;
}

function limitWords({ limits, from }: ViewCheck): string {
  const names = Object.keys(limits);
  if (names.length === 0) return '<span class="faint">none: it is exact</span>';
  return names
    .map(
      (name) =>
        `<div>${told(name)} <b>${Number((limits[name] ?? 0).toPrecision(6))}</b> <span class="faint">${told(from[name] ?? "the check's own")}</span></div>`,
    )
    .join("");
}

interface Tally {
  readonly verdicts: Map<Verdict, number>;
  readonly reasons: Map<string, number>;
}

function tallyOf(view: QcView): ReadonlyMap<string, Tally> {
  const out = new Map<string, Tally>();
  const of = (check: string): Tally => {
    const known = out.get(check) ?? { verdicts: new Map(), reasons: new Map() };
    out.set(check, known);
    return known;
  };
  const add = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);
  const take = (inspection: QcInspection | null): void => {
    for (const finding of inspection?.findings ?? []) add(of(finding.check).verdicts, findingVerdict(finding));
    for (const { check, because } of inspection?.notApplied ?? []) add(of(check).reasons, because);
  };
  for (const { frames, whole } of view.places) {
    for (const { inspection } of frames) take(inspection);
    take(whole);
  }
  take(view.set);
  return out;
}

function foundWords(tally: Tally | undefined): string {
  const order = ["fail", "error", "warn", "pass"] as const;
  const tags = order.flatMap((verdict) => {
    const count = tally?.verdicts.get(verdict) ?? 0;
    return count === 0 ? [] : [verdictTag(verdict, `${count} ${verdict}`)];
  });
  return tags.join(" ");
}

function reasonWords(tally: Tally | undefined): string {
  return [...(tally?.reasons ?? [])]
    .map(([because, count]) => `${told(because)} (${count} ${count === 1 ? "time" : "times"})`)
    .join("; ");
}

interface Row {
  readonly at: number;
  readonly place: ViewPlace;
  readonly frames: readonly ViewFrame[];
  /** What was said of the place's frames together, where this row tells it. */
  readonly whole: QcInspection | null;
  readonly name: string;
  readonly verdict: Verdict | null;
  readonly isFirst: boolean;
}

/** A row per place; of a single one, a row for what was said of all its frames together, and one per frame. */
function rowsOf(view: QcView): readonly Row[] {
  const [only] = view.places;
  if (view.places.length === 1 && only !== undefined && only.frames.length > 1) {
    const { whole } = only;
    const together =
      whole === null ? [] : [{ at: 0, place: only, frames: [], whole, name: "together", verdict: verdictOf(whole) }];
    const each = only.frames.map((frame) => ({
      at: 0,
      place: only,
      frames: [frame],
      whole: null,
      name: frame.frame === null ? "still" : String(frame.frame),
      verdict: verdictOf(frame.inspection),
    }));
    return [...together, ...each].map((row, i) => ({ ...row, isFirst: i === 0 }));
  }
  return view.places.map((place, at) => {
    const { frames, whole, name, verdict } = place;
    return { at, place, frames, whole, name, verdict, isFirst: true };
  });
}

export function resultTable({ view }: PageParts): string {
  const all = rowsOf(view);
  const order = axesBySpeed(view.places.map(({ axes }) => axes));
  const perFrame = view.places.length === 1 && all.length > 1;
  const head = [perFrame ? "frame" : view.place, "verdict", "what did not pass", "what passed"].map(
    (word) => `<th scope="col">${word}</th>`,
  );
  const body = all.slice(0, ROWS_MAX).map((row) => tableRow(row, order));
  const more =
    all.length > ROWS_MAX ? `<p class="faint">${all.length - ROWS_MAX} more: see ${esc(view.complete)}.</p>` : "";
  return `<h2 id="results">Every result</h2>${region("Every result", `<table class="rows"><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table>`)}${more}`;
}

function tableRow({ at, place, frames, whole, name, verdict, isFirst }: Row, order: readonly string[]): string {
  const names = [...order, ...Object.keys(place.axes).filter((axis) => !order.includes(axis))];
  const words = [
    ...names.map((axis) => `${axis}: ${place.axes[axis] ?? ""}`),
    ...(place.seed === "" || place.axes["seed"] === place.seed ? [] : [`seed: ${place.seed}`]),
  ];
  const label = `<th scope="row">${named(name)}${words.map((word) => `<span class="axes">${told(word)}</span>`).join("")}</th>`;
  const outcomes = [...new Set(frames.map(({ outcome }) => outcome))].filter((outcome) => outcome !== null);
  const outcome =
    outcomes.length === 0
      ? ""
      : `<span class="axes">${esc(outcomes.join(", "))}: not in the version</span>${reasonsOf(frames)}${placesOf(frames)}`;
  const worst = worstByCheck([...frames.map(({ inspection }) => inspection), whole]);
  const bad = worst.filter((finding) => findingVerdict(finding) !== "pass");
  const badWords = bad
    .map((finding) => `<div>${verdictTag(findingVerdict(finding))} ${lineOf(finding)}</div>`)
    .join("");
  const good = worst.filter((finding) => findingVerdict(finding) === "pass");
  const lines = good.map((finding) => `<li>${lineOf(finding)}</li>`).join("");
  const measures =
    good.length === 0 ? "" : `<details><summary>${good.length} passed</summary><ul class="all">${lines}</ul></details>`;
  return `<tr${isFirst ? ` id="${placeId(at)}"` : ""}>${label}<td data-of="verdict">${verdictTag(verdict)}${outcome}</td><td data-of="not passed">${badWords}</td><td data-of="passed">${measures}</td></tr>`;
}

/** Why it is not there, where it was looked at: a person may have said so. What was never made stands under what needs a look. */
function reasonsOf(frames: readonly ViewFrame[]): string {
  const reasons = frames.flatMap(({ outcome, reason, inspection }) =>
    outcome === null || reason === null || inspection === null ? [] : [reason],
  );
  const [first, ...others] = [...new Set(reasons)];
  if (first === undefined) return "";
  return `<span class="axes">${told(first)}${others.length === 0 ? "" : ` (and ${others.length} more reasons)`}</span>`;
}

/** Where what was refused lies; of many frames the folder says it. */
function placesOf(frames: readonly ViewFrame[]): string {
  const places = frames.flatMap(({ refusedTo }) => (refusedTo === undefined ? [] : [refusedTo]));
  const [first] = places;
  if (first === undefined) return "";
  return `<span class="axes">${told(places.length === 1 ? first : `${parentDir(first)}/`)}</span>`;
}

/** The worst finding of each check in these frames, by name. */
function worstByCheck(inspections: readonly (QcInspection | null)[]): readonly QcFinding[] {
  const out = new Map<string, QcFinding>();
  for (const inspection of inspections)
    for (const finding of inspection?.findings ?? []) {
      const known = out.get(finding.check);
      const worse =
        known === undefined ||
        (findingVerdict(known) !== findingVerdict(finding) &&
          worstVerdict([findingVerdict(known), findingVerdict(finding)]) === findingVerdict(finding));
      if (worse) out.set(finding.check, finding);
    }
  return [...out.values()].sort((a, b) => (a.check < b.check ? -1 : 1));
}

function lineOf(finding: QcFinding): string {
  const numbers = tellingMeasures(finding).map((measure) => `${told(measure.name)} ${measureWords(measure)}`);
  return `${named(finding.check)}${numbers.length === 0 ? "" : `: ${numbers.join(", ")}`}`;
}
