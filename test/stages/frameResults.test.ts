/** Frames of a step, whatever tasks made them: where each comes from, what QC said of it, why one is missing. */
import { describe, expect, it } from "vitest";
import type { ChunkPlan } from "../../daemon/domain/plan.ts";
import type { Inspection } from "../../daemon/domain/qc.ts";
import {
  chunkInspection,
  frameResults,
  inspectionOf,
  largest,
  refusedResults,
  versionFrame,
} from "../../daemon/stages/frameResults.ts";
import { sheetPages } from "../../daemon/stages/contactSheet.ts";
import type { TaskRow } from "../../daemon/storePort.ts";
import { newJob } from "../contract/store.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const CHUNKS: ChunkPlan = { perTask: 4, overlap: 2, how: "batch", seam: "blend", short: "shift" };
const FRAMES = [1001, 1002, 1003, 1004, 1005, 1006];
const PLAN = { ...newJob("job_a", { frames: FRAMES, wedges: 1 }).plan.steps[0]!, chunks: CHUNKS };
const OWN = { 1001: [1001, 1002, 1003, 1004], 1003: [1003, 1004, 1005, 1006] } as const;

function task(first: 1001 | 1003, of: Partial<TaskRow> = {}): TaskRow {
  const staged = OWN[first].map((frame) => ({ path: `/s/${first}/${frame}.png`, sha256: "", bytes: 1, frame }));
  return { wedge: 1, frame: first, state: "committing", staged, inspection: null, failure: null, ...of } as TaskRow;
}
const failure = { class: "node_error", code: "HP-COMFY-FAILED", message: "it broke" } as const;
const from = (results: ReturnType<typeof frameResults>): readonly string[] =>
  results.map(({ frame, sources }) => `${frame}: ${sources.map((one) => one.task.frame).join("+")}`);

describe("frames of chunks", () => {
  it("come from one chunk, or from both where both have them", () => {
    const results = frameResults(PLAN, [task(1001), task(1003)]);
    expect(from(results)).toEqual([
      "1001: 1001",
      "1002: 1001",
      "1003: 1001+1003",
      "1004: 1001+1003",
      "1005: 1003",
      "1006: 1003",
    ]);
    expect(results.map(({ sources }) => largest(sources)?.task.frame)).toEqual([1001, 1001, 1001, 1003, 1003, 1003]);
  });

  it("are missing where no chunk has them; those that are shared are the neighbour's", () => {
    const failed = task(1001, { state: "failed", failure, staged: [] });
    const results = frameResults(PLAN, [failed, task(1003)]);
    expect(from(results).slice(0, 4)).toEqual(["1001: ", "1002: ", "1003: 1003", "1004: 1003"]);
    expect(versionFrame(results[0]!, {})).toMatchObject({ frame: 1001, state: "failed", failure, of: [] });
    expect(versionFrame(results[2]!, {})).toMatchObject({ state: "committing", failure: null, of: [] });
  });

  it("that QC refused count as missing, though their files are there", () => {
    const refused = task(1003, { state: "failed", failure: { ...failure, class: "qc", code: "image.not_black" } });
    expect(from(frameResults(PLAN, [task(1001), refused])).slice(2)).toEqual([
      "1003: 1001",
      "1004: 1001",
      "1005: ",
      "1006: ",
    ]);
    // They can be looked at, but for those that a neighbour has: a frame has one picture for people.
    expect(from(refusedResults(PLAN, [task(1001), refused]))).toEqual(["1005: 1003", "1006: 1003"]);
    const [, , shared, , missing] = frameResults(PLAN, [task(1001), refused]);
    expect(versionFrame(missing!, {}).refused).toEqual({ path: "/s/1003/1005.png", bytes: 1, sha256: "" });
    expect(versionFrame(shared!, {}).refused).toBeUndefined();
  });

  it("that failed otherwise were refused by nobody", () => {
    const failed = task(1003, { state: "failed", failure });
    expect(refusedResults(PLAN, [task(1001), failed])).toEqual([]);
    expect(versionFrame(frameResults(PLAN, [task(1001), failed])[4]!, {}).refused).toBeUndefined();
  });

  it("have a tile each on the contact sheet, from the start", () => {
    const pages = sheetPages(PLAN, [task(1001), task(1003, { state: "failed", staged: [] })], ({ sources }) =>
      sources.length > 0 ? "picture" : null,
    );
    expect(pages[0]?.tiles.map(({ label, path, mark }) => [label, path, mark])).toEqual([
      ["1001", "picture", "waiting"],
      ["1002", "picture", "waiting"],
      ["1003", "picture", "waiting"],
      ["1004", "picture", "waiting"],
      ["1005", null, "fail"],
      ["1006", null, "fail"],
    ]);
  });
});

describe("QC's word on a chunk", () => {
  const good = inspection(finding("file.decodes", "pass"), finding("image.not_black", "pass"));
  const bad = inspection(finding("file.decodes", "pass"), finding("image.not_black", "fail"));
  const frames = (of: readonly Inspection[]) => of.map((one, index) => ({ frame: 1001 + index, inspection: one }));

  it("is the worst of its frames, and says which frame", () => {
    const all = chunkInspection(frames([good, bad, good]));
    expect(all.verdict).toBe("fail");
    expect(all.findings.map(({ check, verdict, message }) => [check, verdict, message])).toEqual([
      ["file.decodes", "pass", "frame 1001: file.decodes says pass"],
      ["image.not_black", "fail", "frame 1002: image.not_black says fail"],
    ]);
    expect(inspectionOf({ inspection: all }, 1002)).toBe(bad);
    expect(inspectionOf({ inspection: all }, 1003)).toBe(good);
  });

  it("is the frame's own where there is one", () => {
    expect(chunkInspection([{ frame: null, inspection: good }])).toBe(good);
    expect(inspectionOf({ inspection: good }, 7)).toBe(good);
    expect(inspectionOf({ inspection: null }, 7)).toBeNull();
  });
});
