/** The shots that are, or once were, held out of the proof over frames: the same by seed, sound as light, moving where they say so. No check runs here. */
import { describe, expect, it } from "vitest";
import { HELD_SHOTS } from "../../scripts/bench/qc/sequenceHeld.ts";
import { HIGH, WIDE } from "../../scripts/bench/qc/sequenceShots.ts";
import { SHOT_KINDS } from "../../scripts/bench/qc/sequenceTable.ts";
import { UNSEEN_SHOTS } from "../../scripts/bench/qc/sequenceUnseen.ts";

const SHOTS = [...UNSEEN_SHOTS, ...HELD_SHOTS];

describe("the shots of other hands", () => {
  for (const { name, shot } of SHOTS)
    it(`are light without holes, edited, and other from frame to frame: ${name}`, () => {
      const made = shot(5);
      const [first, later, edit] = [made.plate(4), made.plate(5), made.edit(4)];
      expect(first).toHaveLength(WIDE * HIGH * 3);
      expect(edit).toHaveLength(WIDE * HIGH * 3);
      for (const light of [first, later, edit]) expect(light.every((v) => v >= 0 && v < 20)).toBe(true);
      expect(differing(first, later)).toBeGreaterThan(0.05);
      // An edit may be a halo of what is bright alone.
      expect(differing(first, edit)).toBeGreaterThan(0.005);
      expect(differing(first, shot(5).plate(4))).toBe(0);
      expect(differing(first, shot(6).plate(4))).toBeGreaterThan(0.05);
    });

  it("are each a kind of the proof, under a name of its own", () => {
    expect(SHOT_KINDS.filter((kind) => SHOTS.includes(kind))).toHaveLength(SHOTS.length);
    expect(new Set(SHOT_KINDS.map(({ name }) => name)).size).toBe(SHOT_KINDS.length);
  });
});

/** Share of the samples that differ. */
function differing(a: Float32Array, b: Float32Array): number {
  return a.filter((v, i) => v !== b[i]).length / a.length;
}
