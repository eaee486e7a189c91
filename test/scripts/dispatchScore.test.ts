/** The score of a client in the race of dispatchers, and the tasks that every client in it is given. */
import { describe, expect, it } from "vitest";
import { score } from "../../scripts/bench/dispatch/score.ts";
import type { Seen, ServerLog } from "../../scripts/bench/dispatch/servers.ts";
import { graphOf, interleaved, plainTasks } from "../../scripts/bench/dispatch/tasks.ts";

const prompt = (startedMs: number, endedMs: number, more: Partial<Seen> = {}): Seen => ({
  id: `${startedMs}`,
  receivedMs: 0,
  startedMs,
  endedMs,
  outcome: "success",
  loaded: null,
  ...more,
});
const log = (prompts: readonly Seen[], requests: ServerLog["requests"] = {}): ServerLog => ({ prompts, requests });

describe("the score of a client in the race", () => {
  it("is counted by the servers' clock: makespan from the first receipt, busy time, gaps while work waited", () => {
    const slots = [
      log([prompt(10, 110), prompt(115, 215)], { "POST /prompt": 2 }),
      log([prompt(0, 100), prompt(100, 200)], { "POST /prompt": 2, "GET /api/jobs/{id}": 4 }),
    ];
    expect(score(slots, { tasks: 4, loadMs: 0 })).toEqual({
      done: 4,
      extra: 0,
      makespan: 0.215,
      busyPercent: (100 * 400) / (2 * 215),
      loadPercent: 0,
      gapP50: 0,
      gapP95: 5,
      gapMax: 5,
      loads: 0,
      perSlot: [2, 2],
      requestsPerTask: 2,
    });
  });

  it("counts loads apart from work, failures not at all, and what was done too often", () => {
    const slots = [
      log([
        prompt(0, 300, { loaded: "a" }),
        prompt(300, 400, { outcome: "error" }),
        prompt(400, 500),
        prompt(500, 600),
        prompt(600, 700, { startedMs: null }),
      ]),
    ];
    const scored = score(slots, { tasks: 2, loadMs: 200 });
    expect([scored.done, scored.extra, scored.loads]).toEqual([2, 1, 1]);
    expect(scored.busyPercent).toBeCloseTo((100 * 500) / 600);
    expect(scored.loadPercent).toBeCloseTo((100 * 200) / 600);
  });
});

describe("the work of the race", () => {
  it("differs in seed and checkpoint, and every prompt saves under a name of its own", () => {
    const tasks = interleaved(6, ["a.safetensors", "b.safetensors", "c.safetensors"]);
    expect(tasks.map((task) => task.checkpoint[0])).toEqual(["a", "b", "c", "a", "b", "c"]);
    const prefixes = [...tasks, ...plainTasks(3)].map((task) => graphOf(task)["9"]?.inputs["filename_prefix"]);
    expect(new Set(tasks.map((task) => JSON.stringify(graphOf(task)))).size).toBe(6);
    expect(prefixes[0]).toBe("race/1000_a");
  });
});
