/** SARIF 2.1.0 of QC reports: the properties that the standard requires, one by one, and what each of our words becomes. */
import { describe, expect, it } from "vitest";
import type { Inspection } from "../../daemon/domain/qc.ts";
import { qcReport } from "../../daemon/domain/qcReport.ts";
import type { QcView } from "../../daemon/domain/qcView.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import { sarifJson } from "../../daemon/domain/sarif.ts";
import type { FactsOf } from "../fixtures/versionFacts.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";

const EXTRA = {
  tool: { name: "hotplate", version: "0.1.0" },
  simulated: false,
  sequences: new Map<number, Inspection>([[1, inspection(finding("frames.complete", "fail"))]]),
};
const viewOf = (of: FactsOf): QcView => viewOfVersion(qcReport(versionFacts(of), EXTRA));

interface Location {
  readonly physicalLocation?: { readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string } };
  readonly logicalLocations?: readonly { readonly name: string }[];
}
interface Log {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly endTimeUtc: string;
      readonly toolExecutionNotifications?: readonly {
        readonly level: string;
        readonly message: { readonly text: string };
      }[];
    }[];
    readonly originalUriBaseIds?: object;
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly kind: string;
      readonly message: { readonly text: string };
      readonly locations?: readonly Location[];
      readonly partialFingerprints?: object;
      readonly properties: Record<string, unknown>;
    }[];
  }[];
}
const read = (view: QcView, base: "version" | null = "version"): Log => JSON.parse(sarifJson(view, base)) as Log;

const MIXED: FactsOf = {
  wedges: 4,
  frames: [1001],
  task: (wedge) => {
    if (wedge === 2) return { inspection: inspection(finding("image.soft", "warn", { message: "Softer." })) };
    if (wedge === 3)
      return {
        inspection: inspection(
          finding("image.seam", "fail", {
            message: "A seam.",
            hint: "More overlap.",
            evidence: [{ kind: "boxes", title: "seam", boxes: [[10, 20, 1, 300]] }],
          }),
        ),
      };
    if (wedge === 4) return { inspection: inspection(finding("file.decodes", "error", { message: "no reader" })) };
    return {};
  },
};

/** SARIF 2.1.0, sections 3.13 to 3.58: what must be there, and what values it may have. */
function faultsOf(log: Log): readonly string[] {
  const out: string[] = [];
  const say = (fine: boolean, words: string): void => void (fine || out.push(words));
  say(log.version === "2.1.0", "3.13.2 version");
  say(log.$schema.endsWith("sarif-2.1.0.json"), "3.13.3 $schema");
  say(Array.isArray(log.runs), "3.13.4 runs");
  for (const run of log.runs) {
    const { driver } = run.tool;
    say(driver.name !== "", "3.19.8 name");
    const ids = driver.rules.map(({ id }) => id);
    say(new Set(ids).size === ids.length, "3.19.23 rules are unique");
    say(Object.hasOwn(run, "results") && Array.isArray(run.results), "3.14.23 results is an array after a scan");
    for (const invocation of run.invocations) {
      say(typeof invocation.executionSuccessful === "boolean", "3.20.14 executionSuccessful");
      say(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(invocation.endTimeUtc), "3.9 date/time");
      for (const { message, level } of invocation.toolExecutionNotifications ?? [])
        say(message.text !== "" && LEVELS.includes(level), "3.58 notification");
    }
    for (const result of run.results) {
      say(result.message.text !== "", "3.27.11 message");
      say(ids[result.ruleIndex] === result.ruleId, "3.27.6 ruleIndex");
      say(LEVELS.includes(result.level), "3.27.10 level");
      say(result.kind === "fail" || result.level === "none", "3.27.9: only a failure has a level");
      for (const location of result.locations ?? []) {
        const artifact = location.physicalLocation?.artifactLocation;
        if (artifact === undefined) continue;
        say(/^[\w.~%:/()!*'-]+$/.test(artifact.uri), `3.4.3 uri ${artifact.uri}`);
        const base = artifact.uriBaseId;
        say(base === undefined || Object.hasOwn(run.originalUriBaseIds ?? {}, base), "3.4.4 uriBaseId");
        say((base === undefined) === /^[a-z]+:/.test(artifact.uri), "3.4.4 relative with a base, absolute without");
      }
    }
  }
  return out;
}
const LEVELS = ["none", "note", "warning", "error"];

describe("SARIF", () => {
  it("has what the standard requires", () => {
    expect(faultsOf(read(viewOf(MIXED)))).toEqual([]);
    expect(faultsOf(read(viewOf({ wedges: 2 })))).toEqual([]);
    expect(faultsOf(read(viewOf({ wedges: 1, task: () => ({ inspection: null }) })))).toEqual([]);
  });

  it("has a result for what failed (error) and was warned of (warning), and none for what passed", () => {
    const [run] = read(viewOf(MIXED)).runs;
    expect(run?.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ["frames.complete", "error"],
      ["image.soft", "warning"],
      ["image.seam", "error"],
    ]);
    const seam = run?.results[2];
    expect(seam?.message.text).toBe("A seam. More overlap.");
    expect(seam?.properties).toMatchObject({
      place: "w003",
      frame: 1001,
      region: { boxes: [[10, 20, 1, 300]] },
      measures: [{ name: "value", value: 0.314, limit: 0.008, must: "atLeast", unit: "ratio" }],
    });
    expect(seam).toMatchObject({ attachments: [{ rectangles: [{ left: 10, top: 20, right: 11, bottom: 320 }] }] });
    expect(seam?.locations?.[0]?.physicalLocation?.artifactLocation.uriBaseId).toBe("VERSION");
    expect(Object.values(seam?.partialFingerprints ?? {})).toEqual([
      expect.stringMatching(/^image\.seam@1:[0-9a-f]+$/),
    ]);
    // What is said of a whole wedge has no file.
    expect(run?.results[0]?.locations?.[0]).toEqual({ logicalLocations: [{ name: "w001", kind: "member" }] });
  });

  it("says of a map where in the picture all of it lies", () => {
    const map = { kind: "map", title: "m", columns: 1, rows: 1, levels: [9], within: [5, 6, 40, 30] } as const;
    const seen = inspection(finding("mask.preserved", "fail", { evidence: [map] }));
    const { results = [] } = read(viewOf({ wedges: 1, task: () => ({ inspection: seen }) })).runs[0] ?? {};
    const one = results.find(({ ruleId }) => ruleId === "mask.preserved");
    expect(one?.properties).toMatchObject({ region: { boxes: [[5, 6, 40, 30]] } });
    expect(one).toMatchObject({ attachments: [{ rectangles: [{ left: 5, top: 6, right: 45, bottom: 36 }] }] });
  });

  it("tells what could not be looked at as the tool's trouble, never as a result about the image", () => {
    const [invocation] = read(viewOf(MIXED)).runs[0]?.invocations ?? [];
    expect(invocation?.executionSuccessful).toBe(false);
    expect(invocation?.toolExecutionNotifications).toMatchObject([{ level: "error", message: { text: "no reader" } }]);
    expect(read(viewOf({ wedges: 1 })).runs[0]?.invocations[0]).toMatchObject({ executionSuccessful: true });
    const unseen = read(viewOf({ wedges: 1, task: () => ({ inspection: null }) }));
    expect(unseen.runs[0]?.invocations[0]?.executionSuccessful).toBe(false);
  });

  it("keeps what a person waived, as accepted, with the name and the reason", () => {
    const view = viewOf(MIXED);
    const waivers = [{ place: "w003", frame: 1001, check: "image.seam", version: 1, by: "anna", reason: "a wall" }];
    const of = (log: Log) => log.runs[0]?.results.map((result) => Object.hasOwn(result, "suppressions"));
    const log = read({ ...view, waivers });
    expect([faultsOf(log), of(log), of(read(view))]).toEqual([[], [false, false, true], [false, false, false]]);
    expect(log.runs[0]?.results[2]).toMatchObject({
      suppressions: [{ kind: "external", status: "accepted", justification: "anna: a wall" }],
    });
    const older = read({ ...view, waivers: waivers.map((waiver) => ({ ...waiver, version: 2 })) });
    expect(of(older)).toEqual([false, false, false]);
  });

  it("notes what a check on trial measured past its limit", () => {
    const past = finding("image.grain", "pass", {
      measures: [{ name: "ratio", value: 3, unit: "ratio", limit: 1.7, must: "atMost" }],
    });
    const view = viewOf({ wedges: 1, task: () => ({ inspection: inspection(past) }) });
    const level = (severity: "measure" | "warn"): readonly string[] =>
      read({ ...view, checks: [{ check: "image.grain", severity, limits: {}, from: {} }] })
        .runs[0]!.results.filter(({ ruleId }) => ruleId === "image.grain")
        .map((result) => result.level);
    expect([level("measure"), level("warn")]).toEqual([["note"], []]);
  });

  it("names files of any spelling by addresses", () => {
    const view = viewOf(MIXED);
    const odd = {
      ...view,
      places: view.places.map((place) => ({
        ...place,
        frames: place.frames.map((frame) => ({
          ...frame,
          file: { path: "/mnt/a b/é#1?.exr", bytes: 1, sha256: "ab" },
        })),
      })),
    };
    const log = read(odd, null);
    expect(faultsOf(log)).toEqual([]);
    expect(log.runs[0]?.results[1]?.locations?.[0]?.physicalLocation?.artifactLocation).toEqual({
      uri: "file:///mnt/a%20b/%C3%A9%231%3F.exr",
    });
  });

  it("says of each rule what its check finds, in the check's own words, with the limits in force and where to read on", () => {
    const view = viewOf({ wedges: 1, task: () => ({ inspection: inspection(finding("image.soft", "warn")) }) });
    const checks = [
      {
        check: "image.soft",
        finds: "softer than the plate",
        layer: "crosscheck",
        limits: { filterMin: 0.86 },
        from: {},
      },
    ];
    const ruleIn = (of: QcView): object | undefined =>
      read(of).runs[0]?.tool.driver.rules.find(({ id }) => id === "image.soft");
    expect(ruleIn({ ...view, checks })).toMatchObject({
      id: "image.soft",
      shortDescription: { text: "Softer than the plate." },
      fullDescription: { text: "Softer than the plate. Limits in force: filterMin 0.86." },
      help: { text: expect.stringContaining("hotplate qc list image.soft") },
      properties: { layer: "crosscheck" },
    });
    // A plugin without words of its own.
    expect(ruleIn({ ...view, checks: [] })).toMatchObject({ shortDescription: { text: "QC check image.soft." } });
  });

  it("leaves out what readers would refuse, and says how much", () => {
    const frames = Array.from({ length: 130 }, (_, i) => 1001 + i);
    const bad = inspection(finding("image.soft", "warn"));
    const view = viewOf({ wedges: 200, frames, task: () => ({ inspection: bad }) });
    const [run] = read(view).runs;
    expect(run?.results).toHaveLength(25_000);
    expect(run?.invocations[0]?.toolExecutionNotifications?.at(-1)?.message.text).toBe(
      "1001 more are left out: the JSON report has all.",
    );
  });
});
