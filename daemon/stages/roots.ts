/**
 * What is each root now: does it answer, has it room, is it a demo root? Work that needs a root which is slow or full waits
 * and says so; other roots never notice. While calls hang on a root only a killable child looks at it.
 */
import { byteText } from "../domain/byteSize.ts";
import { systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath, rootOf } from "../domain/paths.ts";
import { exists } from "../durable.ts";
import type { RootState, Stage, StageContext } from "../live.ts";
import type { MountGuard } from "../mountGuard.ts";
import { tell } from "./tell.ts";

export const DEMO_MARK = ".hotplate-demo.json";

export function createRoots(context: StageContext, guard: MountGuard): Stage {
  return {
    name: "roots",
    async tick() {
      const now = context.world.clock.now();
      for (const root of context.live.roots.values()) {
        if (guard.hanging(root.path) >= LIMITS.mountCallsPerRoot && root.state !== "slow")
          await change(context, root, slow());
        if (now < root.nextLookAt) continue;
        root.nextLookAt = now + LIMITS.rootLookMs;
        if (guard.hanging(root.path) > 0) probe(context, root, guard);
        else look(context, root);
      }
    },
  };
}

type Health = Pick<RootState, "state" | "reason">;

const WELL: Health = { state: "well", reason: null };

function full(root: RootState, min: number): Health {
  const left = root.freeBytes === null ? "" : `, ${room(root.freeBytes)} free`;
  const what = root.freeBytes !== null && root.freeBytes >= LIMITS.diskFreeBytesMin ? "low on room" : "full";
  const reason = `the disk is ${what}${left}; at least ${room(min)} must be. Make room (nothing is deleted by itself; hotplate retention says what may go); work goes on by itself (HP-DISK-FULL)`;
  return { state: "full", reason };
}

function room(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : byteText(bytes);
}

/** The least room that a root must have: its own word, and never less than what papers need. */
function freeMin(context: StageContext, root: RootState): number {
  const own = context.world.config.roots.find((one) => one.linux === root.path)?.freeMin ?? 0;
  return Math.max(own, LIMITS.diskFreeBytesMin);
}

function enough(context: StageContext, root: RootState, free: number): boolean {
  const min = freeMin(context, root);
  const wanted = root.state === "full" && min > LIMITS.diskFreeBytesMin ? min * LIMITS.diskResumeFactor : min;
  return free >= wanted;
}

function slow(): Health {
  return { state: "slow", reason: `does not answer within ${LIMITS.mountCallDeadlineMs / 1000} s` };
}

function look(context: StageContext, root: RootState): void {
  context.work.start({
    key: `root:${root.path}`,
    lane: `${root.path}:look`,
    run: async () => ({
      mount: await context.files.mount(root.path),
      demo: await exists(context.files, joinPath(root.path, DEMO_MARK)),
    }),
    done: async (outcome) => {
      if (!outcome.ok) {
        const code = systemCode(outcome.error);
        await change(
          context,
          root,
          code === "ETIMEDOUT" ? slow() : { state: "slow", reason: `can't be read (${code ?? "error"})` },
        );
        return;
      }
      root.freeBytes = outcome.value.mount.freeBytes;
      root.demo = outcome.value.demo;
      await change(context, root, enough(context, root, root.freeBytes) ? WELL : full(root, freeMin(context, root)));
    },
  });
}

/** Calls hang: a child looks. Its good word lets new work in as soon as the hanging calls have come back. */
function probe(context: StageContext, root: RootState, guard: MountGuard): void {
  context.work.start({
    key: `root:${root.path}`,
    lane: `${root.path}:look`,
    run: () => context.options.probe(root.path, LIMITS.mountCallDeadlineMs),
    done: async (outcome) => {
      const well = outcome.ok && outcome.value === "well" && guard.hanging(root.path) < LIMITS.mountCallsPerRoot;
      if (well) await change(context, root, WELL);
    },
  });
}

/** A write said ENOSPC: full until a look finds room again. */
export async function rootFull(context: StageContext, path: string): Promise<void> {
  const root = context.live.roots.get(rootOf(path, context.world.config.roots)?.linux ?? "");
  if (root === undefined) return;
  root.freeBytes = null;
  await change(context, root, full(root, freeMin(context, root)));
}

const EVENT_OF = { well: "root.well", slow: "root.slow", full: "root.full" } as const;

async function change(context: StageContext, root: RootState, health: Health): Promise<void> {
  const before = root.state;
  root.state = health.state;
  root.reason = health.reason;
  if (before === health.state) return;
  const event = EVENT_OF[health.state];
  const fields = { root: root.name, path: root.path, state: health.state, reason: health.reason };
  await tell(context, health.state === "well" ? "info" : "error", event, fields);
  // What waited for it is tried now, not when its pause is over.
  if (health.state === "well")
    for (const [step, trouble] of context.live.stepTrouble)
      context.live.stepTrouble.set(step, { ...trouble, nextTryAt: 0 });
}
