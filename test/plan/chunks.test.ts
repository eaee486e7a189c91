/** A recipe that takes frames together, from its manifest to the plan: what is made at once, and what people are told. */
import { describe, expect, it } from "vitest";
import { taskCount } from "../../daemon/domain/chunks.ts";
import { planGpuSeconds, planText } from "../../daemon/domain/planText.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Studio } from "./planWorld.ts";
import { makeStudio } from "./planWorld.ts";

const PLATE = "../SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png";

function studioWith(dir: string, frames: readonly number[]): Studio {
  const studio = makeStudio(dir);
  for (const frame of frames) studio.put(`SH010/plates/SH010_PL01_v001/SH010_PL01_v001.${frame}.png`);
  return studio;
}
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function planned(studio: Studio, more: string) {
  const outcome = await studio.plan(`use: temporal_smooth\nplate: "${PLATE}"\n${more}`);
  if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome));
  return outcome;
}

describe("a manifest of a recipe that takes frames together", () => {
  it("plans one task per chunk, and says how many frames they are", async () => {
    using dir = tempDir();
    const { plan, notes } = await planned(studioWith(dir.path, range(1001, 1020)), "");
    expect(plan.steps[0]).toMatchObject({
      chunks: { perTask: 8, overlap: 2, how: "batch", seam: "drop", short: "shift" },
      gpuSecondsPerTask: 4,
    });
    expect(taskCount(plan)).toBe(3);
    expect(planGpuSeconds(plan)).toBe(12);
    const text = planText(plan).join("\n");
    expect(text).toContain("3 tasks");
    expect(text).toContain("1 variation x 20 frames in 3 chunks of up to 8 frames, 2 shared");
    expect(notes).toEqual([]);
  });

  it("is told of frames that have no neighbour, and is made all the same", async () => {
    using dir = tempDir();
    const more = "sweep: {axes: {amount: [0.3, 0.6]}, frames: '1001-1004,1010,1015'}\n";
    const { plan, notes } = await planned(studioWith(dir.path, range(1001, 1020)), more);
    expect(taskCount(plan)).toBe(6);
    expect(notes).toMatchObject([
      {
        code: "HP-MANIFEST-FRAMES",
        severity: "warning",
        message:
          "temporal_smooth looks at up to 8 neighbouring frames at once; 1010,1015 have none and are made alone.",
      },
    ]);
  });

  it("counts what overlaps twice when GPU hours are limited", async () => {
    using dir = tempDir();
    const studio = studioWith(dir.path, range(1001, 1020));
    const outcome = await studio.plan(`use: temporal_smooth\nplate: "${PLATE}"\nlimits: {gpuHours: 0.003}\n`);
    expect(outcome).toMatchObject({
      kind: "rejected",
      problems: [
        { code: "HP-MANIFEST-LIMIT", message: expect.stringMatching(/^24 pictures of about 0.5 s/) as string },
      ],
    });
  });
});
