/** Plates are hashed once, beside the loop, and a version never waits for them without end. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { StepId } from "../../daemon/domain/ids.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { PlateFrame, StepPlan } from "../../daemon/domain/plan.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Files } from "../../daemon/ports.ts";
import { createInputHashes, inputFiles } from "../../daemon/stages/inputHashes.ts";
import type { InputHashes } from "../../daemon/stages/inputHashes.ts";
import { createWork } from "../../daemon/work.ts";
import { testStage } from "../fixtures/stageContext.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

function node(dir: TempDir, hold = false) {
  const real = createFiles();
  const hashed: string[] = [];
  const never = new Promise<never>(() => undefined);
  const files: Files = {
    ...real,
    hash: (path) => {
      hashed.push(path);
      return hold ? never : real.hash(path);
    },
  };
  const stage = testStage({ config: { stateDir: dir.path, roots: [{ name: "r", linux: dir.path }] } });
  const work = createWork({ wake: () => undefined, widthOf: () => 1, failed: async () => undefined });
  const context: StageContext = {
    ...stage.context,
    files,
    work,
    world: { ...stage.context.world, files, ids: { uuid: () => "u1", sortable: () => "s", fraction: () => 0 } },
  };
  const inputs = createInputHashes(context);
  return { stage, inputs, hashed, work, settle: () => settle(inputs, work) };
}

/** Ticks until nothing is under way. */
async function settle(inputs: InputHashes, work: ReturnType<typeof createWork>): Promise<void> {
  do {
    await inputs.tick();
    while (work.inFlight().length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await work.apply();
    }
    await inputs.tick();
  } while (work.inFlight().length > 0);
}

function plate(dir: TempDir, name: string, text: string): PlateFrame {
  const path = dir.file(name);
  writeFileSync(path, text);
  const { size, mtimeNs, ino } = statSync(path, { bigint: true });
  return { frame: 1001, path, bytes: Number(size), mtimeNs: String(mtimeNs), ino: String(ino) };
}
const step = (id: string, frames: readonly PlateFrame[]) => ({
  id: id as StepId,
  plan: { plate: { frames } } as unknown as StepPlan,
});

describe("hashes of plates", () => {
  test("are taken once for all steps and lives, and kept by size, time and inode", async () => {
    using dir = tempDir();
    const frame = plate(dir, "a.1001.exr", "abc");
    const first = node(dir);
    const one = step("job_a/1", [frame]);
    first.inputs.want(one);
    expect(first.inputs.settled(one)).toBe(false);
    await first.settle();
    expect([first.inputs.settled(one), first.inputs.of(one, frame)]).toEqual([true, { sha256: ABC }]);
    const two = step("job_b/1", [frame]);
    first.inputs.want(two);
    await first.settle();
    expect(first.inputs.of(two, frame)).toEqual({ sha256: ABC });
    expect(first.hashed).toHaveLength(1);
    expect(JSON.parse(readFileSync(dir.file("inputHashes.json"), "utf8"))).toHaveLength(1);

    const later = node(dir);
    later.inputs.want(one);
    await later.settle();
    expect([later.inputs.of(one, frame), later.hashed]).toEqual([{ sha256: ABC }, []]);
    const changed = { ...frame, mtimeNs: "1" };
    later.inputs.want(step("job_c/1", [changed]));
    await later.settle();
    expect(later.inputs.of(step("job_c/1", []), changed)).toEqual({
      sha256: null,
      why: "it changed after the job was accepted",
    });
  });

  test("that can't be had are said to be unknown, and why: nothing else waits for them", async () => {
    using dir = tempDir();
    const well = plate(dir, "a.1001.exr", "abc");
    const gone = { ...well, path: dir.file("gone.1002.exr") };
    const { inputs, settle: done } = node(dir);
    const one = step("job_a/1", [gone, well]);
    inputs.want(one);
    await done();
    expect([inputs.settled(one), inputs.of(one, gone), inputs.of(one, well)]).toEqual([
      true,
      { sha256: null, why: "it could not be read: ENOENT" },
      { sha256: ABC },
    ]);
  });

  test("that take too long are waited for a bounded time", async () => {
    using dir = tempDir();
    const frame = plate(dir, "a.1001.exr", "abc");
    const held = node(dir, true);
    const one = step("job_a/1", [frame]);
    held.inputs.want(one);
    await held.inputs.tick();
    while (held.hashed.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await held.work.apply();
      await held.inputs.tick();
    }
    expect(held.inputs.settled(one)).toBe(false);
    held.stage.now += LIMITS.inputHashWaitMs - 1;
    expect(held.inputs.settled(one)).toBe(false);
    held.stage.now += 1;
    expect(held.inputs.settled(one)).toBe(true);
    expect(held.inputs.of(one, frame)).toEqual({ sha256: null, why: "it could not be hashed in time" });
  });

  test("are of every frame and image, each once; a step without any waits for nothing", () => {
    using dir = tempDir();
    const frame = plate(dir, "a.1001.exr", "abc");
    const none = step("job_n/1", []);
    expect([node(dir).inputs.settled(none), inputFiles(step("x", [frame, frame]).plan)]).toEqual([true, [frame]]);
  });
});
