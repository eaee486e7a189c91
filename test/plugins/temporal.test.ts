/**
 * The checks over the frames of a wedge, on procedural sequences: each finds its defect and leaves clean ones alone.
 * `scripts/bench/qc` counts the same over many.
 */
import { describe, expect, it } from "vitest";
import { judgeSequence } from "../../daemon/domain/qcRun.ts";
import { seriesOf } from "../../daemon/domain/qcTrace.ts";
import type { Finding } from "../../daemon/domain/qc.ts";
import type { Trace } from "../../daemon/plugin.ts";
import { judged, sequenceChecks } from "../../scripts/bench/qc/sequenceTable.ts";
import type { Take } from "../../scripts/bench/qc/sequences.ts";
import { makeSequence, SEQUENCE_DEFECTS, takeOf } from "../../scripts/bench/qc/sequences.ts";
import { CLEAN } from "../../scripts/bench/qc/sequenceShots.ts";

const checks = await sequenceChecks();

function takeNamed(name: string): Take {
  const kind = CLEAN.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return takeOf(kind.shot(303));
}
const pan = takeNamed("pan of 3 px over texture");

function findings(take: Take, defect: string | null): readonly Finding[] {
  const put = defect === null ? null : SEQUENCE_DEFECTS.find((each) => each.name === defect);
  if (put === undefined) throw new Error(`no defect ${defect}`);
  return judged(checks, makeSequence(take, put)).findings;
}

describe("a sequence", () => {
  it("with a legitimate edit raises nothing, and shows its flicker curve all the same", () => {
    const seen = findings(pan, null);
    expect(seen.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(seen.map(({ check }) => check).sort()).toEqual(checks.map(({ id }) => id).sort());
    const curve = seen.find(({ check }) => check === "temporal.flicker")?.evidence?.[0];
    expect(curve).toMatchObject({ kind: "plot", xName: "frame", yName: "stop", limit: 0.01 });
    expect(curve?.kind === "plot" ? curve.x.slice(0, 2) : null).toEqual([1002, 1003]);
  });

  it.each([
    "cut to a scene relit otherwise",
    "lightning in plate and result",
    "fade to black",
    "locked off",
    "somebody who walks through is taken out",
    "new content in a mask that moves with the camera",
  ])("raises nothing: %s", (name) => {
    expect(findings(takeNamed(name), null).filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  });

  it.each(SEQUENCE_DEFECTS.map((defect) => [defect.name, defect.check] as const))(
    "with a defect is found by its check, with numbers, frames, a hint and a message: %s",
    (name, check) => {
      const finding = findings(pan, name).find((each) => each.check === check);
      expect(finding?.verdict, finding?.message).not.toBe("pass");
      expect(finding?.measures.some((measure) => measure.limit !== null)).toBe(true);
      expect(finding?.measures.some(({ frame }) => typeof frame === "number")).toBe(true);
      expect(finding?.hint).toBeTruthy();
    },
  );

  it("fails where decoded pixels are equal to the bit, and warns where they are regrained", () => {
    const verdict = (name: string) => findings(pan, name).find(({ check }) => check === "temporal.duplicate")?.verdict;
    expect(verdict("duplicated frame")).toBe("fail");
    expect(verdict("duplicated frame, regrained")).toBe("warn");
  });

  it("that stands still says for how long and from where", () => {
    const finding = findings(pan, "frozen from frame 9 on").find(({ check }) => check === "temporal.duplicate");
    expect(finding?.message).toContain("stands still for 7 frames from 1010 on");
    expect(finding?.measures.find(({ name }) => name === "longestRun")?.value).toBe(6);
  });

  it("with a repeated frame beside a plate of which only grain moves is warned of, and it is no movement", () => {
    const kind = SEQUENCE_DEFECTS.find((each) => each.name === "duplicated frame");
    if (kind === undefined) throw new Error("no such defect");
    const finding = judged(checks, makeSequence(takeNamed("locked off"), kind)).findings.find(
      ({ check }) => check === "temporal.duplicate",
    );
    expect(finding).toMatchObject({
      verdict: "warn",
      message: expect.stringContaining("frame 1009 is equal") as string,
    });
    expect(finding?.measures.find(({ name }) => name === "repeats")).toMatchObject({ value: 1, frame: 1009 });
  });

  it.each([5, 6, 11])(
    "in which frame %i flickers is found though lightning strikes in it, in plate and result",
    (at) => {
      const put = {
        name: "one",
        check: "temporal.flicker",
        on: () => true,
        gain: () => (t: number) => (t === at ? 1.03 : 1),
      };
      const seen = judged(checks, makeSequence(takeNamed("lightning in plate and result"), put)).findings;
      const finding = seen.find(({ check }) => check === "temporal.flicker");
      expect(finding?.verdict, finding?.message).toBe("warn");
      expect(finding?.message).toContain(String(1001 + at));
      // What is within its limit is no part of what is wrong.
      const p99 = finding?.measures.find(({ name }) => name === "p99");
      expect(/of places jump/.test(finding?.message ?? "")).toBe((p99?.value ?? 0) > 0.03);
    },
  );

  it.each(["relight that stands in the world", "pan of 1 px", "lightning in plate and result", "cut"])(
    "in which all frames are late is found where little moves, or much else does: %s",
    (name) => {
      const finding = findings(takeNamed(name), "all frames one late").find(({ check }) => check === "frames.order");
      expect(finding?.verdict, finding?.message).toBe("warn");
    },
  );

  it("in which two frames have changed places over a cut is found, with the numbers of both", () => {
    const finding = findings(takeNamed("cut"), "two frames swapped").find(({ check }) => check === "frames.order");
    expect(finding?.message).toContain("1007 shows 1008, 1008 shows 1007");
  });

  it("in which all frames are late says by how many, in one sentence", () => {
    const finding = findings(pan, "all frames one late").find(({ check }) => check === "frames.order");
    expect(finding?.message).toContain("16 frames show the plate 1 frame earlier");
  });
});

/** What frames of numbers give: for frames that no picture needs to be painted for. */
function overFrames(frames: readonly (number | null)[], trace: (index: number) => Trace | null) {
  const requests = checks.map(({ id }) => ({ check: id, limits: {} }));
  const series = frames.map((frame) => ({ wedge: 1, frame, seed: "1", axes: {} }));
  return judgeSequence(checks, requests, { wanted: frames, present: frames }, (check) =>
    seriesOf(series, (index) => ({
      check: check.id,
      version: check.version,
      trace: trace(index),
      because: trace(index) === null ? "there is no plate" : null,
      problem: null,
    })),
  );
}

describe("no check over frames", () => {
  it("applies to frames of a sweep that do not follow each other, and each says so", () => {
    const seen = overFrames([1001, 1030, 1058], () => ({ numbers: new Float32Array(145).fill(1) }));
    expect(seen.findings).toEqual([]);
    for (const { because } of seen.notApplied) expect(because).toMatch(/follow each other/);
    expect(seen.notApplied.map(({ check }) => check).sort()).toEqual(checks.map(({ id }) => id).sort());
  });

  it("applies without a plate, and each says so", () => {
    const seen = overFrames([1001, 1002, 1003], () => null);
    expect(new Set(seen.notApplied.map(({ because }) => because))).toEqual(new Set(["there is no plate"]));
  });

  it("takes a pass from a long sequence without a curve that a report can draw", () => {
    // Cells, how many in a row, their ratio and their plate; then the same of the darkest channel.
    const part = (index: number) => Array.from({ length: 288 }, (_, i) => (i < 144 ? 0.5 : i / 40 + index * 0.02));
    const numbers = (index: number) => Float32Array.of(144, 16, ...part(index), ...part(index));
    const frames = Array.from({ length: 2_000 }, (_, index) => 1001 + index);
    const kept = overFrames(frames, (index) => ({ numbers: numbers(index) }));
    const flicker = kept.findings.find(({ check }) => check === "temporal.flicker");
    expect(flicker?.verdict).toBe("pass");
    const curve = flicker?.evidence?.[0];
    expect(curve?.kind === "plot" ? curve.x.length : 0).toBeGreaterThan(200);
    expect(curve?.kind === "plot" ? curve.x.length : 999).toBeLessThanOrEqual(240);
  });
});
