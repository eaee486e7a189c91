/** frames.repeated: a sequence without a plate that stands still is told, with where and for how long; one beside a plate is none of its business. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import { judgeSequence } from "../../daemon/domain/qcRun.ts";
import { seriesOf, traceFrame } from "../../daemon/domain/qcTrace.ts";
import { decoded, picture } from "../fixtures/pictures.ts";

const { checks: all, book } = await loadChecks([]);
const checks = all.filter(({ id }) => id === "frames.repeated");

/** Which picture each frame shows; a gap where there is none. */
function judged(shows: readonly (number | null)[], of: { readonly plate?: boolean; readonly equalMax?: number } = {}) {
  const limits: Record<string, number> = of.equalMax === undefined ? {} : { equalMax: of.equalMax };
  const requests = [{ check: "frames.repeated", limits }];
  const there = shows.flatMap((shown, i) => (shown === null ? [] : [{ shown, frame: 1001 + i }]));
  const kept = there.map(({ shown, frame }) => {
    const result = decoded({
      width: 64,
      height: 48,
      channels: 3,
      bits: 8,
      value: (x, y, c) => picture(x + shown, y, c),
    });
    return traceFrame(
      checks,
      requests,
      frameInput({
        result,
        resultFile: { path: `/v/a.${frame}.png`, bytes: 1, frame },
        decodeProblem: null,
        plate: of.plate === true ? result : null,
        plateProblem: null,
        mask: null,
        maskProblem: null,
        composited: false,
        expected: { width: 64, height: 48, bitDepth: null, ignore: [] },
        digestOf: ({ samples }) => createHash("sha1").update(samples).digest("hex"),
      }),
    );
  });
  const frames = there.map(({ frame }) => frame);
  const series = frames.map((frame) => ({ wedge: 1, frame, seed: "1", axes: {} }));
  return judgeSequence(checks, requests, { wanted: frames, present: frames }, () =>
    seriesOf(series, (index) => kept[index]?.[0] ?? null),
  );
}

describe("a sequence without a plate", () => {
  it("in which every frame is another picture passes, though one comes back later", () => {
    const { verdict, findings } = judged([0, 1, 2, 0, 1]);
    expect([verdict, findings[0]?.message]).toEqual(["pass", "No two of 4 pairs of frames are equal to the bit."]);
  });

  it("that is one picture is warned of, with the frames, how long it stands, and what to do where that is wanted", () => {
    const { findings } = judged([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(findings).toMatchObject([
      {
        check: "frames.repeated",
        verdict: "warn",
        message:
          "Frames 1002-1008 are equal to the bit to the one before: one picture stands for 8 frames from 1001 on.",
        hint: expect.stringContaining("raise equalMax") as string,
      },
    ]);
    expect(findings[0]?.measures).toMatchObject([
      { name: "equal", value: 7, unit: "count", limit: 0, must: "atMost", frame: 1002 },
      { name: "longestStand", value: 8, unit: "count", limit: null, frame: 1001 },
      { name: "pairs", value: 7, unit: "count", limit: null },
    ]);
  });

  it("with one frame twice is warned of by its number", () => {
    expect(judged([0, 1, 1, 2]).findings[0]?.message).toBe(
      "Frame 1003 is equal to the bit to the one before: one picture stands for 2 frames from 1002 on.",
    );
  });

  it("may repeat as many frames as its limit allows, and says how many do", () => {
    const [finding] = judged([0, 0, 1, 1], { equalMax: 2 }).findings;
    expect([finding?.verdict, finding?.message]).toEqual([
      "pass",
      "2 of 3 pairs of frames are equal to the bit; 2 may be.",
    ]);
  });

  it("is compared between frames whose numbers follow each other alone", () => {
    expect(judged([0, null, 0]).notApplied).toEqual([
      { check: "frames.repeated", because: "there are no two frames that follow each other" },
    ]);
  });
});

describe("a sequence beside a plate", () => {
  it("is left to the check that looks at both, and the reason names it", () => {
    const { findings, notApplied } = judged([0, 0, 0], { plate: true });
    expect(findings).toEqual([]);
    expect(notApplied[0]?.because).toContain("temporal.duplicate");
  });

  it("finds that check in every profile in which a check needs the plate", () => {
    const needPlate = new Set(all.filter(({ needs }) => needs.includes("plate")).map(({ id }) => id));
    for (const { name, checks: asked } of book.profiles) {
      const ids = Object.keys(asked);
      expect(ids, name).toContain("frames.repeated");
      if (ids.some((id) => needPlate.has(id))) expect(ids, name).toContain("temporal.duplicate");
    }
  });
});
