/** Which task goes to which slot, and the words for why it does not. */
import { describe, expect, it } from "vitest";
import { boardOf } from "../../daemon/domain/board.ts";
import { waitingReasons } from "../../daemon/domain/explainWaiting.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { assign, giveBack } from "../../daemon/domain/schedule.ts";
import { charged, EMPTY_LEDGER } from "../../daemon/domain/share.ts";
import { rootTrouble, whyNot } from "../../daemon/domain/slotFit.ts";
import { facts, flight, head, learned, NOW, slot, task } from "./scheduleFacts.ts";

const given = (of: Parameters<typeof facts>[0]): readonly string[] =>
  assign(facts(of)).map((one) => `${one.taskId}@${one.slot}${one.cold ? " cold" : ""}`);

const SLOW = rootTrouble({ path: "/mnt/x", state: "slow", reason: "does not answer within 10 s" });

describe("assign", () => {
  it("gives every slot its first task before any slot its second", () => {
    expect(given({ heads: [head("a", 3)], slots: [slot("gpu0"), slot("gpu1")] })).toEqual([
      "a1@gpu0",
      "a2@gpu1",
      "a3@gpu0",
    ]);
  });

  it("puts two in flight on a slot and no third", () => {
    expect(given({ heads: [head("a", 3)], slots: [slot("gpu0")] })).toEqual(["a1@gpu0", "a2@gpu0"]);
    const full = slot("gpu0", { flights: [flight("x"), flight("y")] });
    expect(given({ heads: [head("a", 3)], slots: [full] })).toEqual([]);
  });

  it("passes over a task whose root does not answer and gives its place to the next", () => {
    const heads = [head("a", 1, { task: { rootTrouble: SLOW } }), head("b", 1)];
    expect(given({ heads, slots: [slot("gpu0")] })).toEqual(["b1@gpu0"]);
  });

  it("takes the higher priority first, then what waited longer", () => {
    const heads = [head("low", 1, { priority: 10 }), head("late", 1), head("early", 1, { waitingSince: NOW - 1_000 })];
    expect(given({ heads, slots: [slot("gpu0"), slot("gpu1")] }).map((one) => one.split("@")[0])).toEqual([
      "early1",
      "late1",
      "low1",
    ]);
  });

  it("runs nothing beside a task that must be alone", () => {
    const alone = head("a", 1, { task: { alone: true }, priority: 90 });
    expect(given({ heads: [alone, head("b", 3)], slots: [slot("gpu0")] })).toEqual(["a1@gpu0"]);
    const busy = slot("gpu0", { flights: [flight("x")] });
    expect(given({ heads: [alone], slots: [busy] })).toEqual([]);
    expect(
      given({ heads: [head("b", 1)], slots: [slot("gpu0", { flights: [flight("x", { alone: true })] })] }),
    ).toEqual([]);
  });

  it("lets a slot run empty for a task that must be alone and ranks higher, and for no lower one", () => {
    const busy = slot("gpu0", { flights: [flight("x")] });
    const alone = (priority: number) => head("a", 1, { task: { alone: true }, priority });
    expect(given({ heads: [alone(90), head("b", 3)], slots: [busy] })).toEqual([]);
    expect(given({ heads: [alone(10), head("b", 3)], slots: [busy] })).toEqual(["b1@gpu0"]);
    const elsewhere = head("a", 1, {
      task: { alone: true, notSlots: new Map([["gpu0", { code: "HP-COMFY-MEMORY", message: "too small" }]]) },
      priority: 90,
    });
    expect(given({ heads: [elsewhere, head("b", 3)], slots: [busy] })).toEqual(["b1@gpu0"]);
  });

  it("lets two shows take turns at equal priority, and a person's many jobs not crowd out another's one", () => {
    const estimates = learned({ a: 10, b: 10 });
    const heads = [head("a", 8, { show: "A" }), head("b", 8, { show: "B" })];
    const slots = ["g0", "g1", "g2", "g3"].map((name) => slot(name));
    const shows = given({ heads, slots, estimates }).map((one) => one[0]);
    expect(shows.filter((show) => show === "a")).toHaveLength(4);
    const people = [head("a", 8, { person: "p" }), head("b", 8, { person: "q" })];
    expect(given({ heads: people, slots, estimates }).filter((one) => one.startsWith("b"))).toHaveLength(4);
  });

  it("gives a show with twice the weight twice the tasks", () => {
    const heads = [head("a", 16, { show: "A" }), head("b", 16, { show: "B" })];
    const slots = ["g0", "g1", "g2", "g3", "g4", "g5"].map((name) => slot(name));
    const all = given({ heads, slots, estimates: learned({ a: 10, b: 10 }), weights: { A: 2 } });
    expect(all.filter((one) => one.startsWith("a"))).toHaveLength(8);
  });

  it("lets a clear difference of priority win over any use of the past", () => {
    const ledger = charged(EMPTY_LEDGER, { show: "A", person: "uid:1", seconds: 1e6, at: NOW });
    const heads = [head("a", 1, { show: "A", priority: 95 }), head("b", 1, { show: "B", priority: 30 })];
    expect(given({ heads, slots: [slot("gpu0")], ledger })[0]).toBe("a1@gpu0");
  });

  it("presses as a deadline comes near, less the work that is left", () => {
    const hours = (n: number): number => NOW + n * 3_600_000;
    const heads = [
      head("plain", 1),
      head("far", 1, { deadlineAt: hours(48), priority: 49 }),
      head("near", 1, { deadlineAt: hours(1), priority: 45 }),
    ];
    const order = (estimates = learned({})): readonly string[] =>
      given({ heads, slots: [slot("g0"), slot("g1")], estimates }).map((one) => one.split("@")[0] ?? "");
    expect(order()).toEqual(["near1", "plain1", "far1"]);
    const much = [head("plain", 1), head("work", 1, { deadlineAt: hours(40), priority: 45, waiting: 3_000 })];
    expect(given({ heads: much, slots: [slot("g0")], estimates: learned({ work: 50 }) })[0]).toBe("work1@g0");
  });

  it("lets nothing wait for ever behind higher priorities", () => {
    const old = head("old", 1, { priority: 0, waitingSince: NOW - 60 * LIMITS.agePointMs });
    expect(given({ heads: [old, head("new", 1)], slots: [slot("gpu0")] })[0]).toBe("old1@gpu0");
  });
});

describe("models", () => {
  const a = (count: number, more = {}) => head("a", count, { modelKey: "A", ...more });
  const b = (count: number, more = {}) => head("b", count, { modelKey: "B", ...more });
  const c = (count: number, more = {}) => head("c", count, { modelKey: "C", ...more });
  const known = learned({ a: 0.2, b: 0.2, c: 0.2 }, { A: 2, B: 2, C: 2 });

  it("spreads different sets over slots that hold nothing, with nothing known", () => {
    expect(given({ heads: [a(10), b(10), c(10)], slots: [slot("g0"), slot("g1")] })).toEqual([
      "a1@g0 cold",
      "b1@g1 cold",
      "a2@g0",
      "b2@g1",
    ]);
  });

  it("keeps a slot's models while work for them waits", () => {
    const slots = [slot("g0", { modelKey: "A" })];
    expect(given({ heads: [b(5, { waitingSince: NOW - 5_000 }), a(5)], slots, estimates: known })).toEqual([
      "a1@g0",
      "a2@g0",
    ]);
  });

  it("changes when what waits presses harder than the change costs, and not again at once", () => {
    const heads = [b(5, { waitingSince: NOW - 41_000 }), a(5, { waitingSince: NOW - 50_000 })];
    const slots = [slot("g0", { modelKey: "A" })];
    expect(given({ heads, slots, estimates: known })).toEqual(["b1@g0 cold", "b2@g0"]);
    // Served just now: A waits its turn as long.
    const after = [slot("g0", { modelKey: "B" })];
    const servedAt = new Map([["A", NOW - 1_000]]);
    expect(given({ heads, slots: after, estimates: known, servedAt })).toEqual(["b1@g0", "b2@g0"]);
  });

  it("changes at once for a clearly higher priority", () => {
    const heads = [a(5), b(1, { priority: 90 })];
    expect(given({ heads, slots: [slot("g0", { modelKey: "A" })], estimates: known })[0]).toBe("b1@g0 cold");
  });

  it("lets no set wait longer than the bound, whatever loading costs", () => {
    const dear = learned({ a: 1, b: 1 }, { A: 600, B: 600 });
    const waited = (ms: number) => [a(5), b(5, { waitingSince: NOW - ms })];
    const slots = [slot("g0", { modelKey: "A" })];
    expect(given({ heads: waited(LIMITS.modelWaitMaxMs - 1), slots, estimates: dear })[0]).toBe("a1@g0");
    expect(given({ heads: waited(LIMITS.modelWaitMaxMs), slots, estimates: dear })[0]).toBe("b1@g0 cold");
  });

  it("loads a set on a second slot when that ends the work sooner, and leaves it when it would come too late", () => {
    const slots = [
      slot("g0", {
        modelKey: "C",
        flights: [flight("x", { workKey: "c", modelKey: "C" }), flight("y", { workKey: "c" })],
      }),
      slot("g1", { modelKey: "B" }),
    ];
    expect(given({ heads: [c(20)], slots, estimates: known })[0]).toBe("c1@g1 cold");
    expect(given({ heads: [c(3)], slots, estimates: known })).toEqual([]);
  });

  it("puts the next set behind the last task of the old one, so that it loads without a gap", () => {
    const slots = [
      slot("g0", { modelKey: "A", flights: [flight("x", { workKey: "a", modelKey: "A", runningMs: 100 })] }),
    ];
    expect(given({ heads: [c(10)], slots, estimates: known })).toEqual(["c1@g0 cold"]);
  });

  it("lets a graph without models run anywhere and leave the models where they are", () => {
    const slots = [slot("g0", { modelKey: "A" })];
    expect(given({ heads: [head("plain", 1), a(1)], slots, estimates: known })).toEqual(["plain1@g0", "a1@g0"]);
  });
});

describe("unequal slots", () => {
  const mixed = learned({ "w@fast": 1, "w@slow": 5 });

  it("leaves the last tasks to the faster slot, when it will have ended them sooner", () => {
    const fast = slot("fast", {
      flights: [flight("x", { workKey: "w", runningMs: 500 }), flight("y", { workKey: "w" })],
    });
    expect(given({ heads: [head("w", 2)], slots: [fast, slot("slow")], estimates: mixed })).toEqual([]);
    expect(given({ heads: [head("w", 8)], slots: [fast, slot("slow")], estimates: mixed })).toEqual(["w1@slow"]);
  });

  it("give a lone task to one of two that are equally fast, instead of leaving it to each other", () => {
    const equal = learned({ "w@gpu0": 1, "w@gpu1": 1 });
    expect(given({ heads: [head("w", 1)], slots: [slot("gpu0"), slot("gpu1")], estimates: equal })).toEqual([
      "w1@gpu0",
    ]);
  });
});

describe("whyNot", () => {
  it("names the slot's own reason when it is down", () => {
    expect(whyNot(task("a"), slot("gpu0", { state: "down", reason: "ECONNREFUSED" }))?.code).toBe(
      "HP-COMFY-UNREACHABLE",
    );
  });

  it("says what keeps new work off a slot that answers", () => {
    const hot = { code: "HP-GPU-HOT", message: "GPU 0 is at 93 C", action: null };
    const refusal = whyNot(task("a"), slot("gpu0", { blocks: [hot] }));
    expect(refusal).toEqual({ ...hot, message: "slot gpu0: GPU 0 is at 93 C" });
  });

  it("keeps simulated slots to demo roots", () => {
    expect(whyNot(task("a"), slot("gpu0", { simulated: true }))?.code).toBe("HP-COMFY-SIMULATED");
    expect(whyNot(task("a", { demoRoot: true }), slot("gpu0", { simulated: true }))).toBeNull();
  });

  it("names every graph node class that the slot lacks", () => {
    const refusal = whyNot(task("a", { classes: ["LoadImage", "Magic", "Wonder"] }), slot("gpu0"));
    expect(refusal?.code).toBe("HP-RECIPE-CLASS");
    expect(refusal?.message).toContain("Magic, Wonder");
  });

  it("does the arithmetic of GPU memory, and guesses nothing where it is not known", () => {
    const refusal = whyNot(task("a", { vramMiB: 20_000 }), slot("gpu0", { gpuMemoryMiB: 16_376 }));
    expect(refusal?.message).toBe("slot gpu0 has 16376 MiB of GPU memory; this work was seen to need 20000 MiB");
    expect(whyNot(task("a", { vramMiB: 20_000 }), slot("gpu0"))).toBeNull();
  });

  it("does not give a task back to the slot on which it failed", () => {
    expect(
      whyNot(
        task("a", {
          notSlots: new Map([["gpu0", { code: "HP-COMFY-FAILED", message: "the task failed there before" }]]),
        }),
        slot("gpu0"),
      )?.code,
    ).toBe("HP-COMFY-FAILED");
  });
});

describe("giveBack", () => {
  const two = [flight("a"), flight("b")];
  const back = (slots: Parameters<typeof giveBack>[0]["slots"], able = true, estimates = learned({})) =>
    giveBack({ slots, estimates }, () => able);

  it("takes the queued prompt of a busy slot when another stands idle", () => {
    expect(back([slot("gpu0", { flights: two }), slot("gpu1")])).toEqual({ taskId: "b", from: "gpu0" });
  });

  it("leaves it when the idle slot can't run it, when no slot is idle, or when it is still being prepared", () => {
    const busy = slot("gpu0", { flights: two });
    expect(back([busy, slot("gpu1")], false)).toBeNull();
    expect(back([busy, slot("gpu1", { flights: [flight("c")] })])).toBeNull();
    const preparing = slot("gpu0", { flights: [flight("a"), flight("b", { phase: "preparing" })] });
    expect(back([preparing, slot("gpu1")])).toBeNull();
  });

  it("leaves it where it ends sooner than on an idle slot that must load its models or is slow", () => {
    const queued = [
      flight("a", { workKey: "w", modelKey: "A", runningMs: 900 }),
      flight("b", { workKey: "w", modelKey: "A" }),
    ];
    const slots = [slot("gpu0", { modelKey: "A", flights: queued }), slot("gpu1", { modelKey: "B" })];
    expect(back(slots, true, learned({ w: 1 }, { A: 2 }))).toBeNull();
    expect(back(slots, true, learned({ w: 10 }, { A: 2 }))).toEqual({ taskId: "b", from: "gpu0" });
  });
});

describe("what explain says of a task that could run", () => {
  it("names its rank with every term, what ranks higher, and what each slot holds against it", () => {
    const heads = [head("a", 3, { modelKey: "A" }), head("b", 2, { modelKey: "B", priority: 45 })];
    const b = heads[1]!;
    const slots = [
      slot("g0", { modelKey: "A" }),
      slot("g1", { flights: [flight("x"), flight("y")] }),
      slot("g2", { state: "down" }),
    ];
    const ledger = charged(EMPTY_LEDGER, { show: "AGM", person: "uid:1", seconds: 10, at: NOW });
    const board = boardOf(facts({ heads, slots, ledger, estimates: learned({ a: 1, b: 1 }, { A: 2, B: 2 }) }));
    expect(waitingReasons(board, b.id, b.tasks[0]!).map((reason) => reason.message)).toEqual([
      "its rank is 45.0 = priority 45; 3 tasks of other work rank higher",
      "slot g0 keeps A: it changes when more than 40 s press for it, and 0 s do now",
      "slot g1 has its next prompt already",
    ]);
  });

  it("says nothing against what the next tick will give", () => {
    const only = head("a", 1);
    const board = boardOf(facts({ heads: [only], slots: [slot("g0")] }));
    expect(waitingReasons(board, only.id, only.tasks[0]!)).toEqual([
      { code: "rank", message: "its rank is 50.0 = priority 50; nothing ranks higher", action: null },
    ]);
  });

  it("tells a full disk from one that does not answer", () => {
    expect(SLOW).toMatchObject({ code: "HP-DISK-IO", message: "/mnt/x: does not answer within 10 s" });
    const full = { path: "/mnt/x", state: "full", reason: "the disk is full" } as const;
    expect(rootTrouble(full)).toMatchObject({ code: "HP-DISK-FULL", action: "make room there; it goes on by itself" });
    expect(rootTrouble({ ...full, state: "well" })).toBeNull();
  });
});
