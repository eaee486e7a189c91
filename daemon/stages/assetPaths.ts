/**
 * Asset paths: bound globs of plate versions, listed on an interval, no watcher on asset trees. What is there at the first
 * start is a baseline, not work (`backfill: true` opts in); after that a new, complete plate version triggers its recipe
 * once. Complete: a marker file, or contiguous frames and a quiet time.
 *
 * Must never write in an asset tree, or take a plate for complete because its folder has been looked at once.
 */
import type { AssetPathConfig } from "../domain/config.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { baseName } from "../domain/paths.ts";
import type { Stage, StageContext } from "../live.ts";
import type { PlanOutcome } from "../planManifest.ts";
import { planPlate } from "../planManifest.ts";
import { laneOf } from "./lanes.ts";
import { plateLook } from "./plateLook.ts";
import { planWorld } from "./planWorld.ts";
import { tell } from "./tell.ts";

interface Watched {
  readonly config: AssetPathConfig;
  nextListAt: number;
  /** Plate directory -> what it looked like, since when, and what it was refused or made to wait for while it looked so. */
  readonly seen: Map<string, { readonly look: string; readonly since: number; said: string | null }>;
  /** Complete, to be planned one after the other: by path, in order of finding. */
  readonly ready: Map<string, Found>;
  lastListedAt: number | null;
  down: string | null;
  /** More matches than are looked at: told while the path is up. */
  truncated: boolean;
}

interface Found {
  readonly path: string;
  readonly identity: string;
  /** Digest over its files; null at the baseline, where nothing is looked into. */
  readonly look: string | null;
  readonly marked: boolean;
}

export function createAssetPaths(context: StageContext): Stage {
  const watched = context.world.config.assetPaths.map(
    (config): Watched => ({
      config,
      nextListAt: 0,
      seen: new Map(),
      ready: new Map(),
      lastListedAt: null,
      down: null,
      truncated: false,
    }),
  );
  return {
    name: "assetPaths",
    async tick() {
      const now = context.world.clock.now();
      for (const one of watched) {
        if (now >= one.nextListAt) startListing(context, one);
        for (const plate of one.ready.values()) if (!startPlanning(context, one, plate)) break;
        publishView(context, one);
      }
    },
  };
}

function startListing(context: StageContext, one: Watched): void {
  const { config } = one;
  context.work.start<readonly Found[]>({
    key: `assets:${config.glob}`,
    lane: laneOf(context, config.glob, "intake"),
    run: () => find(context, one),
    done: async (outcome) => {
      const now = context.world.clock.now();
      // While something settles, it is looked at more often than the long interval.
      one.nextListAt =
        now + (one.seen.size > 0 ? Math.min(config.listIntervalMs, LIMITS.plateQuietMs) : config.listIntervalMs);
      if (!outcome.ok) {
        one.down = `${systemCode(outcome.error) ?? "error"}: ${messageOf(outcome.error)}`;
        return;
      }
      one.down = null;
      one.lastListedAt = now;
      await take(context, one, outcome.value);
    },
  });
}

async function find(context: StageContext, one: Watched): Promise<readonly Found[]> {
  const { files, world } = context;
  const { config } = one;
  const { paths, truncated } = await files.glob(config.glob, LIMITS.assetPathMatchesMax);
  if (truncated && !one.truncated)
    world.log.event("warn", "work.failed", {
      work: "asset path",
      glob: config.glob,
      reason: `more than ${LIMITS.assetPathMatchesMax} matches; the rest is not looked at`,
    });
  one.truncated = truncated;
  const baseline = !(await world.store.hasBaseline(config.glob)) && !config.backfill;
  const out: Found[] = [];
  for (const found of paths) {
    const path = found.replace(/\/+$/, "");
    try {
      const stat = await files.stat(path);
      const identity = `${stat.dev}:${stat.ino}`;
      if (baseline) out.push({ path, identity, look: null, marked: false });
      else if (!(await world.store.knowsAsset(config.glob, path, identity))) {
        const { look, top } = await plateLook(context, path);
        out.push({ path, identity, look, marked: config.marker !== undefined && top.has(config.marker) });
      }
    } catch (error) {
      // Removed while it was looked at; one that may not be read is no reason to stop for the others.
      const code = systemCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EACCES" && code !== "EPERM") throw error;
    }
  }
  return out;
}

async function take(context: StageContext, one: Watched, found: readonly Found[]): Promise<void> {
  const { store, clock } = context.world;
  const { config } = one;
  if (!(await store.hasBaseline(config.glob))) {
    await store.setBaseline(config.glob, config.backfill ? [] : found);
    if (!config.backfill) return;
  }
  const now = clock.now();
  const there = new Set(found.map((plate) => plate.path));
  for (const path of one.seen.keys()) if (!there.has(path)) one.seen.delete(path);
  for (const plate of found) {
    const before = one.seen.get(plate.path);
    if (before === undefined || before.look !== plate.look) {
      one.seen.set(plate.path, { look: plate.look ?? "", since: now, said: null });
      if (!plate.marked) continue;
    }
    // Refused, or not whole, and nothing has changed in it since.
    else if (before.said !== null) continue;
    const quiet = before !== undefined && before.look === plate.look && now - before.since >= config.quietMs;
    if (plate.marked || (config.marker === undefined && quiet)) one.ready.set(plate.path, plate);
  }
  context.wake();
}

function startPlanning(context: StageContext, one: Watched, plate: Found): boolean {
  const { config } = one;
  return context.work.start({
    key: `asset:${plate.path}`,
    lane: laneOf(context, plate.path, "output"),
    run: () =>
      planPlate(planWorld(context), {
        path: plate.path,
        show: config.show,
        recipe: config.recipe,
        marker: config.marker ?? null,
      }),
    done: async (outcome) => {
      one.ready.delete(plate.path);
      if (outcome.ok) await decide(context, one, { plate, outcome: outcome.value });
      else one.down = `${systemCode(outcome.error) ?? "error"}: ${messageOf(outcome.error)}`;
      context.wake();
    },
  });
}

async function decide(
  context: StageContext,
  one: Watched,
  of: { readonly plate: Found; readonly outcome: PlanOutcome },
): Promise<void> {
  const { plate, outcome } = of;
  const { world } = context;
  switch (outcome.kind) {
    case "waiting":
      // Asked again with the next listing.
      return;
    case "plan":
      await submit(context, one, { plate, outcome });
      // After the job: a crash between the two plans it again, and the dedupe key answers with the same job.
      await world.store.rememberAsset(one.config.glob, plate.path, plate.identity);
      one.seen.delete(plate.path);
      return;
    case "rejected": {
      const problem = outcome.problems[0];
      const code = problem?.code ?? "HP-INTERNAL";
      const seen = one.seen.get(plate.path);
      if (seen !== undefined) seen.said = problem?.message ?? code;
      // A gap is no fault while frames may still come: it is looked at again when anything in it changes.
      if (code === "HP-PLATE-FRAMES" && !plate.marked) return;
      const fields = { name: plate.path, folder: one.config.glob, code, reason: problem?.message ?? "" };
      await tell(context, "warn", "manifest.rejected", fields);
    }
  }
}

async function submit(
  context: StageContext,
  one: Watched,
  of: { readonly plate: Found; readonly outcome: PlanOutcome & { kind: "plan" } },
): Promise<void> {
  const { world } = context;
  const text = of.outcome.manifestText ?? "";
  const source = {
    folder: one.config.glob,
    name: baseName(of.plate.path),
    manifestSha256: world.digest.sha256(text),
    manifestText: text,
    submittedBy: "asset path",
    claimPath: null,
  };
  const id = world.ids.sortable("job_") as JobId;
  const { plan, dedupeKey } = of.outcome;
  const [stored] = await world.store.submit([{ id, plan, dedupeKey, source }]);
  world.log.event("info", stored?.kind === "duplicate" ? "manifest.duplicate" : "manifest.accepted", {
    name: of.plate.path,
    job: stored?.jobId ?? id,
  });
}

function publishView(context: StageContext, one: Watched): void {
  const said = [...one.seen].find(([, plate]) => plate.said !== null);
  const waitsFor = said === undefined ? null : `${said[0]}: ${said[1].said}`;
  const cut = one.truncated ? `more than ${LIMITS.assetPathMatchesMax} matches; the rest is not looked at` : null;
  context.live.folders.set(one.config.glob, {
    path: one.config.glob,
    show: one.config.show,
    kind: "asset path",
    state: one.down === null ? "up" : "down",
    reason: one.down ?? cut ?? waitsFor,
    waiting: one.seen.size,
    ignored: {},
    lastListedAt: one.lastListedAt,
  });
}
