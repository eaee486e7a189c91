/** What retention must know before it takes anything: what is decided, what is made of what, and what each was made with. */
import { z } from "zod";
import { standing } from "./domain/approvals.ts";
import type { StepId } from "./domain/ids.ts";
import { versionName } from "./domain/ids.ts";
import { isJobEnded } from "./domain/job.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { Kept, RetentionRules } from "./domain/retention.ts";
import { retentionRules } from "./domain/retention.ts";
import { readApprovals } from "./approvalLog.ts";
import { ignore } from "./durable.ts";
import { isProduct, latestVersion, versionNumbers } from "./productVersions.ts";
import type { Collectable, RetentionWorld } from "./retention.ts";
import type { JobRow } from "./storePort.ts";

/** Reasons that are stronger than age. */
export async function keptOf(world: RetentionWorld, productDir: string): Promise<Kept> {
  const log = await readApprovals(world, productDir);
  return {
    standing: standing(log.lines),
    latest: (await latestVersion(world, productDir))?.number ?? null,
    referenced: new Map([...(await derivedVersions(world, productDir)), ...(await livingJobs(world, productDir))]),
  };
}

const derivedSchema = z.looseObject({
  ref: z.string().optional(),
  derivedFrom: z.array(z.looseObject({ ref: z.string() })),
});

/**
 * Versions whose record says that they are made of this product. Looked for in every product that this node knows and in
 * those beside this one. A reference names show, shot and product: the shot and the product are compared, the show is not,
 * for keeping too much is no harm. The shot is the folder's name, and what the show's templates call it: a plate's source is
 * named by the first, a version that was made again by the second, as its own record has it.
 */
async function derivedVersions(world: RetentionWorld, productDir: string): Promise<readonly [string, string][]> {
  const ends = new Set([
    `${encodeURIComponent(baseName(parentDir(productDir)))}/${encodeURIComponent(baseName(productDir))}`,
  ]);
  const found: { readonly ref: string; readonly by: string }[] = [];
  for (const other of await productsAround(world, productDir)) {
    for (const number of await versionNumbers(world.files, other)) {
      const path = joinPath(other, versionName(number), ".hotplate/asset.json");
      const bytes = await world.files.read(path, LIMITS.assetBytesMax).catch(ignore("ENOENT", "ENOTDIR"));
      const parsed = derivedSchema.safeParse(bytes === undefined ? null : jsonOf(bytes));
      if (!parsed.success) continue;
      const own = other === productDir && parsed.data.ref !== undefined ? partsOf(parsed.data.ref) : null;
      if (own !== null) ends.add(own.product);
      for (const { ref } of parsed.data.derivedFrom)
        found.push({ ref, by: `${baseName(other)} ${versionName(number)}` });
    }
  }
  return found.flatMap(({ ref, by }): [string, string][] => {
    const parts = partsOf(ref);
    return parts !== null && ends.has(parts.product) ? [[parts.subject, by]] : [];
  });
}

/** `hotplate://SHOW/SHOT/PRODUCT/v007/w032`: `SHOT/PRODUCT` and `v007/w032`; null: no reference of ours. */
function partsOf(ref: string): { readonly product: string; readonly subject: string } | null {
  const [, shot, product, ...subject] = ref.replace(/^hotplate:\/\//, "").split("/");
  if (shot === undefined || product === undefined || subject.length === 0) return null;
  return { product: `${shot}/${product}`, subject: subject.join("/") };
}

async function productsAround(world: RetentionWorld, productDir: string): Promise<readonly string[]> {
  const dirs = new Set((await world.store.products()).map((row) => row.dir));
  const shot = parentDir(productDir);
  const beside = await world.files.list(shot, LIMITS.hotFolderEntriesMax).catch(ignore("ENOENT"));
  for (const { name, kind } of beside ?? [])
    if (kind === "directory" && (await isProduct(world.files, joinPath(shot, name)))) dirs.add(joinPath(shot, name));
  return [...dirs];
}

/** Jobs that have not ended and whose plate is one of its versions. */
async function livingJobs(world: RetentionWorld, productDir: string): Promise<readonly [string, string][]> {
  const out: [string, string][] = [];
  let before: JobRow["id"] | undefined;
  for (;;) {
    const jobs = await world.store.jobs({ limit: LIMITS.httpPageMax, ...(before === undefined ? {} : { before }) });
    for (const job of jobs) {
      if (isJobEnded(job.state)) continue;
      for (const { plan } of job.steps)
        if (plan.plate?.source?.productDir === productDir) out.push([plan.plate.source.subject, `job ${job.id}`]);
    }
    before = jobs.at(-1)?.id;
    if (jobs.length < LIMITS.httpPageMax || before === undefined) return out;
  }
}

const claimSchema = z.looseObject({ step: z.string() });

/** The step that had the number, by its claim; null: nobody here knows it. */
async function stepOf(world: RetentionWorld, productDir: string, number: number) {
  const path = joinPath(productDir, ".hotplate/claims", `${versionName(number)}.json`);
  const bytes = await world.files.read(path, LIMITS.claimBytesMax).catch(ignore("ENOENT", "EINVAL"));
  const claim = claimSchema.safeParse(bytes === undefined ? null : jsonOf(bytes));
  return claim.success ? world.store.step(claim.data.step as StepId) : null;
}

export async function rulesOf(world: RetentionWorld, productDir: string, number: number): Promise<RetentionRules> {
  const step = await stepOf(world, productDir, number);
  return retentionRules(world.config.retention, step?.plan.retention);
}

const wedgesSchema = z.looseObject({ wedges: z.array(z.looseObject({ wedge: z.string() })) });

/** Enough to make the pixels again: parameters and seed as wedges.json has them, or as the store planned them. */
export async function madeWith(world: RetentionWorld, item: Collectable): Promise<unknown> {
  const [version = "", wedge] = item.subject.split("/");
  const dir = joinPath(item.productDir, version);
  const bytes = await world.files
    .read(joinPath(dir, "wedges.json"), LIMITS.commitBytesMax)
    .catch(ignore("ENOENT", "ENOTDIR"));
  const parsed = wedgesSchema.safeParse(bytes === undefined ? null : jsonOf(bytes));
  if (parsed.success) {
    const wedges = wedge === undefined ? parsed.data.wedges : parsed.data.wedges.filter((one) => one.wedge === wedge);
    return { wedges, record: `${version}/.hotplate/asset.json`, graph: `${version}/.hotplate/graph.api.json` };
  }
  const step = await stepOf(world, item.productDir, Number(version.slice(1)));
  if (step === null) return null;
  const planned = wedge === undefined ? null : await world.store.wedge(step.id, Number(wedge.slice(1)));
  const { recipe, plate, frames } = step.plan;
  return {
    job: step.jobId,
    recipe,
    plate: plate?.pattern ?? null,
    plateDir: plate?.dir ?? null,
    frames,
    wedges: [planned],
  };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Nothing that we wrote.
    return null;
  }
}
