/**
 * The store: the only truth about jobs, tasks and versions. One interface, one contract suite (test/contract/store.ts);
 * SQLite embedded on one node now, PostgreSQL for a fleet later. Each method is one transaction and writes its events in
 * it. Time is the store's: callers never pass it. A compare-and-set that finds another state answers `stale`.
 *
 * Only the loop calls the writing methods; HTTP and commands append requests, and HTTP the keys under which they came.
 */
import type { EventFields, EventName, StoredEvent } from "./domain/events.ts";
import type { Fence, JobId, PromptId, SlotName, StepId, TaskId } from "./domain/ids.ts";
import type { JobState, StepState, TaskCounts } from "./domain/job.ts";
import type { JobPlan, StepPlan, WedgePlan } from "./domain/plan.ts";
import type { NewPublication, Publication, PublishedAnyway } from "./domain/publication.ts";
import type { GateOutcome, Inspection, WholeWord } from "./domain/qc.ts";
import type { Failure } from "./domain/retry.ts";
import type { SeedTry } from "./domain/seedRetry.ts";
import type { TaskState } from "./domain/task.ts";
import type { NewWaiver, Waiver } from "./domain/waiver.ts";
import type { FenceRef, FinishResult, SystemStats } from "./ports.ts";
import type { RequestBody, RequestRow } from "./requests.ts";

export interface DropSource {
  /** The hot folder (or asset path pattern) it came from. */
  readonly folder: string;
  /** Name of the dropped file or folder; the answer is `<name>.STATUS.txt`. */
  readonly name: string;
  readonly manifestSha256: string;
  /** The very bytes that were validated. */
  readonly manifestText: string;
  /** uid of the file's owner, as text. */
  readonly submittedBy: string;
  /** Where the claimed manifest lies until it is moved on; null for generated ones. */
  readonly claimPath: string | null;
}

export interface NewJob {
  readonly id: JobId;
  readonly plan: JobPlan;
  readonly dedupeKey: string;
  readonly source: DropSource;
}
export type SubmitResult =
  | { readonly kind: "created"; readonly jobId: JobId }
  | { readonly kind: "duplicate"; readonly jobId: JobId };

export interface StagedFile {
  /** Absolute, inside the version's staging directory, named by the attempt's fence. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly frame: number | null;
  /** What came back, kept where another chunk has the same frame: the two are blended as they came back. */
  readonly returned?: { readonly path: string; readonly sha256: string; readonly bytes: number };
  /** Which ComfyUI made it, as it was then: after a restart, or when the slot is gone, nobody else knows. */
  readonly engine?: Engine;
  /** What finishing it found out. */
  readonly finished?: FinishResult;
  /** Where the words lie that ComfyUI wrote into it; absent: there are none, or another result's are kept. */
  readonly said?: string;
}
export type Engine = Pick<SystemStats, "version" | "simulated" | "deviceName" | "pytorchVersion" | "flags"> & {
  /** Of its GPU; absent: this node does not see it. */
  readonly driver?: string;
};

export interface TaskRow {
  readonly id: TaskId;
  readonly jobId: JobId;
  readonly stepId: StepId;
  readonly show: string;
  readonly priority: number;
  /** The order in which tasks of a head begin: bisect order of the sweep. */
  readonly seq: number;
  /** Its kind of work: recipe and models. */
  readonly classId: number;
  /** The head in which it waits. */
  readonly headId: number;
  /** Since when it could begin; null before its version was opened. */
  readonly readyAt: number | null;
  readonly wedge: number;
  readonly frame: number | null;
  readonly state: TaskState;
  readonly attempt: number;
  readonly fence: Fence | null;
  readonly slot: SlotName | null;
  readonly promptId: PromptId | null;
  readonly leaseUntil: number | null;
  /** deferred: when it is due. */
  readonly dueAt: number | null;
  readonly failure: Failure | null;
  readonly staged: readonly StagedFile[];
  readonly inspection: Inspection | null;
  readonly gate: GateOutcome | null;
  /** A hold's named end; null without a hold. */
  readonly holdUntil: number | null;
  /** ComfyUI's own execution time of the attempt that was staged, seconds. */
  readonly gpuSeconds: number | null;
  /** Which seed its wedge has: 0 the plan's own, then the next ones (domain/seedRetry). */
  readonly seedTry: number;
}

export interface StepRow {
  readonly id: StepId;
  readonly jobId: JobId;
  readonly index: number;
  readonly plan: StepPlan;
  readonly state: StepState;
  /** The fence of the version: names its staging directory. null while planned and unreserved. */
  readonly fence: Fence | null;
  readonly version: number | null;
  readonly stagingDir: string | null;
  readonly counts: TaskCounts;
  /** Tasks in `committing` whose gate has not said `pass`. */
  readonly ungated: number;
  readonly publication: Publication | null;
  /** Why it burnt. */
  readonly reason: string | null;
}

/** What people are to know of QC while a version is made. */
export interface QcNotes {
  /** Variations with a warning, as far as their pictures were looked at. */
  readonly warned: number;
  /** What passed the gate although QC failed it or could not look, as far as it was looked at; waived or by gate `warn`. */
  readonly anyway: PublishedAnyway & { readonly tasks: number; readonly first: TaskRow | null };
  /** Tasks that wait for a person: the first of them, and how many. */
  readonly held: {
    readonly count: number;
    readonly tasks: readonly TaskRow[];
    /** The first variations of which something waits (a few, whatever the limit), how many tasks of each, and the first of those. */
    readonly wedges: readonly { readonly wedge: number; readonly count: number; readonly tasks: readonly TaskRow[] }[];
  };
  /** Seeds that were given up for another: those of the first wedges, and of how many wedges. */
  readonly reseeded: {
    readonly wedges: number;
    readonly tries: readonly Pick<SeedTry, "wedge" | "n" | "seed" | "check" | "reason">[];
  };
}

export interface JobRow {
  readonly id: JobId;
  readonly name: string;
  readonly show: string;
  readonly priority: number;
  readonly plan: JobPlan;
  readonly source: DropSource;
  readonly state: JobState;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly steps: readonly StepRow[];
  readonly counts: TaskCounts;
}

/** One kind of work: what a slot needs for it. */
export interface TaskClass {
  readonly id: number;
  readonly recipeSha256: string;
  /** The configured root that its results land in. */
  readonly root: string;
  /** Models that its graph loads (domain/modelSet). */
  readonly models: readonly string[];
}

/** Ready tasks that are alike: same class, show, person, priority, deadline. */
export interface HeadRow {
  readonly id: number;
  readonly class: TaskClass;
  readonly show: string;
  /** Who asked: the uid of the manifest's owner, as text. */
  readonly person: string;
  readonly priority: number;
  readonly deadlineAt: number | null;
  /** How many are ready. */
  readonly waiting: number;
  /** The first of them. */
  readonly tasks: readonly TaskRow[];
}

/** What an attempt that was staged took. */
export interface Ran {
  /** ComfyUI's own execution time, seconds; null when it did not say. */
  readonly gpuSeconds: number | null;
  /** Its models were loaded for it: the seconds hold their loading. */
  readonly cold: boolean;
  /** Peak memory of its GPU above idle, MiB; null when nobody measured. */
  readonly vramMiB: number | null;
}
export interface ObservationRow extends Ran {
  readonly class: TaskClass;
  readonly slot: SlotName;
  readonly show: string;
  readonly person: string;
  readonly endedAt: number;
  readonly gpuSeconds: number;
}

export interface Grant extends FenceRef {
  readonly taskId: TaskId;
  readonly attempt: number;
  readonly slot: SlotName;
  readonly promptId: PromptId;
  readonly leaseUntil: number;
  /** The wedge's seed as it is now: this attempt is of that one, and of no later. */
  readonly seedTry: number;
}

export interface AttemptRow {
  readonly taskId: TaskId;
  readonly attempt: number;
  readonly fence: Fence;
  readonly slot: SlotName;
  readonly promptId: PromptId;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly outcome: "running" | "staged" | "failed" | "lost" | "released" | "deferred" | "canceled";
  readonly failure: Failure | null;
}

/** What was asked under an Idempotency-Key before: the request's print and its answer as JSON. */
export interface KeyRow {
  readonly print: string;
  readonly answer: string | null;
}

/** A dropped name and the job that answers for it: the newest drop of a name owns its STATUS.txt. */
export interface DropRow {
  readonly id: number;
  readonly folder: string;
  readonly name: string;
  readonly jobId: JobId;
  readonly outcome: "accepted" | "duplicate";
  readonly claimPath: string | null;
  readonly at: number;
  /** The manifest's present place under accepted/, done/ or failed/; null until it was moved. */
  readonly filedAt: string | null;
  /** The answer file was moved away (24 h after the end) or belongs to a newer drop. */
  readonly closed: boolean;
}

export interface ProductRow {
  readonly dir: string;
  readonly show: string;
  readonly highest: number;
}

/**
 * planned: to be opened. ripe: open with nothing left to run or to judge, to be published or burnt. committing: to be
 * seen through. uncleared: burnt, and nobody has called it cleared, so its staging may still stand.
 */
export type StepWork = "planned" | "ripe" | "committing" | "uncleared";
export type Applied = "ok" | "stale";

export interface Store {
  /** Stable identity of this store: names the owner of hot folders and version claims. */
  storeId(): Promise<string>;

  // Admission
  /** All or each: one transaction for the batch. A live or done job with the same dedupe key answers `duplicate`. */
  submit(jobs: readonly NewJob[]): Promise<readonly SubmitResult[]>;
  /** The job that answers for a key, if it lives or is done. */
  findByKey(dedupeKey: string): Promise<JobId | null>;
  findByClaim(claimPath: string): Promise<DropRow | null>;
  drops(filter: { readonly open: true } | { readonly jobId: JobId }): Promise<readonly DropRow[]>;
  /** One transaction: where the manifests of a batch lie now. */
  fileDrops(filed: readonly { readonly id: number; readonly path: string }[]): Promise<void>;
  closeDrop(id: number): Promise<void>;
  /** Remembers an asset path's plate; true when it was new. */
  rememberAsset(pattern: string, path: string, identity: string): Promise<boolean>;
  knowsAsset(pattern: string, path: string, identity: string): Promise<boolean>;
  /** Whether the pattern's baseline was taken; `setBaseline` records all paths in one transaction. */
  hasBaseline(pattern: string): Promise<boolean>;
  setBaseline(pattern: string, plates: readonly { readonly path: string; readonly identity: string }[]): Promise<void>;

  // Versions
  /** Gives the step its version fence (once; the same answer ever after). */
  reserveVersion(stepId: StepId): Promise<Fence>;
  /** planned -> open; the step's blocked tasks become ready. */
  openVersion(
    stepId: StepId,
    fence: Fence,
    version: { readonly number: number; readonly stagingDir: string },
  ): Promise<Applied>;
  /** open -> committing, when every task is gated, failed or canceled, and one at least is committing. The decision. */
  beginPublish(stepId: StepId, fence: Fence, publication: NewPublication): Promise<Applied>;
  /** committing -> committed; its committing tasks become done. Idempotent. */
  endPublish(stepId: StepId, fence: Fence): Promise<"ok" | "stale" | "already">;
  /** A foreign v007 stood there: another number, and back to open so that it is staged under its new name. */
  renumber(stepId: StepId, fence: Fence, number: number): Promise<Applied>;
  /** planned, open -> burnt, when no task can be published. */
  burn(stepId: StepId, reason: string): Promise<Applied>;
  /** Steps to do something for: so many of each root, the highest priority first, then the oldest. */
  stepsToDo(what: StepWork, limitEach: number): Promise<readonly StepRow[]>;
  cleared(stepId: StepId): Promise<void>;
  /** The highest number that this store ever gave to a version in that product's folder; 0: none. */
  highestVersion(productDir: string): Promise<number>;
  /** Every product's folder that this store ever gave a number in, with the show of its newest job. */
  products(): Promise<readonly ProductRow[]>;
  step(id: StepId): Promise<StepRow | null>;

  // Execution
  /** What is ready, by heads: the highest priorities first, then the older heads; a few tasks of each. */
  heads(limits: { readonly heads: number; readonly tasksEach: number }): Promise<readonly HeadRow[]>;
  taskClass(id: number): Promise<TaskClass | null>;
  grant(taskId: TaskId, slot: SlotName, promptId: PromptId): Promise<Grant | null>;
  renew(grants: readonly FenceRef[]): Promise<{ readonly lost: readonly TaskId[] }>;
  /** running -> committing. */
  stage(ref: FenceRef, files: readonly StagedFile[], ran: Ran): Promise<Applied>;
  /** QC's word on a staged task: pass and hold stay committing, reject becomes failed (class qc). */
  inspected(ref: FenceRef, inspection: Inspection, gate: GateOutcome, holdUntil: number | null): Promise<Applied>;
  /**
   * QC's word on a wedge as a whole, over all that is staged of it, after each passed for itself: on all of `refs` or on none.
   * pass and hold stay committing, reject becomes failed (class qc). Only while the version is open; stale when they are not all.
   */
  inspectedWedge(
    refs: readonly FenceRef[],
    whole: WholeWord,
    gate: GateOutcome,
    holdUntil: number | null,
  ): Promise<Applied>;
  /**
   * QC refused a staged task, and its whole wedge is made again with the next seed, in one transaction with the record of the
   * try that ended: staged and refused tasks of the wedge become ready, those that wait begin with the new seed, and what
   * runs is never staged. `seed`: of the try that ended. Only while the version is open; stale when another task of the wedge
   * came first.
   */
  reseed(
    ref: FenceRef,
    ended: {
      readonly seed: string;
      readonly inspection: Inspection;
      /** The wedge as a whole was refused, and each result of it had passed. */
      readonly whole?: boolean;
    },
  ): Promise<Applied>;
  /** Tries of a step that were given up for another seed, by wedge and try. */
  seedTries(stepId: StepId): Promise<readonly SeedTry[]>;
  qcNotes(stepId: StepId, limitEach: number): Promise<QcNotes>;
  /**
   * Adds waivers for findings of a task whose version is open: held, or refused by QC. `release`: nothing else keeps it, and it
   * passes the gate; a refused one is staged again. Stale: another result, or the version is not open.
   */
  waive(ref: FenceRef, lines: readonly NewWaiver[], release: boolean): Promise<Applied>;
  /** Takes a waiver back while its version is open; a failure that it let pass is held until the given ms. */
  revokeWaiver(id: number, by: string, holdUntil: number): Promise<Applied>;
  /** Of a step, in the order in which they were given, those that were taken back too. */
  waivers(stepId: StepId): Promise<readonly Waiver[]>;
  /** A staged file turned out to be gone or changed: committing -> ready. */
  unstage(ref: FenceRef, why: string): Promise<Applied>;
  /** running -> failed, or -> deferred until `retryInMs` from now. `counts`: the attempt counts against the task. */
  fail(
    ref: FenceRef,
    failure: Failure,
    then: { readonly kind: "final" } | { readonly kind: "again"; readonly inMs: number; readonly counts: boolean },
  ): Promise<Applied>;
  /** running -> ready, no attempt used: `released` by choice, `lost` when it vanished. */
  giveBack(ref: FenceRef, how: "released" | "lost"): Promise<Applied>;
  /** deferred -> ready where due. Returns how many. */
  wakeDeferred(): Promise<number>;
  /** Ended leases: their tasks become ready, their attempts lost. */
  reap(): Promise<readonly TaskId[]>;
  running(): Promise<readonly TaskRow[]>;
  /** Staged tasks that QC has not seen, or whose hold ended. */
  uninspected(limit: number): Promise<readonly TaskRow[]>;
  /** Ends the holds of what only a plugin keeps that could not be loaded: it may be mended now. Returns how many. */
  endPluginHolds(): Promise<number>;
  /** How attempts of a task ended: for the retry policy. */
  history(taskId: TaskId): Promise<readonly AttemptRow[]>;
  /** The newest staged attempts of any task, oldest first: what estimates and shares are made from at a start. */
  observations(limit: number): Promise<readonly ObservationRow[]>;

  // People
  request(body: RequestBody): Promise<number>;
  openRequests(limit: number): Promise<readonly RequestRow[]>;
  requestRow(id: number): Promise<RequestRow | null>;
  settleRequest(id: number, state: "done" | "refused", answer: string): Promise<void>;
  /** Cancels all that has not ended; returns the grants whose prompts must be stopped. Not once publication began. */
  cancelJob(jobId: JobId, by: string): Promise<{ readonly applied: Applied; readonly running: readonly TaskRow[] }>;
  /** failed and canceled tasks of uncommitted, unburnt versions become ready again. */
  retryJob(jobId: JobId, by: string): Promise<{ readonly applied: Applied; readonly tasks: number }>;

  /**
   * Takes a key for one request, or says who has it. Kept over a restart, bounded in number and age. `answer` null: the
   * request has not been answered.
   */
  takeKey(key: string, print: string): Promise<KeyRow | "taken">;
  /** null: it failed, and its key is free again. */
  answerKey(key: string, answer: string | null): Promise<void>;

  // Reading
  job(id: JobId): Promise<JobRow | null>;
  /** Unique id prefixes are accepted by the callers; newest first. */
  jobs(filter: {
    readonly limit: number;
    readonly state?: JobState;
    readonly show?: string;
    readonly idPrefix?: string;
    /** Only jobs older than this one; a job that is not there: none. */
    readonly before?: JobId;
  }): Promise<readonly JobRow[]>;
  /** By wedge, then frame. */
  tasks(
    stepId: StepId,
    filter?: {
      readonly states?: readonly TaskState[];
      /** Only of this wedge. */
      readonly wedge?: number;
      readonly limit?: number;
      readonly after?: Pick<TaskRow, "wedge" | "frame">;
    },
  ): Promise<readonly TaskRow[]>;
  task(id: TaskId): Promise<TaskRow | null>;
  wedge(stepId: StepId, index: number): Promise<WedgePlan | null>;
  /** Ready tasks before a task: of its own head, and of all by priority and age. */
  ahead(taskId: TaskId): Promise<{ readonly alike: number; readonly all: number }>;
  events(afterSeq: number, limit: number, jobId?: JobId): Promise<readonly StoredEvent[]>;
  /** Jobs touched since a sequence number: whose answers must be written again. */
  jobsTouchedSince(seq: number, limit: number): Promise<{ readonly jobs: readonly JobId[]; readonly seq: number }>;
  /** An event that belongs to no other change (slot up, folder down). */
  note(name: EventName, jobId: JobId | null, fields: EventFields): Promise<void>;
  close(): Promise<void>;
}
