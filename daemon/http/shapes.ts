/**
 * What the API says, as schemas: the type, the check on every answer, the OpenAPI document and `--json` come from these.
 * Times are RFC 3339 in UTC, durations seconds, sizes bytes, paths those of this node. Fields are added, never renamed.
 */
import { z } from "zod";
import { EVENTS } from "../domain/events.ts";
import type { EventName } from "../domain/events.ts";
import { JOB_STATES, STEP_STATES } from "../domain/job.ts";
import { TASK_STATES } from "../domain/task.ts";

const time = z.iso.datetime();
const count = z.number().int().min(0);
const state = (names: readonly string[]) => z.enum(names as [string, ...string[]]);

export const countsShape = z
  .strictObject(Object.fromEntries(TASK_STATES.map((name) => [name, count])) as Record<TaskStateName, typeof count>)
  .describe("How many tasks are in each state.");
type TaskStateName = (typeof TASK_STATES)[number];

const reviewShape = z.strictObject({ reviewDir: z.string(), contactSheet: z.string(), qcReport: z.string() });

export const stepShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(STEP_STATES),
  recipe: z.string().describe("name@version"),
  product: z.string(),
  wedges: count.describe("Variations."),
  frames: count,
  tasks: count.describe("Variations x frames, or x chunks of frames where the recipe takes several at once."),
  version: z.string().nullable().describe("v007; null before its number was given."),
  path: z.string().nullable().describe("Where the version is, or will be."),
  review: reviewShape.nullable(),
  counts: countsShape,
  reason: z.string().nullable().describe("Why nothing was published."),
});

export const jobShape = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    show: z.string(),
    state: z.enum(JOB_STATES).describe("Derived from its tasks, never stored."),
    priority: z.number().int(),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    counts: countsShape,
    source: z.strictObject({ folder: z.string(), name: z.string(), submittedBy: z.string() }),
    notes: z.array(z.string()),
    steps: z.array(stepShape),
  })
  .meta({ id: "Job" });

export const taskShape = z
  .strictObject({
    id: z.string(),
    step: z.string(),
    wedge: z.string().describe("w032"),
    frame: z.number().int().nullable().describe("null: a still. Of a chunk, its first frame."),
    frames: z.string().nullable().describe("1001-1008: the frames of its chunk; null where a task is one frame."),
    state: z.enum(TASK_STATES),
    attempt: count,
    slot: z.string().nullable(),
    failure: z
      .strictObject({
        class: z.string(),
        code: z.string(),
        message: z.string(),
        graphNode: z.string().exactOptional(),
        memory: z
          .strictObject({ alone: z.boolean(), gpuMiB: z.number().nullable(), neededMiB: z.number().nullable() })
          .exactOptional()
          .describe("Class memory: what was known when it ran out."),
      })
      .nullable(),
    verdict: z.enum(["pass", "warn", "fail", "error"]).nullable().describe("QC's word."),
    gate: z.enum(["pass", "hold", "reject"]).nullable(),
    gpuSeconds: z.number().nullable(),
    seed: z.string().nullable().describe("That its wedge has now."),
    seedTry: count.describe("0: the seed of the plan; then the ones that were tried after it (docs/qc.md)."),
  })
  .meta({ id: "Task" });

export const reasonShape = z
  .strictObject({
    code: z.string(),
    message: z.string(),
    action: z.string().nullable().describe("What a person can do; null: nothing is needed."),
  })
  .meta({ id: "Reason" });

export const jobExplainShape = z.strictObject({
  job: z.string(),
  state: z.enum(JOB_STATES),
  tasks: z
    .array(
      z.strictObject({
        task: z.string(),
        state: z.enum(TASK_STATES),
        alike: count.describe("Tasks of this step in this state; this one speaks for them."),
        reasons: z.array(reasonShape),
      }),
    )
    .describe("One task for each state in each step."),
});
export const taskExplainShape = z.strictObject({
  task: z.string(),
  state: z.enum(TASK_STATES),
  reasons: z.array(reasonShape).describe("In order of cause."),
});

export const versionShape = stepShape
  .extend({
    job: z.string(),
    show: z.string(),
    shot: z.string().describe("As the show's paths call it; else the folder that holds the product."),
    committedAt: time.nullable(),
  })
  .meta({ id: "Version" });

export const eventShape = z
  .strictObject({
    seq: count.describe("Grows; give the last one as `since`."),
    at: time,
    name: state(Object.keys(EVENTS) as EventName[]),
    job: z.string().nullable(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .meta({ id: "Event" });

const number = z.number().nullable();
const gpuShape = z
  .strictObject({
    index: count.describe("nvidia-smi's number, by PCI bus."),
    uuid: z.string(),
    name: z.string().nullable(),
    busId: z.string().nullable(),
    driver: z.string().nullable(),
    memoryTotalMiB: number,
    memoryUsedMiB: number,
    memoryFreeMiB: number,
    utilisationPercent: number,
    celsius: number,
    watts: number,
    wattsLimit: number,
    eccUncorrected: number.describe("Since the driver was loaded; null without ECC."),
    retirementPending: z.boolean().nullable(),
    throttle: z.array(z.string()).nullable(),
    computeMode: z.string().nullable(),
    mig: z.boolean().nullable(),
    broken: z.array(z.string()).describe("Fields that the driver could not read."),
  })
  .describe("null: not told, never a guess.")
  .meta({ id: "Gpu" });

export const nodeShape = z
  .strictObject({
    node: z.string(),
    pid: z.number().int(),
    version: z.string(),
    startedAt: time,
    now: time,
    state: z.enum(["starting", "up", "draining"]),
    slots: z.array(
      z.strictObject({
        name: z.string(),
        url: z.string(),
        state: z.enum(["up", "down", "refused"]),
        reason: z.string().nullable(),
        simulated: z.boolean(),
        version: z.string().nullable(),
        device: z.string().nullable(),
        classes: count.nullable().describe("How many graph node classes it offers; null until read."),
        blocks: z
          .array(z.strictObject({ code: z.string(), message: z.string(), action: z.string().nullable() }))
          .describe("What keeps new work off it although it answers; empty when nothing does."),
        gpu: z.strictObject({
          uuid: z.string().nullable(),
          facts: gpuShape.nullable(),
          reason: z.string().nullable().describe("Why nothing is known of it."),
          mismatch: z.string().nullable().describe("It computes on another GPU than its configuration names."),
        }),
        tasks: z.array(z.string()),
        process: z
          .strictObject({ pid: z.number().int(), startedAt: time, residentBytes: count, ended: count })
          .nullable()
          .describe("Of a spawned slot, with its children; ended: prompts of ours that ended in it."),
        packs: z.array(z.string()).describe("Node packs that ComfyUI could not load."),
        lacks: z
          .array(z.string())
          .describe("Recipes that it can't run, each with the graph node classes that it lacks."),
        drift: z.array(z.string()).describe("Approved recipes that would run otherwise here than when approved."),
      }),
    ),
    gpus: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("unknown"), reason: z.string(), silent: z.boolean() }),
      z.strictObject({
        kind: z.literal("known"),
        at: time,
        gpus: z.array(gpuShape),
        lost: z.array(z.strictObject({ busId: z.string(), text: z.string() })),
        processes: z.string().describe("How many compute on them, or why that is not known."),
        xids: z.string().describe("How many reports are in the kernel's log, or why that is not known."),
      }),
    ]),
    folders: z.array(
      z.strictObject({
        path: z.string(),
        show: z.string(),
        kind: z.enum(["hot folder", "asset path"]),
        state: z.enum(["up", "down"]),
        reason: z.string().nullable(),
        waiting: count,
        ignored: z.record(z.string(), count).describe("Reason -> how many names."),
        lastListedAt: time.nullable(),
      }),
    ),
    roots: z.array(
      z.strictObject({
        name: z.string(),
        path: z.string(),
        state: z.enum(["well", "slow", "full"]),
        reason: z.string().nullable(),
        freeBytes: z.number().nullable(),
        demo: z.boolean(),
      }),
    ),
    stepTrouble: z.record(z.string(), z.string()),
    secondsPerTask: z.record(z.string(), z.number()),
  })
  .meta({ id: "Node" });

export const readyShape = z.strictObject({
  ready: z.boolean(),
  state: z.enum(["starting", "up", "draining"]),
  store: z.boolean(),
  folders: z.array(z.strictObject({ path: z.string(), up: z.boolean() })),
  slots: z.array(z.strictObject({ name: z.string(), up: z.boolean() })),
});

export const droppedShape = z.strictObject({
  kind: z.literal("dropped"),
  dropped: z.string().describe("Where the manifest lies now."),
  answer: z.string().describe("STATUS.txt appears here within 5 s; ERROR.txt beside it when it is refused."),
});

export const requestShape = z.strictObject({
  request: z.number().int(),
  state: z.enum(["done", "open"]).describe("open: recorded, applied when the daemon can."),
  answer: z.string(),
});

export const problemShape = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().describe("docs/errors.md"),
    hint: z.string(),
    errors: z.array(
      z.strictObject({ pointer: z.string(), code: z.string(), message: z.string(), hint: z.string().nullable() }),
    ),
    requestId: z.string(),
  })
  .meta({ id: "Problem" });

export type JobShape = z.infer<typeof jobShape>;
export type StepShape = z.infer<typeof stepShape>;
export type TaskShape = z.infer<typeof taskShape>;
export type VersionShape = z.infer<typeof versionShape>;
export type EventShape = z.infer<typeof eventShape>;
export type GpuShape = z.infer<typeof gpuShape>;
export type NodeShape = z.infer<typeof nodeShape>;
export type ProblemShape = z.infer<typeof problemShape>;
export type JobExplainShape = z.infer<typeof jobExplainShape>;
export type TaskExplainShape = z.infer<typeof taskExplainShape>;
export type ReadyShape = z.infer<typeof readyShape>;
