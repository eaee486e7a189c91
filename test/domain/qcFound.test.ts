/** What did not pass, gathered for people: one trouble once, the frame in which it is worst, the numbers that say why. */
import { describe, expect, it } from "vitest";
import type { Finding, Measure } from "../../daemon/domain/qc.ts";
import type { QcFinding, QcInspection } from "../../daemon/domain/qcInspection.ts";
import { inspectionOf } from "../../daemon/domain/qcInspection.ts";
import { foundIn, saidBy, tellingMeasures } from "../../daemon/domain/qcFound.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const seen = (...all: readonly Finding[]): QcInspection => inspectionOf(inspection(...all));
const place = (frames: readonly QcInspection[], whole: QcInspection | null = null) => ({
  name: "w001",
  frames: frames.map((one, i) => ({ frame: 1001 + i, inspection: one })),
  whole,
});

describe("checks that could not look for one and the same reason", () => {
  const why = "needs the plate, and the plate could not be decoded: it ends at byte 3000";
  const unread = (check: string) => finding(check, "error", { message: `${check} ${why}`, measures: [] });

  it("are one entry with the names of all", () => {
    const all = foundIn([place([seen(unread("image.clip"), unread("image.soft"), unread("plate.grade"))])]);
    expect(all).toHaveLength(1);
    expect(saidBy(all[0] as (typeof all)[number])).toEqual({
      check: "3 checks",
      message: `3 checks could not look: each ${why}. They are image.clip, image.soft, plate.grade.`,
    });
  });

  it("are apart from others, from other places, from what was found, and one by itself keeps its words", () => {
    const other = finding("image.text", "error", { message: "No model.", measures: [] });
    const failed = finding("image.seam", "fail", { message: "No model." });
    const one = seen(unread("image.clip"), other, failed);
    const all = foundIn([place([one]), place([one])]);
    expect(all.map(({ at, finding: { check } }) => `${at} ${check}`).sort()).toEqual(
      ["image.clip", "image.seam", "image.text"].flatMap((check) => [`0 ${check}`, `1 ${check}`]).sort(),
    );
    expect(all.map((each) => saidBy(each).message)).toContain(`image.clip ${why}`);
  });
});

describe("the frame that is shown", () => {
  const measure = (value: number, frame?: number) => ({
    ...({ name: "worst", value, unit: "stop", limit: 0.1, must: "atMost" } as const),
    ...(frame === undefined ? {} : { frame }),
  });

  it("is the one in which it is worst", () => {
    const frames = [0.2, 0.9, 0.3].map((value) => seen(finding("plate.grade", "warn", { measures: [measure(value)] })));
    expect(foundIn([place(frames)])).toMatchObject([{ frames: [1001, 1002, 1003], shown: 1002 }]);
  });

  it("is that of the worst measure of a check over all of them", () => {
    const measures = [measure(0.2, 1001), measure(0.05, 1002), measure(0.7, 1003)];
    const whole = inspectionOf(inspection(finding("temporal.flicker", "warn", { measures })), "frames");
    expect(foundIn([place([], whole)])).toMatchObject([{ frames: [1001, 1003], shown: 1003 }]);
  });
});

it("of limits that judge together, those are told and not one that is kept", () => {
  const measures: readonly Measure[] = [
    { name: "fileBits", value: 16, unit: "bit", limit: 16, must: "atLeast" },
    { name: "distinct", value: 27, unit: "count", limit: 256 },
    { name: "step", value: 2114, unit: "code", limit: 200 },
    { name: "high", value: 1, unit: "ratio", limit: null },
  ];
  const of = (verdict: "pass" | "fail"): readonly string[] => {
    const [one] = seen(finding("image.bit_depth", verdict, { measures })).findings;
    return tellingMeasures(one as QcFinding).map(({ name }) => name);
  };
  expect(of("fail")).toEqual(["distinct", "step"]);
  expect(of("pass")).toEqual(["fileBits", "distinct", "step"]);
});
