/**
 * What any store must do: one suite, run on SQLite now, on a second store unchanged later. `make` gives an empty store and a
 * clock that the test moves.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PLAIN_COLOR } from "../../daemon/domain/colorPlan.ts";
import type { Fence, JobId, PromptId, SlotName, StepId, TaskId } from "../../daemon/domain/ids.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { ChunkPlan, JobPlan, StepPlan } from "../../daemon/domain/plan.ts";
import { chunkFrames } from "../../daemon/domain/chunks.ts";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { Failure } from "../../daemon/domain/retry.ts";
import type { Grant, NewJob, Ran, Store, TaskRow, StepWork } from "../../daemon/storePort.ts";

export interface StoreUnderTest {
  readonly store: Store;
  readonly pass: (ms: number) => void;
}

const PASS: Inspection = { verdict: "pass", findings: [], notApplied: [], reader: "test" };
const FAIL: Inspection = {
  verdict: "fail",
  findings: [
    { check: "image.not_black", version: 1, verdict: "fail", measures: [], message: "it is black", hint: null },
  ],
  notApplied: [],
  reader: "test",
};
const FAILURE: Failure = { class: "node_error", code: "HP-COMFY-FAILED", message: "a graph node failed" };

export interface JobShape {
  readonly key?: string;
  readonly show?: string;
  readonly priority?: number;
  readonly wedges?: number;
  readonly frames?: readonly (number | null)[];
  readonly chunks?: ChunkPlan;
  readonly rerun?: boolean;
  readonly recipe?: string;
  readonly person?: string;
  readonly deadlineAt?: number;
  readonly root?: string;
  /** Model sets of the wedges, in turn. */
  readonly models?: readonly (readonly string[])[];
}

const ran = (gpuSeconds: number | null): Ran => ({ gpuSeconds, cold: false, vramMiB: null });

export function newJob(id: string, shape: JobShape = {}): NewJob {
  const step: StepPlan = {
    name: "main",
    recipe: { name: "grain", version: "1.0.0", sha256: shape.recipe ?? "r1", dir: "/recipes/grain" },
    plate: null,
    frames: shape.frames ?? [1001, 1002],
    chunks: shape.chunks ?? null,
    wedges: Array.from({ length: shape.wedges ?? 2 }, (_, n) => ({
      index: n + 1,
      axes: {},
      parameters: {},
      seed: "1000",
      ...(shape.models === undefined ? {} : { models: shape.models[n % shape.models.length] ?? [] }),
    })),
    target: {
      shotDir: "/s",
      productDir: `/s/${id}`,
      reviewDir: "/s/review",
      product: id,
      name: "SH010",
      root: shape.root ?? "/s",
    },
    output: { format: { kind: "png" } },
    color: PLAIN_COLOR,
    qc: { gate: "reject", checks: [] },
    gpuSecondsPerTask: 1,
    timeoutMs: 60_000,
  };
  const plan: JobPlan = {
    name: id,
    show: shape.show ?? "AGM",
    priority: shape.priority ?? 50,
    deadlineAt: shape.deadlineAt ?? null,
    rerun: shape.rerun ?? false,
    steps: [step],
    manifestCanonical: "{}",
    notes: [],
  };
  const source = {
    folder: "/hot",
    name: `${id}.yaml`,
    manifestSha256: id,
    manifestText: "use: grain\n",
    submittedBy: shape.person ?? "uid:0",
    claimPath: `/hot/.hotplate/claimed/${id}`,
  };
  return { id: id as JobId, plan, dedupeKey: shape.key ?? id, source };
}

export function storeContract(name: string, make: () => StoreUnderTest): void {
  describe(`Store contract: ${name}`, () => {
    let store: Store;
    let pass: (ms: number) => void;
    beforeEach(() => {
      const made = make();
      store = made.store;
      pass = made.pass;
    });
    afterEach(async () => store.close());

    /** Ready tasks, head by head. */
    async function waiting(tasksEach: number): Promise<readonly TaskRow[]> {
      return (await store.heads({ heads: 100, tasksEach })).flatMap((head) => head.tasks);
    }
    const stepId = (job: string): StepId => `${job}/1` as StepId;
    const last = async () => (await store.events(0, 1_000)).at(-1);
    async function opened(id: string, shape: JobShape = {}): Promise<Fence> {
      await store.submit([newJob(id, shape)]);
      const fence = await store.reserveVersion(stepId(id));
      await store.openVersion(stepId(id), fence, {
        number: 1,
        stagingDir: `/s/${id}/.hotplate/staging/${id}-${fence}`,
      });
      return fence;
    }
    async function grantNext(slot = "gpu0"): Promise<Grant> {
      const [task] = await waiting(1);
      const grant = await store.grant(task!.id, slot as SlotName, `p-${task!.id}` as PromptId);
      return grant!;
    }
    async function grantOf(job: string, wedge: number, frame: number): Promise<Grant> {
      const task = (await store.tasks(stepId(job))).find((one) => one.wedge === wedge && one.frame === frame);
      return (await store.grant(task!.id, "gpu0" as SlotName, `p-${task!.id}` as PromptId))!;
    }
    async function finishAll(): Promise<void> {
      while ((await waiting(1)).length > 0) {
        const grant = await grantNext();
        await store.stage(grant, [{ path: `/x/${grant.fence}`, sha256: "a", bytes: 1, frame: 1 }], ran(0.5));
        await store.inspected(grant, PASS, "pass", null);
      }
    }
    const publication = (job: string) => ({
      targetPath: `/s/${job}/v001`,
      stagingPath: `/s/${job}/x/tree`,
      commitSha256: "c",
    });

    describe("admission", () => {
      it("stores a batch of jobs with their tasks blocked until their version is open", async () => {
        const results = await store.submit([newJob("job_a"), newJob("job_b", { wedges: 3, frames: [null] })]);
        expect(results.map((result) => result.kind)).toEqual(["created", "created"]);
        expect((await store.job("job_a" as JobId))?.counts.blocked).toBe(4);
        expect((await store.job("job_b" as JobId))?.counts.blocked).toBe(3);
        expect(await waiting(10)).toEqual([]);
      });
      it("makes one task per chunk where a step takes several frames at once, and keeps the plan that says which", async () => {
        const chunks: ChunkPlan = { perTask: 4, overlap: 1, how: "batch", seam: "blend", short: "shift" };
        await store.submit([newJob("job_a", { frames: [1, 2, 3, 4, 5, 6, 7, 8, 9, 20], wedges: 2, chunks })]);
        const step = (await store.step(stepId("job_a")))!;
        expect(step.counts.blocked).toBe(8);
        const tasks = await store.tasks(step.id);
        expect(tasks.map(({ wedge, frame }) => `${wedge}/${frame}`)).toEqual([
          "1/1",
          "1/4",
          "1/6",
          "1/20",
          "2/1",
          "2/4",
          "2/6",
          "2/20",
        ]);
        const second = await store.tasks(step.id, { wedge: 2, states: ["blocked"], limit: 2 });
        expect(second.map(({ wedge, frame }) => `${wedge}/${frame}`)).toEqual(["2/1", "2/4"]);
        expect(chunkFrames(step.plan, 6)).toEqual([6, 7, 8, 9]);
      });
      it("answers the same work with the job that lives, and with the job that is done", async () => {
        const fence = await opened("job_a", { key: "k" });
        expect(await store.submit([newJob("job_b", { key: "k" })])).toEqual([{ kind: "duplicate", jobId: "job_a" }]);
        await finishAll();
        await store.beginPublish(stepId("job_a"), fence, publication("job_a"));
        await store.endPublish(stepId("job_a"), fence);
        expect(await store.submit([newJob("job_c", { key: "k" })])).toEqual([{ kind: "duplicate", jobId: "job_a" }]);
        expect(await store.findByKey("k")).toBe("job_a");
      });
      it("lets rerun take the key over, and frees it when a job did not end well", async () => {
        await store.submit([newJob("job_a", { key: "k" })]);
        expect((await store.submit([newJob("job_b", { key: "k", rerun: true })]))[0]?.kind).toBe("created");
        await store.cancelJob("job_b" as JobId, "ana");
        await store.burn(stepId("job_b"), "canceled");
        expect(await store.findByKey("k")).toBeNull();
        expect((await store.submit([newJob("job_c", { key: "k" })]))[0]?.kind).toBe("created");
      });
      it("remembers every drop, whose claim it was and where it was filed", async () => {
        await store.submit([newJob("job_a", { key: "k" }), newJob("job_b", { key: "k" })]);
        const drops = await store.drops({ jobId: "job_a" as JobId });
        expect(drops.map((drop) => [drop.name, drop.outcome])).toEqual([
          ["job_a.yaml", "accepted"],
          ["job_b.yaml", "duplicate"],
        ]);
        const drop = await store.findByClaim("/hot/.hotplate/claimed/job_b");
        await store.fileDrops([{ id: drop!.id, path: "/hot/accepted/job_b.yaml" }]);
        await store.closeDrop(drops[0]!.id);
        expect((await store.drops({ open: true })).map((open) => [open.id, open.filedAt])).toEqual([
          [drop!.id, "/hot/accepted/job_b.yaml"],
        ]);
      });
      it("knows an asset once it was remembered, and takes a baseline once", async () => {
        expect(await store.hasBaseline("/g")).toBe(false);
        await store.setBaseline("/g", [{ path: "/p1", identity: "1" }]);
        expect(await store.hasBaseline("/g")).toBe(true);
        expect(await store.knowsAsset("/g", "/p1", "1")).toBe(true);
        expect(await store.knowsAsset("/g", "/p1", "2")).toBe(false);
        expect(await store.rememberAsset("/g", "/p2", "1")).toBe(true);
        expect(await store.rememberAsset("/g", "/p2", "1")).toBe(false);
      });
    });

    describe("claiming", () => {
      it("orders by priority, then by age, and shows the first tasks of every head", async () => {
        await opened("job_low", { priority: 10, show: "LOW", wedges: 1, frames: [null] });
        await opened("job_a", { wedges: 1, frames: [1001, 1002] });
        await opened("job_b", { priority: 90, wedges: 1, frames: [null], recipe: "r2" });
        expect((await waiting(10)).map((task) => task.id)).toEqual([
          "job_b/1/w1/still",
          "job_a/1/w1/1001",
          "job_a/1/w1/1002",
          "job_low/1/w1/still",
        ]);
        expect((await waiting(1)).length).toBe(3);
      });
      it("keeps apart what differs in recipe, models, root, show, person, priority or deadline, and counts each", async () => {
        await opened("job_a", { wedges: 4, frames: [null], models: [["Loader a"], ["Loader b"]] });
        await opened("job_b", { wedges: 1, frames: [null], models: [["Loader a"]], person: "uid:7" });
        await opened("job_c", { wedges: 1, frames: [null], models: [["Loader a"]], deadlineAt: 5_000 });
        await opened("job_d", { wedges: 1, frames: [null], models: [["Loader a"]] });
        const heads = await store.heads({ heads: 100, tasksEach: 1 });
        expect(
          heads.map(({ class: { models, root }, person, deadlineAt, waiting: count, tasks }) => [
            models.join(),
            root,
            person,
            deadlineAt,
            count,
            tasks.length,
          ]),
        ).toEqual([
          ["Loader a", "/s", "uid:0", null, 3, 1],
          ["Loader b", "/s", "uid:0", null, 2, 1],
          ["Loader a", "/s", "uid:7", null, 1, 1],
          ["Loader a", "/s", "uid:0", 5_000, 1, 1],
        ]);
        const [first] = heads;
        expect(await store.taskClass(first!.class.id)).toEqual(first!.class);
        expect(await store.taskClass(9_999)).toBeNull();
        expect(first!.tasks[0]).toMatchObject({ headId: first!.id, classId: first!.class.id, readyAt: 1_000_000_000 });
        await store.grant(first!.tasks[0]!.id, "gpu0" as SlotName, "p" as PromptId);
        const [after] = await store.heads({ heads: 1, tasksEach: 5 });
        expect([after!.waiting, after!.tasks.length]).toEqual([2, 2]);
        await finishAll();
        expect(await store.heads({ heads: 100, tasksEach: 1 })).toEqual([]);
      });
      it("begins a sweep at its ends, then in the middles, frame by frame", async () => {
        await opened("job_a", { wedges: 5, frames: [1001, 1002, 1003] });
        expect((await waiting(15)).map((task) => `${task.frame} w${task.wedge}`)).toEqual(
          [1001, 1003, 1002].flatMap((frame) => [1, 5, 3, 2, 4].map((wedge) => `${frame} w${wedge}`)),
        );
      });
      it("remembers what staged attempts took, oldest first, and since when a task could begin", async () => {
        await opened("job_a", { wedges: 2, frames: [null], models: [["Loader a"]], person: "uid:7" });
        pass(10);
        await store.stage(await grantNext("gpu0"), [], { gpuSeconds: 2.5, cold: true, vramMiB: 7_000 });
        await store.stage(await grantNext("gpu1"), [], { gpuSeconds: null, cold: false, vramMiB: null });
        const seen = await store.observations(10);
        expect(
          seen.map(({ slot, gpuSeconds, cold, vramMiB, show, person }) => [
            slot,
            gpuSeconds,
            cold,
            vramMiB,
            show,
            person,
          ]),
        ).toEqual([["gpu0", 2.5, true, 7_000, "AGM", "uid:7"]]);
        expect(seen[0]!.class.models).toEqual(["Loader a"]);
      });
      it("grants a task once, under fences that only grow", async () => {
        await opened("job_a");
        const [task] = await waiting(1);
        const grant = await store.grant(task!.id, "gpu0" as SlotName, "p1" as PromptId);
        expect(await store.grant(task!.id, "gpu1" as SlotName, "p2" as PromptId)).toBeNull();
        expect((await grantNext()).fence).toBeGreaterThan(grant!.fence);
      });
      it("tells a holder that its lease was lost, and gives the task to somebody else", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        expect((await store.renew([grant])).lost).toEqual([]);
        pass(LIMITS.leaseMs + 1);
        expect(await store.reap()).toEqual([grant.taskId]);
        expect((await store.renew([grant])).lost).toEqual([grant.taskId]);
        const again = await grantNext("gpu1");
        expect(again.taskId).toBe(grant.taskId);
        expect(await store.stage(grant, [], ran(null))).toBe("stale");
        expect(await store.stage(again, [], ran(null))).toBe("ok");
      });
      it("keeps a lease that is renewed", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        pass(LIMITS.leaseMs - 1);
        await store.renew([grant]);
        pass(LIMITS.leaseMs - 1);
        expect(await store.reap()).toEqual([]);
      });
    });

    describe("ends of attempts", () => {
      it("stages, inspects and counts", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        await store.stage(grant, [{ path: "/x", sha256: "a", bytes: 3, frame: null }], ran(1.5));
        const [task] = await store.uninspected(5);
        expect([task!.state, task!.staged[0]?.bytes, task!.gpuSeconds]).toEqual(["committing", 3, 1.5]);
        expect((await store.step(stepId("job_a")))?.ungated).toBe(1);
        expect(await store.inspected(grant, PASS, "pass", null)).toBe("ok");
        expect((await store.step(stepId("job_a")))?.ungated).toBe(0);
        expect(await store.uninspected(5)).toEqual([]);
        expect(await store.inspected(grant, FAIL, "reject", null)).toBe("stale");
      });
      it("fails a rejected result with the finding as its reason", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        await store.stage(grant, [{ path: "/x", sha256: "a", bytes: 3, frame: null }], ran(null));
        await store.inspected(grant, FAIL, "reject", null);
        const task = await store.task(grant.taskId);
        expect([task?.state, task?.failure?.class, task?.failure?.message]).toEqual(["failed", "qc", "it is black"]);
      });
      it("takes QC's word on a wedge as a whole for all that is staged of it, or for none", async () => {
        await opened("job_a", { wedges: 2, frames: [1001, 1002] });
        const file = (n: number) => [{ path: `/x/${n}`, sha256: `h${n}`, bytes: n, frame: 1001 }];
        const first = await grantOf("job_a", 1, 1001);
        const second = await grantOf("job_a", 1, 1002);
        const other = await grantOf("job_a", 2, 1001);
        for (const [n, grant] of [first, second, other].entries()) {
          await store.stage(grant, file(n + 1), ran(1));
          await store.inspected(grant, PASS, "pass", null);
        }
        const whole = { inspection: FAIL, looks: 1 };
        for (const part of [[first], [first, second, other], [first, { ...second, fence: other.fence }], []])
          expect(await store.inspectedWedge(part, whole, "reject", null)).toBe("stale");
        expect((await store.task(first.taskId))?.gate).toBe("pass");

        expect(await store.inspectedWedge([first, second], whole, "hold", 1_000_000_500)).toBe("ok");
        const held = await Promise.all([first, second].map(({ taskId }) => store.task(taskId)));
        expect(held.map((task) => [task?.state, task?.gate, task?.holdUntil])).toEqual([
          ["committing", "hold", 1_000_000_500],
          ["committing", "hold", 1_000_000_500],
        ]);
        // What each frame was found to be stays; what was said of all of them stands in full once.
        expect(held.map((task) => task?.inspection?.verdict)).toEqual(["pass", "pass"]);
        expect(held.map((task) => task?.inspection?.whole?.lean)).toEqual([undefined, true]);
        expect((await store.qcNotes(stepId("job_a"), 9)).held.count).toBe(2);

        expect(await store.inspectedWedge([first, second], whole, "reject", null)).toBe("ok");
        const refused = await Promise.all([first, second].map(({ taskId }) => store.task(taskId)));
        expect(refused.map((task) => [task?.state, task?.failure?.class, task?.failure?.message])).toEqual([
          ["failed", "qc", "it is black"],
          ["failed", "qc", "it is black"],
        ]);
        expect(await store.inspectedWedge([first, second], whole, "pass", null)).toBe("stale");
      });
      it("moves a whole wedge to its next seed, with what was given up on record", async () => {
        await opened("job_a", { wedges: 2, frames: [1001, 1002] });
        const files = (n: number) => [{ path: `/x/${n}`, sha256: `h${n}`, bytes: n, frame: 1001 }];
        const first = await grantOf("job_a", 1, 1001);
        const second = await grantOf("job_a", 1, 1002);
        const other = await grantOf("job_a", 2, 1001);
        await store.stage(first, files(1), ran(1));
        await store.stage(other, files(3), ran(1));
        await store.inspected(first, PASS, "pass", null);
        await store.stage(second, files(2), ran(1));
        expect(await store.reseed(second, { seed: "1000", inspection: FAIL })).toBe("ok");
        const [one, two] = [await store.task(first.taskId), await store.task(second.taskId)];
        expect([one?.state, two?.state, one?.seedTry, two?.seedTry]).toEqual(["ready", "ready", 1, 1]);
        expect([two?.fence, two?.staged, two?.gate]).toEqual([null, [], null]);
        expect((await store.task(other.taskId))?.seedTry).toBe(0);
        const [tried] = await store.seedTries(stepId("job_a"));
        expect(tried).toMatchObject({
          wedge: 1,
          n: 0,
          seed: "1000",
          verdict: "fail",
          check: "image.not_black",
          reason: "it is black",
        });
        expect(tried?.results.map(({ path, sha256, verdict }) => [path, sha256, verdict])).toEqual([
          ["/x/1", "h1", "pass"],
          ["/x/2", "h2", "fail"],
        ]);
        expect((await last())?.name).toBe("wedge.reseeded");
        expect((await store.qcNotes(stepId("job_a"), 3)).reseeded).toEqual({
          wedges: 1,
          tries: [{ wedge: 1, n: 0, seed: "1000", check: "image.not_black", reason: "it is black" }],
        });
        // A late word on the try that is over changes nothing.
        expect(await store.reseed(first, { seed: "1000", inspection: FAIL })).toBe("stale");
        expect(await store.inspected(second, PASS, "pass", null)).toBe("stale");
        expect((await store.step(stepId("job_a")))?.ungated).toBe(1);
      });
      it("never stages what ran with a seed that was given up", async () => {
        await opened("job_a", { wedges: 1, frames: [1001, 1002] });
        const [first, second] = [await grantOf("job_a", 1, 1001), await grantOf("job_a", 1, 1002)];
        await store.stage(first, [{ path: "/x/1", sha256: "a", bytes: 1, frame: 1001 }], ran(1));
        await store.reseed(first, { seed: "1000", inspection: FAIL });
        expect((await store.task(second.taskId))?.state).toBe("running");
        expect(await store.stage(second, [{ path: "/x/2", sha256: "b", bytes: 1, frame: 1002 }], ran(1))).toBe("stale");
        const dropped = await store.task(second.taskId);
        expect([dropped?.state, dropped?.fence, dropped?.seedTry]).toEqual(["ready", null, 1]);
        const again = await store.grant(second.taskId, "gpu0" as SlotName, "p2" as PromptId);
        expect(again?.seedTry).toBe(1);
        expect(await store.stage(again!, [{ path: "/x/3", sha256: "c", bytes: 1, frame: 1002 }], ran(1))).toBe("ok");
      });
      it("makes what QC had refused of a wedge again with it, and leaves what failed otherwise", async () => {
        await opened("job_a", { wedges: 1, frames: [1001, 1002, 1003] });
        const refused = await grantOf("job_a", 1, 1001);
        const failed = await grantOf("job_a", 1, 1002);
        const black = await grantOf("job_a", 1, 1003);
        await store.stage(refused, [{ path: "/x/1", sha256: "a", bytes: 1, frame: 1001 }], ran(1));
        await store.inspected(refused, FAIL, "reject", null);
        await store.fail(failed, FAILURE, { kind: "final" });
        await store.stage(black, [{ path: "/x/3", sha256: "c", bytes: 1, frame: 1003 }], ran(1));
        expect(await store.reseed(black, { seed: "1000", inspection: FAIL })).toBe("ok");
        const states = (await store.tasks(stepId("job_a"))).map(({ state, seedTry }) => [state, seedTry]);
        expect(states).toEqual([
          ["ready", 1],
          ["failed", 1],
          ["ready", 1],
        ]);
        expect((await store.seedTries(stepId("job_a")))[0]?.results.map(({ frame }) => frame)).toEqual([1001, 1003]);
      });
      it("lets a held or refused result pass by waivers, once nothing else keeps it, and keeps every line", async () => {
        await opened("job_a", { wedges: 2, frames: [1001] });
        const [held, refused] = [await grantOf("job_a", 1, 1001), await grantOf("job_a", 2, 1001)];
        for (const [grant, gate] of [
          [held, "hold"],
          [refused, "reject"],
        ] as const) {
          await store.stage(grant, [{ path: "/x", sha256: "a", bytes: 1, frame: 1001 }], ran(1));
          await store.inspected(grant, FAIL, gate, gate === "hold" ? 2_000_000_000 : null);
        }
        const line = (wedge: number) => ({
          wedge,
          frame: 1001,
          sha256: "a",
          check: "image.not_black",
          version: 1,
          verdict: "fail" as const,
          measures: [],
          by: "anna",
          reason: "a night shot",
        });
        expect(await store.waive(held, [line(1)], false)).toBe("ok");
        expect((await store.task(held.taskId))?.gate).toBe("hold");
        expect(await store.waive(held, [], true)).toBe("ok");
        expect(await store.waive(refused, [line(2)], true)).toBe("ok");
        const now = await Promise.all([held, refused].map(({ taskId }) => store.task(taskId)));
        expect(now.map((task) => [task?.state, task?.gate, task?.failure])).toEqual([
          ["committing", "pass", null],
          ["committing", "pass", null],
        ]);
        expect((await store.step(stepId("job_a")))?.ungated).toBe(0);
        const [first, second] = await store.waivers(stepId("job_a"));
        expect([first?.by, first?.reason, first?.revoked, second?.wedge]).toEqual(["anna", "a night shot", null, 2]);
        expect(await store.revokeWaiver(first!.id, "bob", 2_000_000_000)).toBe("ok");
        expect(await store.revokeWaiver(first!.id, "bob", 2_000_000_000)).toBe("stale");
        expect((await store.waivers(stepId("job_a")))[0]?.revoked?.by).toBe("bob");
        expect((await store.task(held.taskId))?.gate).toBe("hold");
        expect(await store.waive({ taskId: held.taskId, fence: 1 as Fence }, [line(1)], true)).toBe("stale");
        // Its picture is made anew, and passes by itself: a waiver of the one before holds it no more.
        expect(await store.unstage(refused, "its staged file is gone")).toBe("ok");
        const again = await grantNext();
        await store.stage(again, [{ path: "/y", sha256: "b", bytes: 1, frame: 1001 }], ran(1));
        await store.inspected(again, PASS, "pass", null);
        expect(await store.revokeWaiver(second!.id, "bob", 2_000_000_000)).toBe("ok");
        expect([again.taskId, (await store.task(again.taskId))?.gate]).toEqual([refused.taskId, "pass"]);
      });
      it("counts the variations with a warning, and names what is held", async () => {
        await opened("job_a", { wedges: 5, frames: [1001, 1002] });
        const WARN: Inspection = { ...FAIL, verdict: "warn" };
        const LOST: Inspection = { ...FAIL, verdict: "error" };
        const said = [WARN, WARN, PASS, WARN, FAIL, PASS, FAIL, LOST, LOST, PASS];
        for (const [n, inspection] of said.entries()) {
          const grant = await grantOf("job_a", 1 + Math.floor(n / 2), 1001 + (n % 2));
          await store.stage(grant, [{ path: `/x/${n}`, sha256: "a", bytes: 1, frame: 1001 }], ran(1));
          await store.inspected(grant, inspection, n === 4 ? "hold" : "pass", 2_000_000_000);
        }
        const notes = await store.qcNotes(stepId("job_a"), 1);
        expect([notes.warned, notes.held.count, notes.held.tasks.map(({ wedge }) => wedge)]).toEqual([2, 1, [3]]);
        // Passed on by gate warn: what failed and what nobody could look at, each variation once.
        const { first, ...anyway } = notes.anyway;
        expect([anyway, first?.wedge, first?.inspection?.verdict]).toEqual([
          { failed: 1, unlooked: 1, tasks: 3 },
          4,
          "fail",
        ]);
      });
      it("hands a held result back when the hold has ended, not before", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        await store.stage(grant, [], ran(null));
        const [task] = await store.uninspected(1);
        await store.inspected(grant, FAIL, "hold", 1_000_000_500);
        pass(0);
        expect(await store.uninspected(1)).toEqual([]);
        expect(task!.id).toBe(grant.taskId);
        pass(1_000);
        expect((await store.uninspected(1)).map((held) => held.id)).toEqual([grant.taskId]);
      });
      it("ends the holds of what only a plugin keeps, and no other", async () => {
        await opened("job_a", { wedges: 5, frames: [null] });
        const finding = (check: string, verdict: "pass" | "error") => ({ ...FAIL.findings[0]!, check, verdict });
        const error = (...findings: ReturnType<typeof finding>[]) => ({ ...PASS, verdict: "error" as const, findings });
        const plugin = finding("plugin.grain", "error");
        const held = [
          error(finding("file.decodes", "pass"), plugin),
          error(finding("file.decodes", "error"), plugin),
          error(),
          { ...error(plugin), whole: { inspection: error(plugin), looks: 1 } },
          FAIL,
        ];
        const grants: string[] = [];
        for (const [at, inspection] of held.entries()) {
          const grant = await grantNext();
          await store.stage(grant, [{ path: `/x${at}`, sha256: "a", bytes: 3, frame: null }], ran(null));
          await store.inspected(grant, inspection, "hold", 1_000_900_000);
          grants.push(grant.taskId);
        }
        expect(await store.uninspected(9)).toEqual([]);
        expect(await store.endPluginHolds()).toBe(1);
        expect((await store.uninspected(9)).map(({ id }) => id)).toEqual([grants[0]]);
        // It is due already.
        expect(await store.endPluginHolds()).toBe(0);
      });
      it("defers a failed attempt until it is due and remembers the history", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        expect(await store.fail(grant, FAILURE, { kind: "again", inMs: 500, counts: true })).toBe("ok");
        expect(await store.wakeDeferred()).toBe(0);
        pass(500);
        expect(await store.wakeDeferred()).toBe(1);
        const second = await grantNext("gpu1");
        await store.fail(second, FAILURE, { kind: "final" });
        expect((await store.history(grant.taskId)).map((attempt) => [attempt.slot, attempt.outcome])).toEqual([
          ["gpu0", "failed"],
          ["gpu1", "failed"],
        ]);
        expect(await store.fail(second, FAILURE, { kind: "final" })).toBe("stale");
        expect((await store.task(grant.taskId))?.state).toBe("failed");
      });
      it("takes a grant back without using an attempt up as a failure", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        expect(await store.giveBack(grant, "released")).toBe("ok");
        expect(await store.giveBack(grant, "lost")).toBe("stale");
        expect((await store.history(grant.taskId)).map((attempt) => attempt.outcome)).toEqual(["released"]);
        expect(await store.giveBack(await grantNext(), "lost")).toBe("ok");
        expect(await last()).toMatchObject({ name: "task.lost", fields: { code: "HP-COMFY-LOST", slot: "gpu0" } });
        expect((await waiting(1))[0]?.id).toBe(grant.taskId);
      });
      it("renders again what was staged and is gone", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        const grant = await grantNext();
        await store.stage(grant, [{ path: "/x", sha256: "a", bytes: 3, frame: null }], ran(null));
        expect(await store.unstage(grant, "gone")).toBe("ok");
        const [task] = await waiting(1);
        expect([task?.id, task?.staged]).toEqual([grant.taskId, []]);
      });
    });

    describe("versions", () => {
      it("reserves one fence per step, for ever", async () => {
        await store.submit([newJob("job_a")]);
        const fence = await store.reserveVersion(stepId("job_a"));
        expect(await store.reserveVersion(stepId("job_a"))).toBe(fence);
        expect(await store.openVersion(stepId("job_a"), (fence + 1) as Fence, { number: 1, stagingDir: "/x" })).toBe(
          "stale",
        );
      });
      it("does not begin to publish while anything of the version is open", async () => {
        const fence = await opened("job_a");
        expect(await store.beginPublish(stepId("job_a"), fence, publication("job_a"))).toBe("stale");
        await finishAll();
        expect(await store.beginPublish(stepId("job_a"), fence, publication("job_a"))).toBe("ok");
        expect(await store.beginPublish(stepId("job_a"), fence, publication("job_a"))).toBe("stale");
      });
      it("finds the version that is ready to be published behind any number of open ones", async () => {
        for (let n = 0; n < 20; n += 1) await opened(`job_${n}`, { wedges: 1, frames: [null] });
        expect(await store.stepsToDo("ripe", 10)).toEqual([]);
        await opened("job_urgent", { wedges: 1, frames: [null], priority: 90 });
        const grant = await grantNext();
        await store.stage(grant, [{ path: "/x/1", sha256: "a", bytes: 1, frame: null }], ran(0.5));
        expect(await store.stepsToDo("ripe", 10)).toEqual([]);
        await store.inspected(grant, PASS, "pass", null);
        expect((await store.stepsToDo("ripe", 1)).map((step) => step.id)).toEqual([stepId("job_urgent")]);
        // One without any result is ripe too: nothing is left of it but to burn its number.
        await store.cancelJob("job_3" as JobId, "ana");
        expect((await store.stepsToDo("ripe", 10)).map((step) => step.id)).toEqual([
          stepId("job_urgent"),
          stepId("job_3"),
        ]);
      });
      it("names steps to do something for by root, so that one root's many hide no other's, the urgent ones first", async () => {
        for (let n = 0; n < 8; n += 1) await store.submit([newJob(`job_${n}`, { root: "/hangs" })]);
        await store.submit([newJob("job_low", { root: "/well", priority: 10 }), newJob("job_high", { root: "/well" })]);
        await store.submit([newJob("job_urgent", { root: "/hangs", priority: 90 })]);
        const named = async (what: StepWork) => (await store.stepsToDo(what, 3)).map((step) => step.jobId).toSorted();
        expect(await named("planned")).toEqual(["job_0", "job_1", "job_high", "job_low", "job_urgent"]);
        expect((await store.stepsToDo("planned", 1)).map((step) => step.jobId)).toEqual(["job_urgent", "job_high"]);
        await store.cancelJob("job_low" as JobId, "ana");
        await store.burn(stepId("job_low"), "canceled");
        expect(await named("uncleared")).toEqual(["job_low"]);
        expect(await named("committing")).toEqual([]);
      });
      it("ends a publication once, says so ever after, and the job is done", async () => {
        const fence = await opened("job_a");
        await finishAll();
        await store.beginPublish(stepId("job_a"), fence, publication("job_a"));
        expect((await store.job("job_a" as JobId))?.state).toBe("publishing");
        expect(await store.endPublish(stepId("job_a"), fence)).toBe("ok");
        expect(await store.endPublish(stepId("job_a"), fence)).toBe("already");
        const job = await store.job("job_a" as JobId);
        expect([job?.state, job?.counts.done, job?.endedAt !== null]).toEqual(["done", 4, true]);
      });
      it("publishes what is there when some tasks failed, and burns a version without any", async () => {
        const fence = await opened("job_a", { wedges: 2, frames: [null] });
        const grant = await grantNext();
        await store.fail(grant, FAILURE, { kind: "final" });
        await finishAll();
        expect(await store.burn(stepId("job_a"), "no")).toBe("stale");
        expect(await store.beginPublish(stepId("job_a"), fence, publication("job_a"))).toBe("ok");
        await opened("job_b", { wedges: 1, frames: [null] });
        await store.fail(await grantNext(), FAILURE, { kind: "final" });
        expect(await store.burn(stepId("job_b"), "all failed")).toBe("ok");
        const burnt = (await store.events(0, 1_000)).find((event) => event.name === "version.burnt");
        expect(burnt?.fields).toEqual({ code: "HP-PUBLISH-BURNT", step: stepId("job_b"), reason: "all failed" });
        expect((await store.job("job_b" as JobId))?.state).toBe("failed");
      });
      it("names a burnt version until its staging is cleared, and no other", async () => {
        await opened("job_a", { wedges: 1, frames: [null] });
        expect(await store.stepsToDo("uncleared", 10)).toEqual([]);
        await store.fail(await grantNext(), FAILURE, { kind: "final" });
        await store.cleared(stepId("job_a"));
        await store.burn(stepId("job_a"), "all failed");
        expect((await store.stepsToDo("uncleared", 10)).map((step) => step.id)).toEqual([stepId("job_a")]);
        await store.cleared(stepId("job_a"));
        expect(await store.stepsToDo("uncleared", 10)).toEqual([]);
      });
      it("takes another number when a foreign version stands in the way", async () => {
        const fence = await opened("job_a");
        await finishAll();
        await store.beginPublish(stepId("job_a"), fence, publication("job_a"));
        expect(await store.renumber(stepId("job_a"), fence, 2)).toBe("ok");
        const step = await store.step(stepId("job_a"));
        expect([step?.state, step?.version, step?.publication]).toEqual(["open", 2, null]);
        expect((await last())?.fields).toMatchObject({ code: "HP-PUBLISH-CONFLICT", version: 2, instead: 1 });
      });
      it("remembers the highest number of each product's folder", async () => {
        const { productDir } = newJob("job_a").plan.steps[0]!.target;
        expect(await store.highestVersion(productDir)).toBe(0);
        const fence = await opened("job_a");
        expect(await store.highestVersion(productDir)).toBe(1);
        await finishAll();
        await store.beginPublish(stepId("job_a"), fence, publication("job_a"));
        await store.renumber(stepId("job_a"), fence, 9);
        expect(await store.highestVersion(productDir)).toBe(9);
        expect(await store.highestVersion("/s/another")).toBe(0);
        expect(await store.products()).toEqual([{ dir: productDir, show: newJob("job_a").plan.show, highest: 9 }]);
      });
      it("never lets two versions have one place", async () => {
        const a = await opened("job_a", { wedges: 1, frames: [null] });
        const b = await opened("job_b", { wedges: 1, frames: [null] });
        await finishAll();
        await store.beginPublish(stepId("job_a"), a, publication("same"));
        await expect(store.beginPublish(stepId("job_b"), b, publication("same"))).rejects.toThrow();
        expect((await store.step(stepId("job_b")))?.state).toBe("open");
      });
    });

    describe("people", () => {
      it("cancels what has not ended and names the prompts to stop", async () => {
        await opened("job_a");
        const grant = await grantNext();
        const { applied, running } = await store.cancelJob("job_a" as JobId, "ana");
        expect([applied, running.map((task) => task.id)]).toEqual(["ok", [grant.taskId]]);
        expect(await store.stage(grant, [], ran(null))).toBe("stale");
        expect((await store.job("job_a" as JobId))?.counts.canceled).toBe(4);
      });
      it("does not cancel once the publication began", async () => {
        const fence = await opened("job_a");
        await finishAll();
        await store.beginPublish(stepId("job_a"), fence, publication("job_a"));
        expect((await store.cancelJob("job_a" as JobId, "ana")).applied).toBe("stale");
      });
      it("retries failed tasks with a clean history", async () => {
        await opened("job_a", { wedges: 2, frames: [null] });
        const grant = await grantNext();
        await store.fail(grant, FAILURE, { kind: "final" });
        expect(await store.retryJob("job_a" as JobId, "ana")).toEqual({ applied: "ok", tasks: 1 });
        expect(await store.history(grant.taskId)).toEqual([]);
        expect((await store.task(grant.taskId))?.state).toBe("ready");
        expect((await store.retryJob("job_a" as JobId, "ana")).applied).toBe("stale");
      });
      it("keeps requests until they are answered", async () => {
        const id = await store.request({ kind: "cancel", jobId: "job_a", by: "ana" });
        expect((await store.openRequests(5)).map((request) => request.id)).toEqual([id]);
        await store.settleRequest(id, "refused", "no such job");
        expect(await store.openRequests(5)).toEqual([]);
        expect((await store.requestRow(id))?.answer).toBe("no such job");
      });
    });

    describe("reading", () => {
      it("numbers events without a gap and tells which jobs were touched", async () => {
        await opened("job_a");
        const before = (await store.jobsTouchedSince(Number.MAX_SAFE_INTEGER, 1)).seq;
        await opened("job_b");
        await store.note("slot.up", null, { slot: "gpu0" });
        const events = await store.events(0, 1_000);
        expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
        expect((await store.jobsTouchedSince(before, 100)).jobs).toEqual(["job_b"]);
        expect((await store.events(0, 100, "job_a" as JobId)).every((event) => event.jobId === "job_a")).toBe(true);
      });
      it("finds jobs by beginning, show and state, newest first", async () => {
        await store.submit([newJob("job_a"), newJob("job_b", { show: "TCC" })]);
        expect((await store.jobs({ limit: 5 })).map((job) => job.id)).toEqual(["job_b", "job_a"]);
        expect((await store.jobs({ limit: 5, show: "TCC" })).map((job) => job.id)).toEqual(["job_b"]);
        expect((await store.jobs({ limit: 5, idPrefix: "job_a" })).map((job) => job.id)).toEqual(["job_a"]);
        expect(await store.jobs({ limit: 5, state: "done" })).toEqual([]);
      });
      it("counts the tasks before a task", async () => {
        await opened("job_a", { wedges: 3, frames: [null] });
        await opened("job_b", { wedges: 1, frames: [null], person: "uid:7" });
        expect(await store.ahead("job_a/1/w3/still" as TaskId)).toEqual({ alike: 1, all: 1 });
        expect(await store.ahead("job_a/1/w2/still" as TaskId)).toEqual({ alike: 2, all: 2 });
        expect(await store.ahead("job_b/1/w1/still" as TaskId)).toEqual({ alike: 0, all: 3 });
      });
      it("keeps its counters equal to its rows through everything", async () => {
        await opened("job_a", { wedges: 5, frames: [1, 2] });
        await store.fail(await grantNext(), FAILURE, { kind: "again", inMs: 1, counts: true });
        await store.fail(await grantNext(), FAILURE, { kind: "final" });
        await store.stage(await grantNext(), [], ran(null));
        await grantNext();
        const counted: Record<string, number> = {};
        for (const task of await store.tasks(stepId("job_a"))) counted[task.state] = (counted[task.state] ?? 0) + 1;
        const { counts } = (await store.step(stepId("job_a")))!;
        expect(Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0))).toEqual(counted);
      });
    });
  });
}
