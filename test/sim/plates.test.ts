/**
 * Plates that change, vanish, come back or become links out of every root while a job reads them, in the simulated world:
 * nothing is made from another plate than the accepted one, the rest of the job goes on, and the answer says what happened.
 */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { TaskRow } from "../../daemon/storePort.ts";
import { Sim } from "./driver.ts";
import { encodeImage } from "./simImage.ts";
import { answerOf, checkPictures } from "./liveness.ts";
import { poison } from "./poison.ts";
import { HOT, ONE, PLATES, plateOf } from "./scenario.ts";

const PLATE = `${PLATES}/SH010_PL01_v001.1002.png`;
/** Another picture of the same size in bytes. */
const OTHER = encodeImage({ ...plateOf(1002), body: "plate SH010 9999" });
const LOOK_EVERY = 200;
const SEEDS = [1, 2, 3];

/** Until the plate is asked for: what happens now happens between the first look at it and the last byte read. */
async function untilRead(sim: Sim): Promise<void> {
  const asked = (): boolean => sim.world.calls.filter((call) => call.label === "images.feed").length >= 2;
  while (!asked()) if (!(await sim.step())) throw new Error("nothing happens any more");
}

/** Until every promise is kept: ms of the simulated clock. */
async function untilKept(sim: Sim): Promise<number> {
  const from = sim.world.now;
  for (let n = 1; n % LOOK_EVERY !== 0 || (await sim.unmet()).length > 0; n += 1) {
    if (!(await sim.step())) throw new Error("nothing happens any more");
    if (sim.world.now - from > 60 * 60_000) throw new Error((await sim.unmet()).join("\n"));
  }
  return sim.world.now - from;
}

interface Ended {
  /** Of each task: its frame, and `done` or the code of its failure. */
  readonly tasks: readonly (readonly [frame: number | null, end: string])[];
  readonly answer: string;
  readonly ms: number;
  readonly messages: readonly string[];
}

async function ended(seed: number, meddle: (sim: Sim) => void, when: "read" | "start" = "read"): Promise<Ended> {
  using antidote = poison();
  const sim = new Sim({ seed, scenario: ONE, lossesAllowed: true });
  if (when === "read") await untilRead(sim);
  sim.invariants.peopleTouchPlates();
  meddle(sim);
  const ms = await untilKept(sim);
  const job = (await sim.store.jobs({ limit: 10 }))[0]!;
  const tasks = await sim.store.tasks(job.steps[0]!.id, {});
  checkPictures(sim.disk, job);
  expect([sim.unexpected, antidote.caught]).toEqual([[], []]);
  const endOf = (task: TaskRow): string => (task.state === "done" ? "done" : (task.failure?.code ?? task.state));
  return {
    tasks: tasks
      .map((task): [number | null, string] => [task.frame, endOf(task)])
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
    messages: tasks.flatMap((task) => (task.failure === null ? [] : [task.failure.message])),
    answer: answerOf(sim.disk, HOT, "relight.yaml") ?? "",
    ms,
  };
}

const ALL_DONE = [1001, 1001, 1002, 1002].map((frame) => [frame, "done"]);
const failed = (code: string): unknown =>
  expect.arrayContaining([
    [1001, "done"],
    [1002, code],
  ]);

describe("a plate", { timeout: 3_600_000 }, () => {
  it.each(SEEDS)(
    "that is painted over while it is read gives no result, and the other frame goes on (seed %i)",
    async (seed) => {
      const end = await ended(seed, (sim) => sim.disk.overwrite(PLATE, OTHER));
      expect(end.tasks.filter(([frame]) => frame === 1001)).toEqual([
        [1001, "done"],
        [1001, "done"],
      ]);
      // A wedge that was fed before is of the accepted plate, and stays.
      expect(end.tasks).toEqual(failed("HP-PLATE-CHANGED"));
      expect(end.messages.join()).toContain("changed after the job was accepted");
      expect(end.answer).toContain("HP-PLATE-CHANGED");
    },
  );

  it.each(SEEDS)("that is copied again with its time, as rsync does, is waited for (seed %i)", async (seed) => {
    const end = await ended(seed, (sim) => {
      const node = sim.disk.peek(PLATE)!;
      const { data, mtimeNs } = node;
      for (const share of [0.2, 0.6])
        sim.world.at(share * 4_000, () => sim.disk.overwrite(PLATE, data.slice(0, Math.floor(data.length * share))));
      sim.disk.overwrite(PLATE, "");
      sim.world.at(4_000, () => {
        sim.disk.overwrite(PLATE, data);
        node.mtimeNs = mtimeNs;
      });
    });
    expect(end.tasks).toEqual(ALL_DONE);
    expect(end.answer).toMatch(/^DONE/);
  });

  it.each(SEEDS)("that is written without an end is given up after a bounded time (seed %i)", async (seed) => {
    const end = await ended(seed, (sim) => {
      const again = (): void => {
        sim.disk.overwrite(PLATE, OTHER);
        sim.world.at(1_000, again);
      };
      again();
    });
    expect(end.tasks).toEqual(failed("HP-PLATE-CHANGED"));
    expect(end.ms).toBeGreaterThan(LIMITS.plateChangingMs);
    expect(end.ms).toBeLessThan(LIMITS.plateChangingMs * 2);
  });

  it.each(SEEDS)(
    "that vanishes fails its own frame, says what to do, and leaves the rest alone (seed %i)",
    async (seed) => {
      const end = await ended(seed, (sim) => sim.disk.unlink(PLATE));
      expect(end.tasks).toEqual(failed("HP-PLATE-GONE"));
      expect(end.messages.join()).toContain(`${PLATE} was removed after the job was accepted. Put it back`);
      expect(end.answer).toContain("HP-PLATE-GONE");
      expect(end.ms).toBeGreaterThan(LIMITS.plateGoneMs);
    },
  );

  it.each(SEEDS)("that comes back in time is used as if nothing had been (seed %i)", async (seed) => {
    const end = await ended(seed, (sim) => {
      sim.disk.rename(PLATE, `${PLATE}.away`);
      sim.world.at(20_000, () => sim.disk.rename(`${PLATE}.away`, PLATE));
    });
    expect(end.tasks).toEqual(ALL_DONE);
  });

  it.each(SEEDS)("whose folder vanishes is gone too, not the share (seed %i)", async (seed) => {
    const end = await ended(seed, (sim) => sim.disk.rename(PLATES, `${PLATES}_old`));
    expect(end.messages.join()).toContain(`${PLATES} was removed after the job was accepted`);
  });

  it.each(SEEDS)("that becomes a link out of every root is never read (seed %i)", async (seed) => {
    const end = await ended(seed, (sim) => {
      const { data, mtimeNs } = sim.disk.peek(PLATE)!;
      sim.disk.create("/slots/secret.png", new TextEncoder().encode(OTHER).slice(0, data.length));
      sim.disk.peek("/slots/secret.png")!.mtimeNs = mtimeNs;
      sim.disk.unlink(PLATE);
      sim.disk.symlink("/slots/secret.png", PLATE);
    });
    // Read halfway: no result either, for the file is another one afterwards.
    expect(end.tasks).toEqual(failed("HP-PATH-ROOT"));
    expect(end.messages.join()).toContain("outside every configured root");
  });
});
