/**
 * A QC report as SARIF 2.1.0 (OASIS), for tools that show findings of any analyser. The rule is the check; fail is an `error`, warn a
 * `warning`, what a check on trial measured past its limit a `note`. What could not be looked at is no result about the
 * image: it is a tool notification, and the run counts as not successful. Pure: report in, text out.
 */
import { boxesOf } from "./evidencePlace.ts";
import { LIMITS } from "./limits.ts";
import type { QcFinding, QcMeasure } from "./qcInspection.ts";
import { isPast } from "./qcFound.ts";
import { findingVerdict } from "./qcReportWords.ts";
import type { QcView, ViewFrame, ViewPlace } from "./qcView.ts";
import { waiverOf } from "./qcView.ts";

interface Location {
  readonly place: string | null;
  readonly frame: ViewFrame | null;
}

interface Result {
  readonly finding: QcFinding;
  readonly at: Location;
  readonly level: "error" | "warning" | "note";
}

/** `base`: of which folder the files' paths are relative; null: they are absolute. */
export function sarifJson(view: QcView, base: "version" | null): string {
  const onTrial = new Set(view.checks.filter(({ severity }) => severity === "measure").map(({ check }) => check));
  const seen = [...findingsIn(view)];
  const results = seen.flatMap(({ finding, at }): readonly Result[] => {
    const level = levelOf(finding, onTrial.has(finding.check));
    return level === null ? [] : [{ finding, at, level }];
  });
  const unlooked = seen.filter(({ finding }) => findingVerdict(finding) === "error");
  const lost = view.notLoaded ?? [];
  const rules = [...new Map(seen.map(({ finding }) => [finding.check, finding.version]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const ids = rules.map(([id]) => id);
  const kept = results.slice(0, LIMITS.sarifResultsMax);
  const notes = [
    ...unlooked.slice(0, LIMITS.sarifResultsMax).map((one) => notification(one, base)),
    ...lost.map(({ file, message }) => ({ level: "error", message: { text: `Not loaded: ${file}: ${message}` } })),
    ...leftOut(results.length, unlooked.length),
  ];
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: view.tool.name,
            version: view.tool.version,
            rules: rules.map(([id, version]) => ruleOf(view, id, version)),
          },
        },
        automationDetails: { id: `qc/${view.title}/${view.createdAt}` },
        invocations: [
          {
            executionSuccessful: unlooked.length + lost.length === 0 && everyFrameWasSeen(view),
            endTimeUtc: view.createdAt,
            ...(notes.length === 0 ? {} : { toolExecutionNotifications: notes }),
          },
        ],
        ...(base === null
          ? {}
          : { originalUriBaseIds: { [BASE]: { description: { text: "The version's folder." } } } }),
        columnKind: "utf16CodeUnits",
        results: kept.map((one) => ({ ...resultOf(one, ids, base), ...suppressionsOf(view, one) })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 1)}\n`;
}

const BASE = "VERSION";

/** In the check's own words, with the limits in force. */
function ruleOf(view: QcView, id: string, version: number): object {
  const check = view.checks.find((one) => one.check === id);
  const finds = check?.finds === undefined ? `QC check ${id}.` : sentence(check.finds);
  const limits = Object.entries(check?.limits ?? {}).map(([name, value]) => `${name} ${value}`);
  const said = limits.length === 0 ? finds : `${finds} Limits in force: ${limits.join(", ")}.`;
  const list = `hotplate qc list ${id}`;
  const more = (command: string): string =>
    `${said} ${command} shows its own limits; docs/qc.md says how it measures and how often it is right.`;
  return {
    id,
    name: id,
    shortDescription: { text: finds },
    fullDescription: { text: said },
    help: { text: more(list), markdown: more(`\`${list}\``) },
    properties: { version, ...(check?.layer === undefined ? {} : { layer: check.layer }) },
  };
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function levelOf(finding: QcFinding, onTrial: boolean): Result["level"] | null {
  switch (findingVerdict(finding)) {
    case "fail":
      return "error";
    case "warn":
      return "warning";
    case "pass":
      return onTrial && finding.measures.some(isPast) ? "note" : null;
    case "error":
      return null;
  }
}

function* findingsIn(view: QcView): Generator<{ readonly finding: QcFinding; readonly at: Location }> {
  for (const place of view.places) {
    for (const frame of place.frames)
      for (const finding of frame.inspection?.findings ?? []) yield { finding, at: { place: place.name, frame } };
    for (const finding of place.whole?.findings ?? []) yield { finding, at: { place: place.name, frame: null } };
  }
  for (const finding of view.set?.findings ?? []) yield { finding, at: { place: null, frame: null } };
}

function everyFrameWasSeen(view: QcView): boolean {
  return view.places.every((place: ViewPlace) => place.frames.every(({ inspection }) => inspection !== null));
}

function resultOf({ finding, at, level }: Result, ids: readonly string[], base: "version" | null): object {
  const file = at.frame?.file ?? null;
  return {
    ruleId: finding.check,
    ruleIndex: ids.indexOf(finding.check),
    level,
    kind: "fail",
    message: { text: textOf(finding) },
    ...locationsOf(file?.path ?? null, at, base),
    ...attachmentsOf(file?.path ?? null, finding, base),
    ...(file === null
      ? {}
      : { partialFingerprints: { "checkOfContent/v1": `${finding.check}@${finding.version}:${file.sha256}` } }),
    properties: {
      ...placeProperties(at),
      measures: finding.measures.map(measureOf),
      ...regionOf(finding),
    },
  };
}

/** A waiver: the finding stands where it is, and says that somebody accepted it. */
function suppressionsOf(view: QcView, { finding, at }: Result): object {
  const { place, frame } = at;
  if (place === null) return {};
  const waiver = waiverOf(view, finding, { place, frame: frame === null ? "whole" : frame.frame });
  if (waiver === null) return {};
  const justification = `${waiver.by}: ${waiver.reason}`;
  return { suppressions: [{ kind: "external", status: "accepted", justification }] };
}

function textOf({ message, hint }: QcFinding): string {
  return hint === null ? message : `${message} ${hint}`;
}

function placeProperties({ place, frame }: Location): object {
  return { ...(place === null ? {} : { place }), ...(frame === null ? {} : { frame: frame.frame }) };
}

function boxesIn({ evidence }: QcFinding): ReturnType<typeof boxesOf> {
  return boxesOf(evidence ?? []);
}

/** SARIF's regions are of texts, so where in the picture something is stands with the rest, px: x, y, width, height. */
function regionOf(finding: QcFinding): object {
  const boxes = boxesIn(finding);
  return boxes.length === 0 ? {} : { region: { boxes } };
}

function measureOf({ name, value, unit, limit, must }: QcMeasure): object {
  return { name, value, unit, ...(limit === null ? {} : { limit }), ...(must === undefined ? {} : { must }) };
}

/** The standard's own way to point into a picture, for viewers that can: rectangles of an attachment. */
function attachmentsOf(path: string | null, finding: QcFinding, base: "version" | null): object {
  const boxes = boxesIn(finding);
  if (path === null || boxes.length === 0) return {};
  const rectangles = boxes.map(([x, y, width, height]) => ({ left: x, top: y, right: x + width, bottom: y + height }));
  return { attachments: [{ artifactLocation: artifactOf(path, base), rectangles }] };
}

function artifactOf(path: string, base: "version" | null): object {
  return base === null ? { uri: fileUri(path) } : { uri: relativeUri(path), uriBaseId: BASE };
}

function locationsOf(path: string | null, { place }: Location, base: "version" | null): object {
  const logical = place === null ? {} : { logicalLocations: [{ name: place, kind: "member" }] };
  if (path === null) return place === null ? {} : { locations: [logical] };
  return { locations: [{ physicalLocation: { artifactLocation: artifactOf(path, base) }, ...logical }] };
}

function notification(
  { finding, at }: { readonly finding: QcFinding; readonly at: Location },
  base: "version" | null,
): object {
  return {
    level: "error",
    message: { text: textOf(finding) },
    associatedRule: { id: finding.check },
    ...locationsOf(at.frame?.file?.path ?? null, at, base),
    properties: placeProperties(at),
  };
}

/** Readers refuse longer lists; that something is missing is told. */
function leftOut(results: number, unlooked: number): readonly object[] {
  const left = Math.max(0, results - LIMITS.sarifResultsMax) + Math.max(0, unlooked - LIMITS.sarifResultsMax);
  return left === 0
    ? []
    : [{ level: "warning", message: { text: `${left} more are left out: the JSON report has all.` } }];
}

function relativeUri(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function fileUri(path: string): string {
  return `file://${path.startsWith("/") ? "" : "/"}${relativeUri(path)}`;
}
