/** What people decide about a wedge that is held as a whole: over all of it at once, on the real store's rules. */
import { describe, expect, it } from "vitest";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { NewWaiver, Waiver } from "../../daemon/domain/waiver.ts";
import { isWholeWaived, rejectWhole, waiveWhole } from "../../daemon/stages/decideWhole.ts";
import { waive } from "../../daemon/stages/decideResult.ts";
import type { StepRow, TaskRow } from "../../daemon/storePort.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const FLICKERS = inspection(finding("temporal.flicker", "fail"), finding("temporal.drift", "warn"));

function held(id: string, whole: Inspection, more: Partial<TaskRow> = {}): TaskRow {
  const staged = [{ path: `/x/${id}`, sha256: `sha of ${id}`, bytes: 1, frame: 1001 }];
  const own = { ...inspection(finding("image.soft", "warn")), whole: { inspection: whole, looks: 1 } };
  return {
    id,
    stepId: "s",
    wedge: 1,
    state: "committing",
    fence: 1,
    gate: "hold",
    staged,
    inspection: own,
    ...more,
  } as TaskRow;
}

function bench(tasks: readonly TaskRow[]) {
  const waivers: Waiver[] = [];
  const decided: string[] = [];
  const stage = testStage({
    store: {
      task: (id: string) => Promise.resolve(tasks.find((task) => task.id === id) ?? null),
      step: () => Promise.resolve({ state: "open" } as StepRow),
      tasks: () => Promise.resolve(tasks),
      waivers: () => Promise.resolve(waivers),
      waive: (_ref: unknown, lines: readonly NewWaiver[], release: boolean) => {
        expect(release).toBe(false);
        for (const line of lines) waivers.push({ ...line, id: waivers.length + 1, at: 0, revoked: null });
        return Promise.resolve("ok");
      },
      inspectedWedge: (refs: readonly unknown[], _whole: unknown, gate: string) => {
        decided.push(`${gate} ${refs.length}`);
        return Promise.resolve("ok");
      },
    },
  });
  return { context: stage.context, waivers, decided };
}
const body = (checks: readonly string[]) =>
  ({ kind: "waive", taskId: "a", checks, by: "ana", reason: "it is a candle" }) as const;

describe("a waiver of a finding over frames", () => {
  it("is bound to every picture of the wedge, and lets all of it pass at once", async () => {
    const tasks = [held("a", FLICKERS), held("b", FLICKERS)];
    const { context, waivers, decided } = bench(tasks);
    const said = await waive(context, body(["temporal.flicker"]) as unknown as Parameters<typeof waive>[1]);
    expect(said).toMatchObject({ state: "done", answer: expect.stringContaining("passes") as string });
    expect(waivers.map(({ sha256, check, by }) => [sha256, check, by])).toEqual([
      ["sha of a", "temporal.flicker", "ana"],
      ["sha of b", "temporal.flicker", "ana"],
    ]);
    expect(decided).toEqual(["pass 2"]);
    expect(isWholeWaived(FLICKERS, tasks, waivers)).toBe(true);
    const another = [held("a", FLICKERS), held("c", FLICKERS)];
    expect(isWholeWaived(FLICKERS, another, waivers)).toBe(false);
  });

  it("that was written before a crash is finished by the same command", async () => {
    const tasks = [held("a", FLICKERS), held("b", FLICKERS)];
    const { context, waivers, decided } = bench(tasks);
    await waiveWhole(context, tasks[0] as TaskRow, body(["temporal.flicker"]));
    await waiveWhole(context, tasks[0] as TaskRow, body(["temporal.flicker"]));
    expect(waivers).toHaveLength(2);
    expect(decided).toEqual(["pass 2", "pass 2"]);
  });

  it("covers no error, and nothing that was not found", async () => {
    const blind = inspection(finding("temporal.flicker", "error"));
    const { context, decided } = bench([held("a", blind)]);
    const said = await waiveWhole(context, held("a", blind), body(["temporal.flicker"]));
    expect(said).toMatchObject({ state: "refused", answer: expect.stringContaining("To waive are: none") as string });
    expect(decided).toEqual([]);
    expect(isWholeWaived(blind, [held("a", blind)], [])).toBe(false);
  });

  it("leaves it held where another failure stands", async () => {
    const both = inspection(finding("temporal.flicker", "fail"), finding("temporal.duplicate", "fail"));
    const { context, decided } = bench([held("a", both)]);
    const said = await waiveWhole(context, held("a", both), body(["temporal.flicker"]));
    expect(said.answer).toContain("still kept by temporal.duplicate");
    expect(decided).toEqual([]);
  });
});

describe("a wedge that was held or refused as a whole", () => {
  it("is rejected with all of its frames, not with the one that was named", async () => {
    const tasks = [held("a", FLICKERS), held("b", FLICKERS)];
    const { context, decided } = bench(tasks);
    const said = await rejectWhole(
      context,
      tasks[0] as TaskRow,
      { kind: "reject", taskId: "a", by: "ana", reason: "no" } as unknown as Parameters<typeof rejectWhole>[2],
    );
    expect([said.state, decided]).toEqual(["done", ["reject 2"]]);
  });

  it("does not come back in part: a frame of a refused one can't be waived alone", async () => {
    const refused = held("a", FLICKERS, {
      state: "failed",
      gate: "reject",
      failure: { class: "qc", code: "temporal.flicker", message: "m" },
    });
    const { context, decided, waivers } = bench([refused]);
    const said = await waive(context, body(["image.soft"]) as unknown as Parameters<typeof waive>[1]);
    expect(said).toMatchObject({ state: "refused", answer: expect.stringContaining("as a whole") as string });
    expect([decided, waivers]).toEqual([[], []]);
  });
});
