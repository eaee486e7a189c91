/**
 * Which measure each limit judges, as the shipped checks say it: the limit decides the verdict, by that measure, on that side. It is
 * what calibration relies on.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { withKitModel } from "../../daemon/adapters/pluginKit/kitInference.ts";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import type { Judged } from "../../daemon/domain/qc.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import { inspectInput } from "../../daemon/domain/qcRun.ts";
import type { Check, DecodedImage } from "../../daemon/plugin.ts";
import type { Case } from "../../scripts/bench/qc/cases.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { HEIGHT, WIDTH } from "../../scripts/bench/qc/sources.ts";

let checks: readonly Check[] = [];
let one: Case;
beforeAll(async () => {
  ({ checks } = await loadChecks([]));
  one = makeCase(makeScene("discs", 5), null);
});

/** The same picture as light with an alpha: what some checks look at is in no integers. */
function asLight(image: DecodedImage): DecodedImage {
  const pixels = image.width * image.height;
  const samples = new Float32Array(pixels * 4).fill(1);
  for (let i = 0; i < pixels; i += 1)
    for (let c = 0; c < 3; c += 1) samples[i * 4 + c] = (image.samples[i * image.channels + c] ?? 0) / 65_535;
  return { ...image, channels: 4, channelNames: ["R", "G", "B", "A"], bitDepth: 32, sampleType: "float", samples };
}
const OF_LIGHT: readonly string[] = ["pixels.negative", "alpha.preserved"];

function finding(check: Check, limits: Readonly<Record<string, number>>, composited: boolean) {
  const { mask } = one;
  const [result, plate] = OF_LIGHT.includes(check.id)
    ? [asLight(one.result), asLight(one.plate)]
    : [one.result, one.plate];
  const facts = {
    result,
    plate,
    mask: mask === null ? null : maskFacts(mask, { width: WIDTH, height: HEIGHT, ignore: [] }),
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    maskProblem: null,
    composited,
    expected: { width: WIDTH, height: HEIGHT, bitDepth: 16, ignore: [] },
  } as const;
  // No model is shipped: the kit's stands in for those that look through one.
  const seen = inspectInput([check], [{ check: check.id, limits }], withKitModel(check, frameInput(facts)));
  return seen.findings.find((each) => each.check === check.id);
}

/** The worst value that the limit judges; null: it judges none of this picture. */
function worstOf(check: Check, judged: Judged, composited: boolean): number | null {
  const values = (finding(check, {}, composited)?.measures ?? [])
    .filter(({ name, limit }) => limit !== null && judged.measures.includes(name))
    .map(({ value }) => value);
  if (values.length === 0) return null;
  return judged.must === "atMost" ? Math.max(...values) : Math.min(...values);
}

describe("a limit of a shipped check", () => {
  it("that says which measures it judges, decides by them alone", () => {
    let proven = 0;
    for (const check of checks.filter(({ scope }) => scope === "frame"))
      for (const [limit, judged] of Object.entries(check.judges ?? {})) {
        // An exact comparison has another limit than one that allows for a model's way.
        const composited = worstOf(check, judged, true) !== null;
        const value = worstOf(check, judged, composited);
        expect([check.id, limit, value]).toEqual([check.id, limit, expect.any(Number)]);
        const past = judged.must === "atMost" ? (value ?? 0) - 1e-3 : (value ?? 0) + 1e-3;
        const kept = judged.must === "atMost" ? (value ?? 0) + 1e-3 : (value ?? 0) - 1e-3;
        const verdicts = [kept, past].map((at) => finding(check, { [limit]: at }, composited)?.verdict);
        expect([check.id, limit, verdicts[0]]).toEqual([check.id, limit, "pass"]);
        expect([check.id, limit, ["warn", "fail"].includes(verdicts[1] ?? "")]).toEqual([check.id, limit, true]);
        proven += 1;
      }
    expect(proven).toBeGreaterThan(12);
  });

  it("that calibration may propose says at which values it means something, and is one of them", () => {
    // A score of the studio's own model has no scale of ours.
    const free = ["image.nsfw scoreMax"];
    for (const { id, limits, judges = {} } of checks)
      for (const [limit, { least, greatest }] of Object.entries(judges)) {
        const name = `${id} ${limit}`;
        expect([name, least === undefined]).toEqual([name, free.includes(name)]);
        const value = limits[limit] ?? Number.NaN;
        expect([name, value >= (least ?? -Infinity) && value <= (greatest ?? Infinity)]).toEqual([name, true]);
      }
  });

  it("of statistics is never without it: such limits are what a show calibrates", () => {
    for (const id of [
      "image.banding",
      "image.channels",
      "image.clip",
      "image.grain",
      "image.seam",
      "image.soft",
      "pixels.negative",
      "plate.grade",
      "plate.registered",
      "plate.structure",
    ])
      expect([id, checks.find((check) => check.id === id)?.judges]).toEqual([id, expect.any(Object)]);
  });
});
