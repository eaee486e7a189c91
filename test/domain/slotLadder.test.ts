/** What is done for a slot next, step by step: starts, restarts by the ladder, pauses after crashes, quarantine and its ends. */
import { describe, expect, it } from "vitest";
import type { ExitWords } from "../../daemon/domain/exitWords.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Act, Care, CareFacts, Decision, Wish } from "../../daemon/domain/slotLadder.ts";
import { decide, newCare } from "../../daemon/domain/slotLadder.ts";
import { blockOf } from "../../daemon/domain/slotWords.ts";

const START = 1_000_000;
const ALIVE = { kind: "alive", words: null, restart: false, gone: false } as const;
const KILLED: ExitWords = {
  code: "HP-SLOT-CRASHED",
  message: "ComfyUI was killed (137)",
  action: "look",
  hopeless: false,
};
const WISH: Wish = { code: "HP-SLOT-POISONED", message: "CUDA error", when: "now", fault: true, person: false };

function facts(more: Partial<CareFacts> = {}): CareFacts {
  return {
    now: START,
    mode: "spawned",
    alive: true,
    adoptedReady: null,
    stranger: null,
    exit: null,
    answers: true,
    idle: true,
    verdict: ALIVE,
    stuck: null,
    wish: null,
    warmUp: "done",
    cameBack: false,
    ...more,
  };
}

const said = ({ care, acts }: Decision): string =>
  [care.phase, ...acts.map((act) => (act.kind === "signal" ? act.signal : act.kind))].join(" ");
const inPhase = (phase: Care["phase"], more: Partial<Care> = {}): Care => ({
  ...newCare(START, "spawned"),
  phase,
  ...more,
});
/** Decides again and again with the same facts at the times given. */
function walk(care: Care, steps: readonly (readonly [ms: number, more: Partial<CareFacts>])[]): readonly string[] {
  let at = care;
  return steps.map(([ms, more]) => {
    const decision = decide(at, facts({ now: START + ms, ...more }));
    at = decision.care;
    return said(decision);
  });
}

describe("a spawned slot", () => {
  it("looks, starts, warms up and is ready", () => {
    const needed = { warmUp: "needed" } as const;
    expect(
      walk(newCare(START, "spawned"), [
        [0, { alive: null }],
        [1, { alive: false, ...needed }],
        [2, { alive: null, answers: false, ...needed }],
        [3, { answers: false, ...needed }],
        [4, needed],
        [5, { warmUp: "running" }],
        [6, { warmUp: "done" }],
        [7, {}],
      ]),
    ).toEqual(["looking", "starting start", "starting", "starting", "warming warmUp", "warming", "ready", "ready"]);
  });

  it("adopts what outlived the daemon: proven ready once is enough, else it warms up", () => {
    const step = (adoptedReady: boolean) =>
      walk(newCare(START, "spawned"), [
        [0, { adoptedReady }],
        [1, { adoptedReady, warmUp: "needed" }],
      ]);
    expect(step(true)).toEqual(["starting", "ready"]);
    expect(step(false)).toEqual(["starting", "warming warmUp"]);
  });

  it("starts nothing beside a stranger on its port, and says whose it is (HP-SLOT-PORT)", () => {
    const stranger = "process 7 (python main.py)";
    const first = decide(newCare(START, "spawned"), facts({ alive: false, stranger }));
    expect(said(first)).toBe("resting");
    expect(blockOf(first.care, facts())).toMatchObject({
      code: "HP-SLOT-PORT",
      message: expect.stringContaining("used by process 7 (python main.py), which Hotplate did not start") as string,
    });
    const soon = { now: START + LIMITS.slotLookMs, alive: false };
    expect(said(decide(first.care, facts({ ...soon, stranger })))).toBe("resting");
    expect(said(decide(first.care, facts(soon)))).toBe("starting start");
  });

  it("is not believed ready while a stranger answers on its port", () => {
    expect(said(decide(inPhase("starting"), facts({ stranger: "process 7" })))).toBe("starting");
  });

  it("goes down the ladder when it must end, each step with its deadline, and starts when it is gone", () => {
    const [int, term, kill] = [LIMITS.slotInterruptMs, LIMITS.slotTerminateMs, LIMITS.slotKillMs];
    const zombie = { kind: "zombie", words: "its thread died", restart: true, gone: false } as const;
    const all = int + term + kill;
    expect(
      walk(inPhase("ready"), [
        [0, { verdict: zombie }],
        [int - 1, {}],
        [int, {}],
        [int + term, {}],
        [all, { idle: false }],
        [all + 5_000, {}],
        [all + 6_000, { alive: false }],
      ]),
    ).toEqual([
      "stopping SIGINT",
      "stopping",
      "stopping SIGTERM",
      "stopping SIGKILL",
      // It waits inside the kernel: out of service, its tasks elsewhere, nothing beside it.
      "stopping letGo",
      "stopping",
      "starting letGo start",
    ]);
  });

  it.each<[string, Partial<CareFacts>]>([
    ["a prompt goes on after its cancel", { stuck: "a prompt goes on 91 s after it was canceled" }],
    ["its GPU state is poisoned", { wish: WISH, idle: false }],
    ["it used too much memory", { wish: { ...WISH, code: "HP-SLOT-MEMORY" } }],
    ["a person asked", { wish: { ...WISH, code: "HP-SLOT-RESTARTING", person: true, fault: false }, idle: false }],
  ])("is restarted when %s", (_what, more) => {
    const decision = decide(inPhase("ready"), facts(more));
    expect(decision.care.phase).toBe("stopping");
    expect(decision.acts.at(-1)).toEqual({ kind: "signal", signal: "SIGINT" });
    expect(decision.acts.some((act) => act.kind === "granted")).toBe(more.wish !== undefined);
  });

  it("is recycled only when idle, and takes nothing new until then (HP-SLOT-RECYCLING)", () => {
    const wish: Wish = {
      code: "HP-SLOT-RECYCLING",
      message: "it holds 25 GB",
      when: "idle",
      fault: false,
      person: false,
    };
    const busy = decide(inPhase("ready"), facts({ wish, idle: false }));
    expect(said(busy)).toBe("ready");
    expect(blockOf(busy.care, facts({ wish }))?.code).toBe("HP-SLOT-RECYCLING");
    const idle = decide(busy.care, facts({ wish }));
    expect(said(idle)).toBe("stopping granted SIGINT");
    // Wished, no fault: it never leads to quarantine.
    expect(decide(idle.care, facts({ alive: false })).care.ends).toEqual([]);
  });

  it("rests longer after each crash and is quarantined after too many in the window (HP-SLOT-CRASHED, HP-SLOT-QUARANTINED)", () => {
    let care = inPhase("ready");
    const phases: string[] = [];
    const pauses: number[] = [];
    for (let n = 0, now = START; n < LIMITS.slotEndsMax; n += 1) {
      const ended = decide(care, facts({ now, alive: false, exit: KILLED, idle: false }));
      phases.push(said(ended));
      pauses.push(ended.care.until - now);
      now = ended.care.until;
      care = { ...decide(ended.care, facts({ now })).care, phase: "ready" };
    }
    expect(phases).toEqual([...Array<string>(4).fill("resting letGo"), "quarantined letGo"]);
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, LIMITS.slotQuarantineMs]);
  });

  it("forgets crashes that are long past", () => {
    const ends = Array<number>(LIMITS.slotEndsMax - 1).fill(START - LIMITS.slotEndsWindowMs);
    const ended = decide(inPhase("ready", { ends }), facts({ alive: false, exit: KILLED }));
    expect([ended.care.phase, ended.care.ends]).toEqual(["resting", [START]]);
  });

  it("is quarantined at once by an end that a new start can't cure (HP-SLOT-START)", () => {
    const exit: ExitWords = {
      code: "HP-SLOT-START",
      message: "no such flag",
      action: "correct spawn.args",
      hopeless: true,
    };
    const ended = decide(inPhase("starting"), facts({ alive: false, exit }));
    expect(said(ended)).toBe("quarantined letGo");
    expect(blockOf(ended.care, facts())).toEqual({
      code: "HP-SLOT-QUARANTINED",
      message: "it is in quarantine: no such flag; tried again after 30 min",
      action: "correct spawn.args; then hotplate slot restart NAME",
    });
  });

  it("hands on how it died, so that what ran can be judged", () => {
    const ended = decide(inPhase("ready"), facts({ alive: false, exit: KILLED }));
    expect(ended.acts).toEqual([{ kind: "letGo", exit: KILLED } satisfies Act]);
    // Ended by us: what ran is not why.
    const stopped = decide(inPhase("stopping", { sent: ["SIGINT"] }), facts({ alive: false, exit: KILLED }));
    expect(stopped.acts[0]).toEqual({ kind: "letGo", exit: null });
  });

  it("leaves quarantine by its time or by a person, and by nobody else", () => {
    const care = inPhase("quarantined", { until: START + LIMITS.slotQuarantineMs });
    const gone = { alive: false } as const;
    const person = { ...WISH, person: true };
    expect(said(decide(care, facts({ ...gone, now: care.until - 1 })))).toBe("quarantined");
    expect(said(decide(care, facts({ ...gone, wish: WISH })))).toBe("quarantined granted");
    expect(said(decide(care, facts({ ...gone, now: care.until })))).toBe("starting start");
    expect(said(decide(care, facts({ ...gone, wish: person })))).toBe("starting granted start");
    expect(said(decide(care, facts({ alive: true, wish: person })))).toBe("stopping granted SIGINT");
  });

  it("has minutes to start, and is restarted when even they were not enough", () => {
    const waiting = { answers: false } as const;
    expect(said(decide(inPhase("starting"), facts({ ...waiting, now: START + 10 * 60_000 })))).toBe("starting");
    expect(said(decide(inPhase("starting"), facts({ ...waiting, now: START + LIMITS.slotStartMs + 1 })))).toBe(
      "stopping SIGINT",
    );
    const failed = decide(inPhase("warming"), facts({ warmUp: { failed: "CUDA error" } }));
    expect(said(failed)).toBe("stopping SIGINT");
    expect(failed.care.why?.message).toBe("its warm-up failed: CUDA error");
  });

  it("says what it waits for in every phase (HP-SLOT-STARTING, HP-SLOT-RESTARTING)", () => {
    const codes = (["looking", "starting", "warming", "stopping", "restarting", "ended", "ready"] as const).map(
      (phase) => blockOf(inPhase(phase), facts())?.code ?? null,
    );
    expect(codes).toEqual([
      "HP-SLOT-STARTING",
      "HP-SLOT-STARTING",
      "HP-SLOT-STARTING",
      "HP-SLOT-RESTARTING",
      "HP-SLOT-RESTARTING",
      "HP-SLOT-RESTARTING",
      null,
    ]);
  });
});

describe("an attached slot", () => {
  const zombie = { kind: "zombie", words: "nothing runs", restart: true, gone: false } as const;
  const gone = { kind: "unreachable", words: "nobody has listened for 61 s", restart: true, gone: false } as const;
  const ready = newCare(START, "attached");

  it("is restarted by its program, and waits until it answers", () => {
    const mode = "restartable" as const;
    expect(
      walk(newCare(START, mode), [
        [0, { mode, verdict: zombie, idle: false }],
        [1, { mode, answers: false }],
        [2, { mode }],
      ]),
    ).toEqual(["restarting letGo command", "restarting", "ready"]);
  });

  it("is quarantined when its program fails, or when it never comes back", () => {
    const care = inPhase("restarting");
    const exit: ExitWords = { ...KILLED, message: "systemctl did not restart it" };
    expect(said(decide(care, facts({ mode: "restartable", exit })))).toBe("quarantined");
    const late = facts({ mode: "restartable", answers: false, now: START + LIMITS.slotStartMs + 1 });
    expect(said(decide(care, late))).toBe("quarantined");
  });

  it("without a program is quarantined when it is stuck (HP-SLOT-STUCK), until somebody restarts it or says so", () => {
    const mode = "attached" as const;
    const stuck = decide(ready, facts({ mode, alive: null, verdict: zombie, idle: false }));
    expect(said(stuck)).toBe("quarantined letGo");
    expect(blockOf(stuck.care, facts())?.message).toContain("nothing runs");
    expect(said(decide(stuck.care, facts({ mode, alive: null })))).toBe("quarantined");
    expect(said(decide(stuck.care, facts({ mode, alive: null, cameBack: true })))).toBe("ready");
    expect(said(decide(stuck.care, facts({ mode, alive: null, wish: { ...WISH, person: true } })))).toBe(
      "ready granted",
    );
  });

  it("that nobody reaches is waited for, and its tasks go elsewhere", () => {
    const mode = "attached" as const;
    expect(said(decide(ready, facts({ mode, verdict: gone, idle: false })))).toBe("ready letGo");
    expect(said(decide(ready, facts({ mode, verdict: gone })))).toBe("ready");
    expect(said(decide(ready, facts({ mode, verdict: { ...gone, restart: false }, idle: false })))).toBe("ready");
    // Nobody listens: what it had in memory is gone, long before it is time to restart it.
    const refused = { ...gone, restart: false, gone: true };
    expect(said(decide(ready, facts({ mode, verdict: refused, idle: false })))).toBe("ready letGo");
    expect(said(decide(ready, facts({ mode, verdict: refused })))).toBe("ready");
    expect(said(decide(ready, facts({ mode: "restartable", verdict: refused, idle: false })))).toBe("ready letGo");
  });

  it("warms up when it is asked to", () => {
    const mode = "attached" as const;
    expect(said(decide(ready, facts({ mode, warmUp: "needed" })))).toBe("ready warmUp");
    expect(said(decide(ready, facts({ mode, warmUp: { failed: "CUDA error" } })))).toBe("quarantined");
  });
});
