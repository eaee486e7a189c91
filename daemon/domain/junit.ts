/**
 * A QC report as JUnit XML, for build servers: a suite per wedge or sequence, a case per check and frame. fail is a failure,
 * error an error (QC could not look), not applied is skipped; a warning passes and says so in the case's output, for JUnit has no
 * word for it. A large report gathers what passed by check. Nothing is in it that the schema of Jenkins' xUnit plugin (junit-10.xsd) has no
 * place for. Pure: report in, text out.
 */
import { LIMITS } from "./limits.ts";
import type { QcFinding, QcInspection } from "./qcInspection.ts";
import { findingVerdict, frameRanges } from "./qcReportWords.ts";
import { measureText } from "./qcRunWords.ts";
import type { QcView, ViewFrame, ViewPlace } from "./qcView.ts";
import { isLarge, waiverOf } from "./qcView.ts";

interface Case {
  readonly check: string;
  readonly version?: number;
  readonly frame: number | null;
  /** Of the whole place, or of several frames: instead of a frame's number. */
  readonly of?: string;
  readonly file: string | null;
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  readonly message: string;
  /** More than the message: numbers, hint. */
  readonly details: readonly string[];
  /** What it took, ms; absent: nobody measured it. */
  readonly ms?: number;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

export function junitXml(view: QcView): string {
  const large = isLarge(view);
  const suites = view.places.map((place) => suiteOf(view, place, large));
  if (view.set !== null)
    suites.push({ name: `${view.title} set`, cases: casesOf(view.set, { frame: null, of: "set", file: null }) });
  const off = view.off.map(offCase);
  if (off.length > 0) suites.push({ name: `${view.title} off`, cases: off });
  const lost = (view.notLoaded ?? []).map(lostCase);
  if (lost.length > 0) suites.push({ name: `${view.title} plugins`, cases: lost });
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`QC ${view.title}`)}" ${numbersOf(all)} time="${timeOf(all)}">`,
    ...suites.map((suite, id) => suiteXml(suite, view, id)),
    "</testsuites>",
    "",
  ].join("\n");
}

/** A gate that is gone must not leave everything green. */
function lostCase({ file, message }: { readonly file: string; readonly message: string }): Case {
  return { check: file, frame: null, file, outcome: "error", message: `Not loaded: ${message}`, details: [] };
}

/** What does not look is no pass either. */
function offCase({ check, by, how }: QcView["off"][number]): Case {
  return { check, frame: null, file: null, outcome: "skipped", message: `${how}: ${by} says so`, details: [] };
}

function suiteOf(view: QcView, place: ViewPlace, large: boolean): Suite {
  const each = place.frames.flatMap((frame) => frameCases(frame).map((one) => waived(view, place.name, one)));
  const over = place.whole === null ? [] : casesOf(place.whole, { frame: null, of: "sequence", file: null });
  const whole = over.map((one) => waived(view, place.name, one));
  // Of pictures the name of the sequence says everything; wedges are called alike in every version.
  const name = /^w\d+$/.test(place.name) ? `${view.title} ${place.name}` : place.name;
  return { name, cases: [...(large ? gathered(each) : each), ...whole] };
}

/** Let stand by a person: no failure, and not to be overlooked. */
function waived(view: QcView, place: string, one: Case): Case {
  const { check, version, outcome } = one;
  const frame = one.of === "sequence" ? "whole" : one.frame;
  const waiver = version === undefined ? null : waiverOf(view, { check, version }, { place, frame });
  if (waiver === null || outcome === "skipped" || outcome === "error") return one;
  return {
    ...one,
    outcome: "skipped",
    message: `waived by ${waiver.by}: ${waiver.reason} (${one.message})`,
    details: [],
  };
}

function frameCases({ frame, file, inspection, reason }: ViewFrame): readonly Case[] {
  if (inspection !== null) return casesOf(inspection, { frame, file: file?.path ?? null });
  const message = reason ?? "QC did not look at it.";
  return [{ check: "file.decodes", frame, file: file?.path ?? null, outcome: "error", message, details: [] }];
}

function casesOf(inspection: QcInspection, at: Pick<Case, "frame" | "of" | "file">): readonly Case[] {
  return [
    ...inspection.findings.map((finding) => ({
      ...at,
      check: finding.check,
      version: finding.version,
      ...(finding.cpuMs === undefined ? {} : { ms: finding.cpuMs }),
      ...outcomeOf(finding),
    })),
    ...inspection.notApplied.map(({ check, because }) => ({
      ...at,
      check,
      outcome: "skipped" as const,
      message: because,
      details: [],
    })),
  ];
}

function outcomeOf(finding: QcFinding): Pick<Case, "outcome" | "message" | "details"> {
  const verdict = findingVerdict(finding);
  const numbers = finding.measures.map(measureText);
  const details = [...numbers, ...(finding.hint === null ? [] : [finding.hint])];
  switch (verdict) {
    case "pass":
      return { outcome: "passed", message: "", details: [] };
    case "warn":
      return { outcome: "passed", message: `WARN ${finding.message}`, details };
    case "fail":
      return { outcome: "failure", message: finding.message, details };
    case "error":
      return { outcome: "error", message: finding.message, details };
  }
}

/** One case per check for what passed silently and one for what was skipped; every finding stays a case of its own. */
function gathered(cases: readonly Case[]): readonly Case[] {
  const quiet = new Map<string, Case[]>();
  const out: Case[] = [];
  for (const one of cases) {
    if (one.message !== "" && one.outcome !== "skipped") {
      out.push(one);
      continue;
    }
    const key = `${one.check} ${one.outcome}`;
    const known = quiet.get(key);
    if (known === undefined) quiet.set(key, [one]);
    else known.push(one);
  }
  for (const [first, ...rest] of quiet.values()) {
    if (first === undefined) continue;
    const frames = [first, ...rest].map(({ frame }) => frame);
    const ms = [first, ...rest].reduce((sum, one) => sum + (one.ms ?? 0), 0);
    out.push(rest.length === 0 ? first : { ...first, frame: null, of: frameRanges(frames), file: null, ms });
  }
  return out;
}

function suiteXml({ name, cases }: Suite, view: QcView, id: number): string {
  const skipped = `skipped="${countOf(cases, "skipped")}"`;
  const when = `timestamp="${xml(view.createdAt.replace(/\.\d+Z$|Z$/, ""))}" hostname="${xml(view.tool.name)}"`;
  const head = `<testsuite name="${xml(name)}" id="${id}" package="${xml(packageOf(name))}" ${numbersOf(cases)} ${skipped} time="${timeOf(cases)}" ${when}>`;
  return [head, ...cases.map((one) => caseXml(one, name)), "</testsuite>"].join("\n");
}

/** Build servers take what stands before the last dot for a package. */
function packageOf(suite: string): string {
  return suite.replaceAll(".", "_");
}

function countOf(cases: readonly Case[], outcome: Case["outcome"]): number {
  return cases.filter((one) => one.outcome === outcome).length;
}

function numbersOf(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${countOf(cases, "failure")}" errors="${countOf(cases, "error")}"`;
}

/** Seconds, to the microsecond. */
function timeOf(cases: readonly Case[]): string {
  const ms = cases.reduce((sum, one) => sum + (one.ms ?? 0), 0);
  return ms === 0 ? "0" : (ms / 1000).toFixed(6);
}

function caseXml(one: Case, suite: string): string {
  const place = one.of ?? (one.frame === null ? "" : String(one.frame));
  const name = place === "" ? one.check : `${one.check} ${place}`;
  const head = `<testcase name="${xml(name)}" classname="${xml(packageOf(suite))}" time="${timeOf([one])}"`;
  // No schema has an attribute for it at a case.
  const file = one.message === "" || one.file === null ? [] : [`file: ${one.file}`];
  const body = [one.message, ...one.details, ...file].filter((line) => line !== "").join("\n");
  switch (one.outcome) {
    case "passed":
      return body === "" ? `${head}/>` : `${head}><system-out>${xml(body)}</system-out></testcase>`;
    case "skipped":
      return `${head}><skipped message="${xml(one.message)}"/></testcase>`;
    case "failure":
    case "error":
      return `${head}><${one.outcome} message="${xml(one.message)}" type="${xml(one.check)}">${xml(body)}</${one.outcome}></testcase>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text of strangers as XML 1.0: signs that it can't hold are left out, a half of a surrogate pair among them. */
function xml(text: string): string {
  return text
    .slice(0, LIMITS.checkMessageCharactersMax * 2)
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "")
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}
