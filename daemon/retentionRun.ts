/** One run of retention over products: what would be collected, or what was, each told as it happens. */
import { byteText } from "./domain/byteSize.ts";
import { messageOf } from "./domain/errors.ts";
import { baseName } from "./domain/paths.ts";
import type { Collectable, RetentionWorld } from "./retention.ts";
import { collect, planRetention } from "./retention.ts";

export interface RetentionItem {
  readonly product: string;
  readonly subject: string;
  readonly kind: Collectable["kind"];
  /** Where the tombstone is, or would be. */
  readonly dir: string;
  readonly files: number;
  readonly bytes: number;
  readonly days: number;
}
export interface RetentionReport {
  readonly applied: boolean;
  readonly items: readonly RetentionItem[];
  readonly kept: readonly { readonly product: string; readonly subject: string; readonly why: string }[];
  readonly trouble: readonly string[];
  readonly bytes: number;
}

/** `told` is called after each thing whose pixels are gone: the line of the audit. */
export async function runRetention(
  world: RetentionWorld,
  of: {
    readonly dirs: readonly string[];
    readonly apply: boolean;
    readonly told: (item: RetentionItem) => Promise<void>;
  },
): Promise<RetentionReport> {
  const items: RetentionItem[] = [];
  const kept: RetentionReport["kept"][number][] = [];
  const trouble: string[] = [];
  for (const dir of of.dirs) {
    try {
      const plan = await planRetention(world, dir);
      kept.push(...plan.kept.map((one) => ({ product: dir, ...one })));
      trouble.push(...plan.trouble);
      for (const planned of plan.collect) {
        const item = itemOf(planned);
        if (of.apply) {
          if ((await collect(world, planned)) === 0) continue;
          await of.told(item);
        }
        items.push(item);
      }
    } catch (error) {
      // One product that can't be read or written holds up no other.
      trouble.push(`${dir}: ${messageOf(error)}`);
    }
  }
  return { applied: of.apply, items, kept, trouble, bytes: items.reduce((sum, item) => sum + item.bytes, 0) };
}

export function together(reports: readonly RetentionReport[], applied: boolean): RetentionReport {
  return {
    applied,
    items: reports.flatMap((report) => report.items),
    kept: reports.flatMap((report) => report.kept),
    trouble: reports.flatMap((report) => report.trouble),
    bytes: reports.reduce((sum, report) => sum + report.bytes, 0),
  };
}

/** One sentence. */
export function retentionText(report: RetentionReport): string {
  const what = report.items.length === 1 ? "1 thing" : `${report.items.length} things`;
  const verb = report.applied ? "Collected" : "Would collect";
  const troubles = report.trouble.length === 0 ? "" : ` ${report.trouble.length} could not be looked at or taken.`;
  return `${verb} ${what}, ${byteText(report.bytes)}; ${report.kept.length} old enough but kept.${troubles}`;
}

function itemOf(planned: Collectable): RetentionItem {
  return {
    product: planned.productDir,
    subject: planned.subject,
    kind: planned.kind,
    dir: planned.dir,
    files: planned.files.length,
    bytes: planned.bytes,
    days: Math.floor(planned.ageMs / 86_400_000),
  };
}

export function itemLine(item: RetentionItem): readonly string[] {
  const files = item.files === 1 ? "1 file" : `${item.files} files`;
  return [baseName(item.product), item.subject, item.kind, `${item.days} d`, files, byteText(item.bytes), item.dir];
}
