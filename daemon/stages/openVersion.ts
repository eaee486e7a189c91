/**
 * The first half of stage 7: a version gets its number and its staging directory before any GPU works for it, so that a
 * destination that can't be written is found out first. The number is claimed by exclusive creation of
 * `.hotplate/claims/v007.json` (a link of a complete record, then read back) and stays claimed for ever.
 */
import type { Fence } from "../domain/ids.ts";
import { versionName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath, rootOf } from "../domain/paths.ts";
import { claimText, isOurClaim } from "../domain/version.ts";
import { ignore, makeDirs, publishFile } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { StepRow } from "../storePort.ts";
import { laneOf } from "./lanes.ts";
import { stepTrouble, stepWell } from "./stepTrouble.ts";

export function attemptsDir(stagingDir: string): string {
  return joinPath(stagingDir, "attempts");
}

/** The fence names it; asked again it is the same one. */
export function stagingDirOf(step: Pick<StepRow, "plan" | "jobId">, fence: Fence): string {
  return joinPath(step.plan.target.productDir, ".hotplate/staging", `${step.jobId}-${fence}`);
}

export async function startOpening(context: StageContext, step: StepRow): Promise<void> {
  const lane = laneOf(context, step.plan.target.productDir, "output");
  const key = `open:${step.id}`;
  if (!context.work.free(lane, key)) return;
  const fence = await context.world.store.reserveVersion(step.id);
  context.work.start({
    key,
    lane,
    run: async () => {
      const stagingDir = stagingDirOf(step, fence);
      await prepare(context, step, stagingDir);
      const number = await claimNumber(context, step, { fence, above: 0 });
      return { number, stagingDir };
    },
    done: async (outcome) => {
      if (!outcome.ok) {
        await stepTrouble(context, step, outcome.error);
        return;
      }
      stepWell(context, step);
      await context.world.store.openVersion(step.id, fence, outcome.value);
      context.world.log.event("info", "version.claimed", {
        product: step.plan.target.product,
        version: versionName(outcome.value.number),
        job: step.jobId,
      });
    },
  });
}

async function prepare(context: StageContext, step: StepRow, stagingDir: string): Promise<void> {
  const { files } = context;
  const { productDir } = step.plan.target;
  const root = rootOf(productDir, context.world.config.roots)?.linux ?? productDir;
  await makeDirs(files, root, joinPath(productDir, ".hotplate/claims"));
  await makeDirs(files, productDir, attemptsDir(stagingDir));
}

/**
 * The next number above every claim, every version directory and `above`; or the one that the life before claimed for this
 * very step. Two nodes that race for a number both see one winner: by content, not by error code.
 */
export async function claimNumber(
  context: StageContext,
  step: StepRow,
  from: { readonly fence: Fence; readonly above: number },
): Promise<number> {
  const { files, world, options } = context;
  const { productDir, product } = step.plan.target;
  const dir = joinPath(productDir, ".hotplate/claims");
  const store = await world.store.storeId();
  const unique = `${step.jobId}-${from.fence}`;
  const entries = await files.list(dir, LIMITS.productVersionsMax);
  // Left by a life that was killed between writing the record and taking its temporary name away.
  for (const { name } of entries)
    if (name.startsWith(`.hotplate-tmp.${unique}.`)) await files.unlink(joinPath(dir, name)).catch(ignore("ENOENT"));
  const claimed = numbersIn(entries, CLAIM_NAME);
  const present = numbersIn(await files.list(productDir, LIMITS.productVersionsMax), VERSION_NAME);
  // A step that had no fence until now has claimed nothing yet; only one that was tried before may find its own record.
  const tried = step.fence !== null ? claimed.slice(0, LIMITS.claimsReadMax) : [];
  for (const number of tried) {
    if (number <= from.above) break;
    const bytes = await files
      .read(joinPath(dir, `${versionName(number)}.json`), LIMITS.claimBytesMax)
      .catch(ignore("ENOENT", "EINVAL", "EFBIG", "ELOOP"));
    // What is no file of ours under a claim's name is somebody's, and its number is spent.
    if (bytes === undefined || !isOurClaim(new TextDecoder().decode(bytes), { step: step.id, store })) continue;
    // Claimed before, by a call that died or failed before its fsync: the number counts only when its record will stay.
    await files.syncDir(dir);
    return number;
  }
  // Whoever deletes a product with its claims does not give its numbers back: the store remembers them too.
  const remembered = await world.store.highestVersion(productDir);
  let number = Math.max(claimed[0] ?? 0, present[0] ?? 0, remembered, from.above) + 1;
  for (let tries = 0; tries < LIMITS.claimTriesMax; tries += 1) {
    const record = claimText({
      version: number,
      product,
      job: step.jobId,
      step: step.id,
      store,
      node: options.node,
      fence: from.fence,
    });
    const outcome = await publishFile(files, joinPath(dir, `${versionName(number)}.json`), record, unique);
    if (outcome !== "taken") return number;
    // Others are faster: where they are by now, not one further than we were.
    const now = numbersIn(await files.list(dir, LIMITS.productVersionsMax), CLAIM_NAME);
    number = Math.max(now[0] ?? 0, number) + 1;
  }
  throw Object.assign(new Error(`no free version number after ${LIMITS.claimTriesMax} tries`), { code: "EEXIST" });
}

/** Of any case: some shares do not tell V007 from v007. */
const VERSION_NAME = /^v(\d{1,9})$/i;
const CLAIM_NAME = /^v(\d{1,9})\.json$/i;

/** Descending. */
function numbersIn(entries: readonly { readonly name: string }[], pattern: RegExp): readonly number[] {
  return entries
    .flatMap((entry) => {
      const match = pattern.exec(entry.name);
      return match?.[1] === undefined ? [] : [Number.parseInt(match[1], 10)];
    })
    .sort((a, b) => b - a);
}
