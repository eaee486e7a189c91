/**
 * Asset paths: bound globs of plate versions, listed on an interval, no watcher on asset trees. What is there at the first
 * start is a baseline, not work (`backfill: true` opts in); after that a new, complete plate version triggers its recipe
 * once. Complete: a marker file, or contiguous frames and a quiet time.
 */
import type { AssetPathConfig } from "../domain/config.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { baseName, joinPath } from "../domain/paths.ts";
import type { Stage, StageContext } from "../live.ts";
import { planPlate } from "../planManifest.ts";
import { laneOf } from "./lanes.ts";
import { planWorld } from "./planWorld.ts";

interface Watched {
  readonly config: AssetPathConfig;
  nextListAt: number;
  /** Plate directory -> what it looked like, and since when it has looked so. */
  readonly seen: Map<string, { readonly look: string; readonly since: number }>;
  lastListedAt: number | null;
  reason: string | null;
}

interface Found {
  readonly path: string;
  readonly identity: string;
  /** Names and sizes of its frames: equal looks mean quiet. null: its marker file is there. */
  readonly look: string | null;
}

export function createAssetPaths(context: StageContext): Stage {
  const watched = context.world.config.assetPaths.map(
    (config): Watched => ({ config, nextListAt: 0, seen: new Map(), lastListedAt: null, reason: null }),
  );
  return {
    name: "assetPaths",
    async tick() {
      const now = context.world.clock.now();
      for (const one of watched) {
        if (now >= one.nextListAt) startListing(context, one);
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
        one.reason = `${systemCode(outcome.error) ?? "error"}: ${messageOf(outcome.error)}`;
        return;
      }
      one.reason = null;
      one.lastListedAt = now;
      await take(context, one, outcome.value);
    },
  });
}

async function find(context: StageContext, one: Watched): Promise<readonly Found[]> {
  const { files, world } = context;
  const { config } = one;
  const { paths, truncated } = await files.glob(config.glob, LIMITS.assetPathMatchesMax);
  if (truncated)
    world.log.event("warn", "work.failed", {
      work: "asset path",
      glob: config.glob,
      reason: `more than ${LIMITS.assetPathMatchesMax} matches; the rest is not looked at`,
    });
  const baseline = !(await world.store.hasBaseline(config.glob)) && !config.backfill;
  const out: Found[] = [];
  for (const found of paths) {
    const path = found.replace(/\/+$/, "");
    const stat = await files.stat(path);
    const identity = `${stat.dev}:${stat.ino}`;
    if (baseline) out.push({ path, identity, look: "" });
    else if (!(await world.store.knowsAsset(config.glob, path, identity)))
      out.push({ path, identity, look: await lookOf(context, one, path) });
  }
  return out;
}

async function lookOf(context: StageContext, one: Watched, dir: string): Promise<string | null> {
  const entries = await context.files.list(dir, LIMITS.framesMax);
  if (one.config.marker !== undefined && entries.some((entry) => entry.name === one.config.marker)) return null;
  const parts: string[] = [];
  for (const entry of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.kind !== "file") continue;
    const stat = await context.files.stat(joinPath(dir, entry.name));
    parts.push(`${entry.name}:${stat.bytes}:${stat.mtimeNs}`);
  }
  return context.world.digest.sha256(parts.join("\n"));
}

async function take(context: StageContext, one: Watched, found: readonly Found[]): Promise<void> {
  const { store, clock } = context.world;
  const { config } = one;
  if (!(await store.hasBaseline(config.glob))) {
    await store.setBaseline(config.glob, config.backfill ? [] : found);
    if (!config.backfill) return;
  }
  const now = clock.now();
  for (const plate of found) {
    const before = one.seen.get(plate.path);
    if (plate.look !== null && (before === undefined || before.look !== plate.look)) {
      one.seen.set(plate.path, { look: plate.look, since: now });
      continue;
    }
    if (plate.look !== null && config.marker !== undefined) continue;
    if (plate.look !== null && before !== undefined && now - before.since < config.quietMs) continue;
    startPlanning(context, one, plate);
  }
}

function startPlanning(context: StageContext, one: Watched, plate: Found): void {
  const { config } = one;
  const { world } = context;
  context.work.start({
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
      if (!outcome.ok) return;
      const result = outcome.value;
      if (result.kind === "waiting") return;
      if (result.kind === "plan") {
        const text = result.manifestText ?? "";
        const source = {
          folder: config.glob,
          name: baseName(plate.path),
          manifestSha256: world.digest.sha256(text),
          manifestText: text,
          submittedBy: "asset path",
          claimPath: null,
        };
        const id = world.ids.sortable("job_") as JobId;
        const [stored] = await world.store.submit([{ id, plan: result.plan, dedupeKey: result.dedupeKey, source }]);
        world.log.event("info", stored?.kind === "duplicate" ? "manifest.duplicate" : "manifest.accepted", {
          name: plate.path,
          job: stored?.jobId ?? id,
        });
      } else {
        const code = result.problems[0]?.code ?? "HP-INTERNAL";
        const fields = { name: plate.path, folder: config.glob, code, reason: result.problems[0]?.message ?? "" };
        world.log.event("warn", "manifest.rejected", fields);
        await world.store.note("manifest.rejected", null, fields);
      }
      // After the job: a crash between the two plans it again, and the dedupe key answers with the same job.
      await world.store.rememberAsset(config.glob, plate.path, plate.identity);
      one.seen.delete(plate.path);
      context.wake();
    },
  });
}

function publishView(context: StageContext, one: Watched): void {
  context.live.folders.set(one.config.glob, {
    path: one.config.glob,
    show: one.config.show,
    kind: "asset path",
    state: one.reason === null ? "up" : "down",
    reason: one.reason,
    waiting: one.seen.size,
    ignored: {},
    lastListedAt: one.lastListedAt,
  });
}
