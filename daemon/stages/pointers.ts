/**
 * Keeps what lies beside the versions true: after each version that appeared, and once at every start for each product that
 * this store ever gave a number (a life before may have died between a version and its pointer). Publishing never waits for
 * it: it has a lane of its own.
 */
import { LIMITS } from "../domain/limits.ts";
import { backoffMs } from "../domain/retry.ts";
import { rootOf } from "../domain/paths.ts";
import { pointerSettings } from "../domain/versionSettings.ts";
import { messageOf } from "../domain/errors.ts";
import type { Stage, StageContext } from "../live.ts";
import type { Pointers } from "../pointers.ts";
import { refreshPointers } from "../pointers.ts";

export interface PointerStage extends Stage {
  /** A version of that product appeared, or a decision about one was made. */
  touch(productDir: string, show: string): void;
}

interface Due {
  readonly show: string;
  failures: number;
  nextTryAt: number;
  /** Something happened while it was being looked at. */
  again: boolean;
}

export function createPointers(context: StageContext): PointerStage {
  const due = new Map<string, Due>();
  let looked = false;

  function touch(productDir: string, show: string): void {
    const known = due.get(productDir);
    if (known === undefined) due.set(productDir, { show, failures: 0, nextTryAt: 0, again: false });
    else known.again = true;
  }

  /** false: its root's lane is taken. */
  function start(productDir: string, item: Due): boolean {
    const { world, files } = context;
    const root = rootOf(productDir, world.config.roots)?.linux ?? productDir;
    const key = `pointers:${productDir}`;
    const lane = `${root}:pointers`;
    if (!context.work.free(lane, key)) return false;
    item.again = false;
    context.work.start<Pointers>({
      key,
      lane,
      run: () => refreshPointers({ ...world, files }, productDir, pointerSettings(world.config.versions, item.show)),
      done: (outcome) => {
        if (!outcome.ok) {
          item.failures += 1;
          item.nextTryAt = world.clock.now() + backoffMs(item.failures);
          // Said once; it is tried until it works.
          if (item.failures === 1)
            world.log.event("warn", "pointer.failed", { path: productDir, reason: messageOf(outcome.error) });
          return;
        }
        for (const change of outcome.value.changed)
          world.log.event("info", "pointer.changed", { path: productDir, pointer: change });
        for (const reason of outcome.value.trouble)
          world.log.event("warn", "pointer.failed", { path: productDir, reason });
        if (item.again) item.failures = 0;
        else due.delete(productDir);
      },
    });
    return true;
  }

  return {
    name: "pointers",
    touch,
    async tick() {
      if (!looked) {
        looked = true;
        for (const { dir, show } of await context.world.store.products()) touch(dir, show);
      }
      const now = context.world.clock.now();
      let started = 0;
      for (const [productDir, item] of due) {
        if (started >= LIMITS.stepsPerTick) break;
        if (item.nextTryAt > now) continue;
        // Products of a share that hangs must not use up the turns of those on others.
        if (start(productDir, item)) started += 1;
      }
    },
  };
}
