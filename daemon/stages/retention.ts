/**
 * Retention in the daemon: when its schedule rang, or when a person asked. Each root is a unit of its own on a lane of its
 * own, so that a share that hangs holds up no other and publishing never waits. By schedule it collects only where the
 * configuration says `apply: true`; else it says what it would.
 */
import { messageOf } from "../domain/errors.ts";
import { rootOf } from "../domain/paths.ts";
import type { Stage, StageContext } from "../live.ts";
import type { RetentionReport } from "../retentionRun.ts";
import { retentionText, runRetention, together } from "../retentionRun.ts";
import { tell } from "./tell.ts";

export interface RetentionStage extends Stage {
  /** A person wants it applied; the request is settled when it is done. */
  ask(request: number, by: string): void;
}

interface Run {
  readonly by: string;
  readonly apply: boolean;
  readonly requests: Set<number>;
  readonly waiting: Set<string>;
  readonly reports: RetentionReport[];
}

export function createRetention(context: StageContext): RetentionStage {
  let run: Run | null = null;
  const asked = new Map<number, string>();

  async function begin(by: string, apply: boolean): Promise<void> {
    const byRoot = await productsByRoot(context);
    const next: Run = { by, apply, requests: new Set(asked.keys()), waiting: new Set(byRoot.keys()), reports: [] };
    run = next;
    for (const [root, dirs] of byRoot) startRoot(context, next, { root, dirs, end: () => end(next) });
    if (byRoot.size === 0) await end(next);
  }

  async function end(of: Run): Promise<void> {
    const text = await tellEnd(context, of);
    for (const request of of.requests) {
      await context.world.store.settleRequest(request, "done", text);
      asked.delete(request);
    }
    run = null;
    context.wake();
  }

  return {
    name: "retention",
    ask(request, by) {
      if (!asked.has(request)) asked.set(request, by);
    },
    async tick() {
      if (run !== null || context.live.state === "draining") return;
      const [by] = asked.values();
      if (by !== undefined) await begin(by, true);
      else if (context.options.retentionDue?.() === true) await begin("schedule", context.world.config.retention.apply);
    },
  };
}

/** A root that is not configured any more is none of ours. */
async function productsByRoot(context: StageContext): Promise<ReadonlyMap<string, readonly string[]>> {
  const byRoot = new Map<string, string[]>();
  for (const { dir } of await context.world.store.products()) {
    const root = rootOf(dir, context.world.config.roots)?.linux;
    if (root !== undefined) byRoot.set(root, [...(byRoot.get(root) ?? []), dir]);
  }
  return byRoot;
}

function startRoot(
  context: StageContext,
  of: Run,
  what: { readonly root: string; readonly dirs: readonly string[]; readonly end: () => Promise<void> },
): void {
  const world = { ...context.world, files: context.files };
  const { apply, by } = of;
  context.work.start<RetentionReport>({
    key: `retention:${what.root}`,
    lane: `${what.root}:retention`,
    run: () =>
      runRetention(world, {
        dirs: what.dirs,
        apply,
        told: async ({ product, subject, kind, dir, files, bytes }) =>
          tell(context, "info", "retention.collected", { path: dir, product, subject, why: kind, files, bytes, by }),
      }),
    done: async (outcome) => {
      of.waiting.delete(what.root);
      const trouble = outcome.ok ? [] : [`${what.root}: ${messageOf(outcome.error)}`];
      of.reports.push(outcome.ok ? outcome.value : { applied: apply, items: [], kept: [], trouble, bytes: 0 });
      if (of.waiting.size === 0) await what.end();
    },
  });
}

async function tellEnd(context: StageContext, { reports, apply, by }: Run): Promise<string> {
  const report = together(reports, apply);
  const text = retentionText(report);
  await tell(context, "info", "retention.looked", {
    apply,
    by,
    items: report.items.length,
    bytes: report.bytes,
    kept: report.kept.length,
    trouble: report.trouble[0] ?? null,
    text,
  });
  return text;
}
