/** What QC's word on a wedge as a whole does, by the gate. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Inspection } from "../../daemon/domain/qc.ts";
import { decidingFinding, isHeldAsWhole, wedgeGate, wholeVerdict } from "../../daemon/domain/wedgeGate.ts";
import { createInspect } from "../../daemon/stages/inspect.ts";
import type { RecipeShelf } from "../../daemon/stages/recipeShelf.ts";
import { wedgeHoldEnded, wedgesToJudge } from "../../daemon/stages/wedgeVerdicts.ts";
import type { TaskRow } from "../../daemon/storePort.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const FLICKERS = inspection(finding("frames.complete", "pass"), finding("temporal.flicker", "fail"));
const INCOMPLETE = inspection(finding("frames.complete", "fail"), finding("temporal.flicker", "pass"));
const BLIND = inspection(finding("temporal.flicker", "error"));

function task(id: string, wedge: number, of: Partial<TaskRow> = {}): TaskRow {
  return { id, stepId: "s", wedge, state: "committing", fence: 1, gate: "pass", inspection: null, ...of } as TaskRow;
}

describe("a wedge as a whole", () => {
  it("is not judged by frames that are missing: whoever did not make them has told it", () => {
    expect(wholeVerdict(INCOMPLETE)).toBe("pass");
    expect(wholeVerdict(FLICKERS)).toBe("fail");
    expect(wholeVerdict(inspection(finding("frames.complete", "fail")))).toBe("pass");
  });

  it("is rejected, held or let through as the manifest's gate says; what nobody could look at is held", () => {
    const now = 1_000;
    const by = (said: Inspection, gate: "reject" | "hold" | "warn", looks = 1) => wedgeGate(said, { gate, looks, now });
    expect(by(FLICKERS, "reject")).toEqual({ gate: "reject", holdUntil: null });
    expect(by(FLICKERS, "hold")).toEqual({ gate: "hold", holdUntil: now + LIMITS.holdMs });
    expect(by(FLICKERS, "warn")).toEqual({ gate: "pass", holdUntil: null });
    expect(by(INCOMPLETE, "reject")).toEqual({ gate: "pass", holdUntil: null });
    expect(by(BLIND, "reject")).toEqual({ gate: "hold", holdUntil: now + LIMITS.qcLookAgainMs });
    expect(by(BLIND, "reject", LIMITS.qcLooksMax)).toEqual({ gate: "reject", holdUntil: null });
  });

  it("holds up its version only where the gate does not let it through, and with all that is staged of it", () => {
    const tasks = [task("a", 1), task("b", 1), task("c", 1, { state: "failed" }), task("d", 2)];
    const sequences = new Map([
      [1, FLICKERS],
      [2, INCOMPLETE],
    ]);
    const judged = (gate: "reject" | "warn", waived = false) =>
      wedgesToJudge({ qc: { gate, checks: [] } }, tasks, { sequences, isWaived: () => waived });
    expect(judged("reject").map(({ tasks: staged }) => staged.map(({ id }) => id))).toEqual([["a", "b"]]);
    expect(judged("warn")).toEqual([]);
    expect(judged("reject", true)).toEqual([]);
  });

  it("gives its reason to each of its results", () => {
    const own = inspection(finding("file.decodes", "pass"));
    expect(decidingFinding({ ...own, whole: { inspection: FLICKERS, looks: 1 } })?.check).toBe("temporal.flicker");
    expect(decidingFinding(own)?.check).toBe("file.decodes");
  });
});

describe("a hold of a wedge as a whole", () => {
  const held = (id: string, whole: Inspection, looks = 1): TaskRow =>
    task(id, 1, { gate: "hold", inspection: { ...inspection(), whole: { inspection: whole, looks } } });

  async function ended(tasks: readonly TaskRow[]) {
    const calls: unknown[][] = [];
    const stage = testStage({
      store: {
        tasks: (_step: unknown, { wedge }: { readonly wedge: number }) =>
          Promise.resolve([...tasks, task("other", 2)].filter((one) => one.wedge === wedge)),
        inspectedWedge: (...call: unknown[]) => {
          calls.push(call);
          return Promise.resolve("ok");
        },
      },
    });
    await wedgeHoldEnded(stage.context, tasks[0] as TaskRow);
    return calls.map(([refs, , gate]) => [(refs as { taskId: string }[]).map(({ taskId }) => taskId), gate]);
  }

  it("is told apart from the hold of one frame", () => {
    expect(isHeldAsWhole(held("a", FLICKERS))).toBe(true);
    expect(isHeldAsWhole(task("a", 1, { gate: "hold", inspection: inspection() }))).toBe(false);
  });

  it("ends as a rejection of all of it: a timeout never approves", async () => {
    expect(await ended([held("a", FLICKERS), held("b", FLICKERS)])).toEqual([[["a", "b"], "reject"]]);
  });

  it("is ended once in a tick, however many of its results are due", async () => {
    const [due, decided] = [[held("a", FLICKERS), held("b", FLICKERS), held("c", FLICKERS)], [] as unknown[]];
    const stage = testStage({
      store: {
        uninspected: () => Promise.resolve(due),
        step: () => Promise.resolve(null),
        tasks: () => Promise.resolve(due),
        inspectedWedge: (refs: readonly unknown[]) => {
          decided.push(refs.length);
          return Promise.resolve("ok");
        },
      },
    });
    const context = { ...stage.context, work: { ...stage.context.work, free: () => true } };
    await createInspect(context, { ready: () => true } as RecipeShelf).tick();
    expect(decided).toEqual([3]);
  });

  it("over what nobody could look at lets it be looked at again, a bounded number of times", async () => {
    expect(await ended([held("a", BLIND), held("b", BLIND)])).toEqual([[["a", "b"], "pass"]]);
    expect(await ended([held("a", BLIND, LIMITS.qcLooksMax)])).toEqual([[["a"], "reject"]]);
  });
});
