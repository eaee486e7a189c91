/** image.clip: what a black frame of floats is, and is not. The defects themselves stand in plateChecks.test.ts. */
import { expect, test } from "vitest";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import imageClip from "../../plugins/image_clip.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { factsOf } from "../../scripts/bench/qc/jobs.ts";

function look(change: (value: number) => number) {
  const one = makeCase(makeScene("texture", 20), null, "light");
  const samples = Float32Array.from(one.result.samples, change);
  const facts = factsOf({ ...one, result: { ...one.result, samples, sampleType: "float" } });
  const [finding] = inspectFrame([imageClip], [{ check: "image.clip", limits: {} }], facts).findings.filter(
    ({ check }) => check === "image.clip",
  );
  return { message: finding?.message, high: finding?.measures.find(({ name }) => name === "high")?.value };
}

test("a black frame of floats stands at zero and is not said to be cut off at the top, too", () => {
  const { message, high } = look(() => 0);
  expect(high).toBe(0);
  expect(message).toMatch(/^100\.00 % stand at zero/);
});

test("a plateau of floats above zero is the top", () => {
  expect(look((value) => Math.min(value, 0.2)).high).toBeGreaterThan(0.005);
});
