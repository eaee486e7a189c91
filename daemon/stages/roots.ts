/**
 * What is each root now: does it answer, has it room, is it a demo root? Work that needs a root which is slow or full waits
 * and says so; other roots never notice. While calls hang on a root only a killable child looks at it.
 */
import { systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import { exists } from "../durable.ts";
import type { RootState, Stage, StageContext } from "../live.ts";
import type { MountGuard } from "../mountGuard.ts";

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
      const full = root.freeBytes < LIMITS.diskFreeBytesMin;
      await change(
        context,
        root,
        full
          ? { state: "full", reason: `only ${root.freeBytes} bytes free (HP-DISK-FULL)` }
          : { state: "well", reason: null },
      );
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
      if (well) await change(context, root, { state: "well", reason: null });
    },
  });
}

/** A write said ENOSPC: full until a look finds room again. */
export async function rootFull(context: StageContext, path: string): Promise<void> {
  const root = context.live.roots.get(path);
  if (root !== undefined) await change(context, root, { state: "full", reason: "no space left (HP-DISK-FULL)" });
}

async function change(context: StageContext, root: RootState, health: Health): Promise<void> {
  const before = root.state;
  root.state = health.state;
  root.reason = health.reason;
  if (before === health.state) return;
  const event = health.state === "well" ? "root.well" : "root.slow";
  const fields = { root: root.name, path: root.path, state: health.state, reason: health.reason };
  context.world.log.event(health.state === "well" ? "info" : "error", event, fields);
  await context.world.store.note(event, null, fields);
}
