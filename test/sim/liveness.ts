/** Liveness: what must have become true when the faults are over and time went on. Each line of `unmet` is a promise open. */
import { chunkFrames, sharesOf } from "../../daemon/domain/chunks.ts";
import { bindGraph } from "../../daemon/domain/graph.ts";
import type { StepPlan, WedgePlan } from "../../daemon/domain/plan.ts";
import { triedPlan, tryOfTasks } from "../../daemon/domain/seedRetry.ts";
import type { JobRow, Store } from "../../daemon/storePort.ts";
import type { SimComfy } from "./comfy.ts";
import type { SimDisk } from "./disk.ts";
import { sha256Of } from "./disk.ts";
import { feedOf } from "./images.ts";
import { BLACK, decodeImage } from "./simImage.ts";
import type { Done } from "./people.ts";
import { rendersOf, SIM_RECIPE, SIM_RECIPES } from "./recipes.ts";
import type { Scenario } from "./scenario.ts";
import { FAR, FAR_HOT, HOT, plateOf, SHOT } from "./scenario.ts";

export interface Living {
  readonly disk: SimDisk;
  readonly store: Store;
  readonly slots: ReadonlyMap<string, SimComfy>;
  readonly scenario: Scenario;
  readonly people: readonly Done[];
  /** Tasks may have failed for good: ComfyUI misbehaved. */
  readonly lossesAllowed: boolean;
}

export async function unmet(at: Living): Promise<readonly string[]> {
  const out: string[] = [];
  for (const done of at.people) {
    const open = answerUnmet(at, done);
    if (open !== null) out.push(open);
  }
  const jobs = await at.store.jobs({ limit: 1_000 });
  if (jobs.length !== at.scenario.jobs) out.push(`${jobs.length} jobs, ${at.scenario.jobs} manifests to do`);
  for (const job of jobs)
    out.push(
      ...jobUnmet(at, job),
      ...(await quarantineUnmet(at, job)),
      ...(await filingUnmet(at, job)),
      ...(await halvesUnmet(at, job)),
    );
  for (const slot of at.slots.values()) {
    if (slot.state !== "up") out.push(`slot ${slot.name} is ${slot.state}`);
    if (slot.unfinished().length > 0) out.push(`slot ${slot.name} still holds ${slot.unfinished().length} prompts`);
  }
  out.push(...leftovers(at));
  return out;
}

/** Files of ours that nobody needs any more. */
function leftovers(at: Living): readonly string[] {
  const out: string[] = [];
  for (const folder of [HOT, FAR_HOT]) {
    for (const path of at.disk.walk(`${folder}/.hotplate/claimed`, "seen").keys())
      out.push(`claimed and never moved on: ${path}`);
  }
  for (const [name, node] of at.disk.peek(SHOT)?.entries ?? []) {
    const staging = node.entries.get(".hotplate")?.entries.get("staging");
    for (const left of staging?.entries.keys() ?? []) out.push(`staging is left: ${name}/.hotplate/staging/${left}`);
    for (const [version, dir] of node.entries)
      if (/^v\d+$/.test(version) && dir.entries.size === 0) out.push(`an empty version stands: ${name}/${version}`);
  }
  return out;
}

/** Temporary files that a crash left; they hurt nobody and are swept later. */
export function temporaries(disk: SimDisk): readonly string[] {
  return ["/farm", FAR].flatMap((root) =>
    [...disk.walk(root, "seen").keys()].filter((path) => path.includes("/.hotplate-tmp.")),
  );
}

export function answerOf(disk: SimDisk, folder: string, name: string): string | null {
  for (const suffix of ["ERROR.txt", "STATUS.txt"]) {
    const node = disk.peek(`${folder}/${name}.${suffix}`);
    if (node !== null) return new TextDecoder().decode(node.data);
  }
  return null;
}

function answerUnmet(at: Living, { act, completeAt }: Done): string | null {
  if (completeAt === null) return `${act.name} is still being dropped`;
  const answer = answerOf(at.disk, act.folder, act.name);
  const said = answer?.split("\n")[0] ?? "nothing";
  const open = (wanted: string): string => `${act.folder}/${act.name} (${act.end}): says "${said}", wanted ${wanted}`;
  switch (act.end) {
    case "published":
      return /^(DONE|ALREADY)/.test(said) || (at.lossesAllowed && said.startsWith("FAILED")) ? null : open("DONE");
    case "duplicate":
      return /^(ALREADY DONE HERE|DONE)/.test(said) || (at.lossesAllowed && said.startsWith("FAILED"))
        ? null
        : open("ALREADY DONE HERE");
    case "rejected":
      return said.startsWith("REJECTED") ? null : open("REJECTED");
    case "waits":
      return said.startsWith("ACCEPTED") ? null : open("ACCEPTED");
    case "gone":
      return null;
  }
}

function jobUnmet(at: Living, job: JobRow): readonly string[] {
  if (job.source.folder === FAR_HOT)
    return job.state === "waiting" ? [] : [`${job.id} on a root without a demo's mark is ${job.state}`];
  const out: string[] = [];
  const ended = job.state === "done" || (at.lossesAllowed && job.state === "failed");
  if (!ended)
    out.push(
      `job ${job.id} (${job.source.name}) is ${job.state}: ${JSON.stringify(job.counts)}, ${job.steps.map((step) => step.state).join(" ")}`,
    );
  for (const step of job.steps) {
    if (step.state !== "committed" || step.version === null) continue;
    const name = `${step.plan.target.product}_v${String(step.version).padStart(3, "0")}`;
    for (const paper of [`${name}_contact.jpg`, `${name}_qc.html`, `${name}_qc.junit.xml`, `${name}_qc.sarif`]) {
      if (at.disk.peek(`${step.plan.target.reviewDir}/${name}/${paper}`) === null) out.push(`no ${paper} for people`);
    }
  }
  const { claimPath } = job.source;
  if (claimPath !== null && at.disk.peek(claimPath) !== null)
    out.push(`the manifest of ${job.id} still lies in ${claimPath}`);
  return out;
}

/** Nothing that QC refused is thrown away: it lies in quarantine with the reason beside it. */
async function quarantineUnmet(at: Living, job: JobRow): Promise<readonly string[]> {
  const out: string[] = [];
  for (const step of job.steps) {
    if ((step.state !== "committed" && step.state !== "burnt") || step.version === null) continue;
    const home = `${step.plan.target.productDir}/.hotplate/quarantine/v${String(step.version).padStart(3, "0")}`;
    const failed = await at.store.tasks(step.id, { states: ["failed"] });
    const tries = await at.store.seedTries(step.id);
    for (const { wedge, path, sha256 } of [
      ...failed.flatMap((task) => task.staged.map((file) => ({ ...file, wedge: task.wedge }))),
      ...tries.flatMap(({ wedge, results }) => results.map((result) => ({ ...result, wedge }))),
    ]) {
      const kept = `${home}/w${String(wedge).padStart(3, "0")}/${path.slice(path.lastIndexOf("/") + 1)}`;
      const file = at.disk.peek(kept);
      if (file === null || sha256Of(file.data) !== sha256) out.push(`not in quarantine: ${kept}`);
      const why = new TextDecoder().decode(at.disk.peek(`${kept}.reason.txt`)?.data);
      if (!why.endsWith("\n")) out.push(`no reason beside ${kept}: "${why}"`);
    }
  }
  return out;
}

/** A wedge that was refused as a whole is in no version, not in part either. */
async function halvesUnmet(at: Living, job: JobRow): Promise<readonly string[]> {
  const out: string[] = [];
  for (const step of job.steps) {
    const tasks = await at.store.tasks(step.id);
    const refused = new Set(
      tasks.flatMap(({ state, wedge, inspection }) =>
        state === "failed" && inspection?.whole !== undefined ? wedge : [],
      ),
    );
    for (const { id, wedge, state } of tasks)
      if (refused.has(wedge) && state !== "failed") out.push(`${id} is ${state}, and its wedge was refused as a whole`);
    for (const wedge of refused) {
      const dir = `${step.publication?.targetPath ?? ""}/w${String(wedge).padStart(3, "0")}`;
      if (step.publication !== null && at.disk.peek(dir) !== null) out.push(`${dir} is of a wedge that was refused`);
    }
  }
  return out;
}

/** Where the store says that a manifest lies, that very manifest lies, and no other drop's. */
async function filingUnmet(at: Living, job: JobRow): Promise<readonly string[]> {
  const drops = await at.store.drops({ jobId: job.id });
  return drops.flatMap((drop) => {
    const twin = drops.find(
      (other) => other.id !== drop.id && other.filedAt !== null && other.filedAt === drop.filedAt,
    );
    if (drop.filedAt === null) return [`the manifest of drop ${drop.id} is filed nowhere`];
    if (at.disk.peek(drop.filedAt) === null) return [`the manifest of drop ${drop.id} is not at ${drop.filedAt}`];
    return twin === undefined ? [] : [`drops ${drop.id} and ${twin.id} are both filed as ${drop.filedAt}`];
  });
}

/** The job with the seeds that its wedges were made with. */
export async function asItWasMade(store: Store, job: JobRow): Promise<JobRow> {
  const steps = await Promise.all(
    job.steps.map(async (step) => ({
      ...step,
      plan: triedPlan(step.plan, tryOfTasks(await store.tasks(step.id))),
    })),
  );
  return { ...job, steps };
}

/** The published pictures are those of their wedge and frame; throws with the first that is not. */
export function checkPictures(disk: SimDisk, job: JobRow): number {
  let looked = 0;
  for (const step of job.steps) {
    if (step.state !== "committed" || step.publication === null) continue;
    for (const wedge of step.plan.wedges) {
      for (const frame of step.plan.frames) {
        const swept = step.plan.wedges.length > 1;
        const w = `w${String(wedge.index).padStart(3, "0")}`;
        const v = `v${String(step.version).padStart(3, "0")}`;
        const file = `${step.plan.target.name}_${step.plan.target.product}_${v}${swept ? `_${w}` : ""}.${frame}.png`;
        const path = `${step.publication.targetPath}/${swept ? `${w}/` : ""}${file}`;
        const node = disk.peek(path);
        if (node === null) {
          if (step.counts.failed + step.counts.canceled > 0) continue;
          throw new Error(`no ${path}`);
        }
        const whole = step.counts.failed + step.counts.canceled === 0;
        const may = picturesOf(step.plan, { wedge, frame, whole });
        // What is held may be let through black.
        const held = step.plan.qc.gate === "hold" ? may.map((body) => `${BLACK}${body}`) : [];
        if (![...may, ...held].includes(decodeImage(node.data)?.body ?? ""))
          throw new Error(`${path} is not the picture of ${w}, frame ${frame}`);
        looked += 1;
      }
    }
  }
  return looked;
}

/** What a published frame may show: the picture, or a blend of two chunks'; where a chunk is missing, one of theirs. */
function picturesOf(
  plan: StepPlan,
  of: { readonly wedge: WedgePlan; readonly frame: number | null; readonly whole: boolean },
): readonly string[] {
  const recipe = SIM_RECIPES.find(({ file }) => file.name === plan.recipe.name) ?? SIM_RECIPE;
  const shares = sharesOf(plan).get(of.frame) ?? [];
  const bodies = shares.map(({ first }) => {
    const fed = chunkFrames(plan, first);
    const feds = fed.map((frame) => feedOf(plateOf(frame ?? 0)));
    const graph = bindGraph(recipe, {
      parameters: of.wedge.parameters,
      plateInput: "x.png",
      plateMore: fed.slice(1).map((_, index) => `x${index}.png`),
      frameCount: fed.length,
      images: {},
      plateWidth: feds[0]?.width ?? 0,
      plateHeight: feds[0]?.height ?? 0,
      prefix: "x",
    });
    return rendersOf(graph, feds)[fed.indexOf(of.frame)]?.body ?? "";
  });
  const [earlier = "", later] = bodies;
  if (later === undefined) return bodies;
  const blend = `blend of ${earlier} and ${later} by ${(shares[1]?.weight ?? 0).toFixed(4)}`;
  return of.whole ? [blend] : [blend, ...bodies];
}
