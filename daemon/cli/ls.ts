/** `hotplate ls [jobs|versions|folders|slots]`. */
import { HotplateError } from "../domain/errors.ts";
import { JOB_STATES } from "../domain/job.ts";
import { LIMITS } from "../domain/limits.ts";
import type { JobState } from "../domain/job.ts";
import type { FolderView, SlotView } from "../domain/nodeView.ts";
import { jobView, versionView } from "../http/views.ts";
import type { Context } from "./context.ts";
import { table, wholeNumber } from "./context.ts";
import { gpuWords } from "./gpuWords.ts";
import { withStore } from "./storeReader.ts";

export async function action(
  context: Context,
  [what = "jobs"]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  switch (what) {
    case "jobs":
      return listJobs(context, options);
    case "versions":
      return listVersions(context, options);
    case "folders":
    case "slots":
      return listLive(context, what);
    default:
      throw new HotplateError("HP-USAGE", `ls knows jobs, versions, folders and slots, not "${what}".`);
  }
}

function filterOf(options: Readonly<Record<string, unknown>>): { limit: number; state?: JobState; show?: string } {
  const state = JOB_STATES.find((known) => known === options["state"]);
  if (options["state"] !== undefined && state === undefined)
    throw new HotplateError(
      "HP-USAGE",
      `--state ${JSON.stringify(options["state"])} is no state. Known: ${JOB_STATES.join(", ")}.`,
    );
  return {
    limit: wholeNumber(options["limit"], "--limit", { min: 1, max: LIMITS.logLinesMax }),
    ...(state === undefined ? {} : { state }),
    ...(typeof options["show"] === "string" ? { show: options["show"] } : {}),
  };
}

async function listJobs(context: Context, options: Readonly<Record<string, unknown>>): Promise<void> {
  const filter = filterOf(options);
  const jobs = await withStore(context, async (store) => (await store.jobs(filter)).map(jobView));
  context.print({ jobs }, () => {
    if (jobs.length === 0) return "No jobs.";
    const rows = jobs.map((job) => {
      const total = Object.values(job.counts).reduce((sum, n) => sum + n, 0);
      return [
        job.id,
        job.state,
        `${job.counts.done + job.counts.committing}/${total}`,
        // A task may be several frames.
        String(job.steps.reduce((sum, step) => sum + step.wedges * step.frames, 0)),
        job.show,
        job.steps[0]?.version ?? "-",
        job.name,
      ];
    });
    return table([["JOB", "STATE", "TASKS", "FRAMES", "SHOW", "VERSION", "NAME"], ...rows]);
  });
}

async function listVersions(context: Context, options: Readonly<Record<string, unknown>>): Promise<void> {
  const filter = filterOf(options);
  const versions = await withStore(context, async (store) =>
    (await store.jobs({ ...filter, state: "done" })).flatMap((job) => job.steps.map((step) => versionView(job, step))),
  );
  context.print({ versions }, () =>
    versions.length === 0
      ? "No versions."
      : table([
          ["SHOT", "PRODUCT", "VERSION", "JOB", "PATH"],
          ...versions.map((v) => [v.shot, v.product, v.version ?? "-", v.job, v.path ?? "-"]),
        ]),
  );
}

/** What keeps work off it, in order of cause, and what is worth knowing. */
function whyOf(slot: SlotView): string {
  const blocks = slot.blocks.map(
    ({ message, action }) => `${message}${action === null ? "" : ` (do this: ${action})`}`,
  );
  // While supervision restarts it, that is why it does not answer: said once.
  const reason = slot.blocks.some((block) => block.message === slot.reason) ? null : slot.reason;
  const packs = slot.packs.length === 0 ? null : `node packs that could not be loaded: ${slot.packs.join(", ")}`;
  const lacks = slot.lacks.length === 0 ? null : `it can't run ${slot.lacks.join(", ")}`;
  return [...blocks, reason, slot.gpu.mismatch, packs, lacks, ...slot.drift].filter((why) => why !== null).join("; ");
}

const STATES: Readonly<Record<string, string>> = {
  "HP-SLOT-STARTING": "starting",
  "HP-SLOT-RESTARTING": "restarting",
  "HP-SLOT-QUARANTINED": "quarantined",
};

function stateOf(slot: SlotView): string {
  const named = slot.blocks.map((block) => STATES[block.code]).find((state) => state !== undefined);
  // It answers and gets nothing new.
  return named ?? (slot.state === "up" && slot.blocks.length > 0 ? "drained" : slot.state);
}

async function listLive(context: Context, what: "folders" | "slots"): Promise<void> {
  const node = (await context.api("GET", "/v1/node")) as { folders: FolderView[]; slots: SlotView[] };
  if (what === "slots") {
    context.print({ slots: node.slots }, () =>
      table([
        ["SLOT", "STATE", "VERSION", "TASKS", "GPU", "URL", "WHY"],
        ...node.slots.map((s) => [
          s.name,
          stateOf(s),
          s.version ?? "-",
          String(s.tasks.length),
          gpuWords(s.gpu),
          s.url,
          whyOf(s),
        ]),
      ]),
    );
    return;
  }
  context.print({ folders: node.folders }, () =>
    table([
      ["FOLDER", "STATE", "WAITING", "IGNORED", "WHY"],
      ...node.folders.map((f) => [
        f.path,
        f.state,
        String(f.waiting),
        Object.entries(f.ignored)
          .map(([reason, n]) => `${n} ${reason}`)
          .join(", "),
        f.reason ?? "",
      ]),
    ]),
  );
}
