/** When a result is looked at again: what only a missing plugin keeps waits for it, and a mended check over many frames looks at them. */
import { describe, expect, it } from "vitest";
import type { CheckBook, Finding, Inspection } from "../../daemon/domain/qc.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { SetRequest } from "../../daemon/domain/qcRequest.ts";
import type { Images } from "../../daemon/ports.ts";
import { createInspect } from "../../daemon/stages/inspect.ts";
import { inspectWhole } from "../../daemon/stages/inspectWhole.ts";
import type { RecipeShelf } from "../../daemon/stages/recipeShelf.ts";
import type { StepRow, TaskRow } from "../../daemon/storePort.ts";
import { createWork } from "../../daemon/work.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const SHELF = {
  ready: () => true,
  find: () => ({ file: { result: { scale: 1, bitDepth: 8 }, parameters: {} } }),
} as unknown as RecipeShelf;
const STILL = newJob("job_a").plan.steps[0]!;
const blind = (...checks: readonly string[]): Inspection => ({
  ...inspection(...checks.map((check): Finding => finding(check, "error"))),
  verdict: "error",
});

/** One result, looked at whenever it is due. */
function bench(said: () => Inspection) {
  let task = {
    id: "t1",
    stepId: "job_a/1",
    fence: 1,
    wedge: 1,
    frame: null,
    gate: null,
    holdUntil: null,
    inspection: null,
    staged: [{ path: "/x.png", bytes: 1, sha256: "a", frame: null, engine: null }],
  } as unknown as TaskRow;
  let looks = 0;
  let ended: (() => void) | null = null;
  const stage = testStage({
    store: {
      uninspected: async () => [task],
      step: async () => ({ plan: STILL }) as unknown as StepRow,
      waivers: async () => [],
      inspected: async (_ref, seen, gate, holdUntil) => {
        task = { ...task, inspection: seen, gate, holdUntil };
        return "ok";
      },
    },
  });
  const failed = (_key: string, error: unknown): Promise<never> => Promise.reject(error);
  const work = createWork({ wake: () => ended?.(), widthOf: () => 2, failed });
  const images: Partial<Images> = {
    inspect: async () => {
      looks += 1;
      return said();
    },
  };
  const context: StageContext = {
    ...stage.context,
    work,
    world: { ...stage.context.world, images: images as Images },
    files: { stat: () => Promise.resolve({ bytes: 1 }) } as unknown as StageContext["files"],
  };
  const inspect = createInspect(context, SHELF);
  /** The next look: when its hold ends. */
  async function look(): Promise<readonly [gate: string | null, waits: number | null]> {
    const before = looks;
    if (task.holdUntil !== null) stage.now = task.holdUntil;
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await inspect.tick();
    await over;
    await work.apply();
    expect(looks).toBe(before + 1);
    return [task.gate, task.holdUntil === null ? null : task.holdUntil - stage.now];
  }
  return { look, looks: () => looks };
}

describe("a result that only a plugin keeps which could not be loaded", () => {
  it("is looked at again every 10 minutes, and when it is mended it passes", async () => {
    let said = blind("plugin.grain");
    const { look } = bench(() => said);
    for (let at = 0; at < LIMITS.qcLooksMax + 2; at += 1) expect(await look()).toEqual(["hold", 10 * 60_000]);
    said = inspection(finding("studio.grain", "pass"));
    expect(await look()).toEqual(["pass", null]);
  });

  it("is refused after a day: a timeout never approves", async () => {
    const { look, looks } = bench(() => blind("plugin.grain"));
    let [gate] = await look();
    while (gate === "hold") [gate] = await look();
    expect([gate, looks()]).toEqual(["reject", LIMITS.holdMs / LIMITS.qcPluginLookMs]);
  });

  it("is told from one that could not be looked at for another reason, too", async () => {
    const { look, looks } = bench(() => blind("plugin.grain", "file.decodes"));
    expect(await look()).toEqual(["hold", LIMITS.qcLookAgainMs]);
    let [gate] = await look();
    while (gate === "hold") [gate] = await look();
    expect([gate, looks()]).toEqual(["reject", LIMITS.qcLooksMax]);
  });
});

describe("a check over many frames that was broken when its job was accepted, and is mended", () => {
  const book = (scope: "sequence" | "set", standIn: string | undefined): CheckBook => ({
    checks: [
      {
        id: "studio.light",
        version: 1,
        scope,
        limits: {},
        file: "light.ts",
        shipped: false,
        traces: true,
        ...(standIn === undefined ? {} : { standIns: [standIn] }),
      },
    ],
    profiles: [],
    refused: [],
  });

  async function handed(scope: "sequence" | "set", standIn: string | undefined): Promise<SetRequest | undefined> {
    const asked: SetRequest[] = [];
    const { context } = testStage();
    const keep = (of: string) => async (request: SetRequest) => {
      if (of === scope) asked.push(request);
      return inspection();
    };
    const images: Partial<Images> = {
      checks: async () => book(scope, standIn),
      inspectSequence: keep("sequence"),
      inspectSet: keep("set"),
    };
    const plan = { ...STILL, frames: [1, 2], qc: { ...STILL.qc, checks: [{ check: "plugin.light", limits: {} }] } };
    const whole = {
      ...context,
      world: { ...context.world, images: images as Images },
      files: { stat: () => Promise.resolve({ bytes: 1 }) } as unknown as StageContext["files"],
    };
    const wedges = scope === "set" ? [1, 2] : [1];
    const looks = wedges.flatMap((wedge) =>
      [1, 2].map((frame) => ({ path: `/x.${wedge}.${frame}.png`, frame, wedge, engine: null })),
    );
    const placed = { looks } as unknown as Parameters<typeof inspectWhole>[2]["placed"];
    await inspectWhole(whole, { plan } as unknown as StepRow, { placed, shelf: SHELF, tasks: [] });
    return asked[0];
  }

  it.each(["sequence", "set"] as const)("is asked by its own name, and handed all of them, as a %s", async (scope) => {
    const request = await handed(scope, "plugin.light");
    expect(request?.checks.map(({ check }) => check)).toEqual(["studio.light"]);
    expect(request?.series).toHaveLength(2);
  });

  it("is not looked for where it is another plugin", async () => {
    expect((await handed("sequence", undefined))?.series).toEqual([]);
    expect(await handed("set", undefined)).toBeUndefined();
  });
});
