/**
 * Retention in the daemon: when its schedule rang, or when a person asked. Each root is a unit of its own on a lane of its
 * own, so that a share that hangs holds up no other and publishing never waits. By schedule it collects only where the
 * configuration says `apply: true`; else it says what it would.
 */
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
    const { world } = context;
    const products = await world.store.products();
    const byRoot = new Map<string, string[]>();
    for (const { dir } of products) {
      // A root that is not configured any more is none of ours.
      const root = rootOf(dir, world.config.roots)?.linux;
      if (root !== undefined) byRoot.set(root, [...(byRoot.get(root) ?? []), dir]);
    }
    const next: Run = { by, apply, requests: new Set(asked.keys()), waiting: new Set(byRoot.keys()), reports: [] };
    run = next;
    for (const [root, dirs] of byRoot) startRoot(next, root, dirs);
    if (byRoot.size === 0) await end(next);
  }

  function startRoot(of: Run, root: string, dirs: readonly string[]): void {
    const world = { ...context.world, files: context.files };
    context.work.start<RetentionReport>({
      key: `retention:${root}`,
      lane: `${root}:retention`,
      run: () =>
        runRetention(world, {
          dirs,
          apply: of.apply,
          told: async (item) => {
            const { product, subject, kind, dir, files, bytes } = item;
            await tell(context, "info", "retention.collected", {
              path: dir,
              product,
              subject,
              why: kind,
              files,
              bytes,
              by: of.by,
            });
          },
        }),
      done: async (outcome) => {
        of.waiting.delete(root);
        if (outcome.ok) of.reports.push(outcome.value);
        else
          of.reports.push({
            applied: of.apply,
            items: [],
            kept: [],
            trouble: [`${root}: ${String(outcome.error)}`],
            bytes: 0,
          });
        if (of.waiting.size === 0) await end(of);
      },
    });
  }

  async function end(of: Run): Promise<void> {
    const report = together(of.reports, of.apply);
    const text = retentionText(report);
    const { length: items } = report.items;
    const fields = { apply: of.apply, by: of.by, items, bytes: report.bytes, kept: report.kept.length };
    await tell(context, "info", "retention.looked", { ...fields, trouble: report.trouble[0] ?? null, text });
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
