/** Counts what the checks said, with Wilson's interval for what a count of cases is worth. */
import type { Seen } from "./jobs.ts";
import { CHECKS } from "./jobs.ts";
import type { DefectKind } from "./defects.ts";
import { DEFECTS } from "./defects.ts";

export interface Share {
  readonly hits: number;
  readonly of: number;
}

/** Wilson 1927, 95 %: where the true share lies. No cases: everywhere. */
export function wilson({ hits, of }: Share): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const z = 1.959_964;
  const p = hits / of;
  const centre = p + (z * z) / (2 * of);
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

export interface Row {
  readonly defect: DefectKind;
  readonly strengths: readonly {
    readonly name: string;
    readonly found: Share;
    readonly heldOut: Share;
    /** By any check at all. */
    readonly any: Share;
  }[];
}

export interface Tally {
  readonly rows: readonly Row[];
  readonly clean: readonly { readonly check: string; readonly alarms: Share; readonly heldOut: Share }[];
  readonly anyFail: { readonly seen: Share; readonly heldOut: Share };
  readonly anyWarn: { readonly seen: Share; readonly heldOut: Share };
  readonly errors: number;
}

const found = (verdict: string | undefined): boolean => verdict === "warn" || verdict === "fail";

function share(all: readonly Seen[], hit: (one: Seen) => boolean): Share {
  return { hits: all.filter(hit).length, of: all.length };
}

export function tally(all: readonly Seen[]): Tally {
  const clean = all.filter((one) => one.defect === null);
  const known = clean.filter((one) => !one.heldOut);
  const unknown = clean.filter((one) => one.heldOut);
  const worst = (one: Seen, verdict: string): boolean => Object.values(one.verdicts).includes(verdict as "warn");
  return {
    rows: DEFECTS.map((defect) => rowOf(defect, all)),
    clean: CHECKS.map((check) => ({
      check,
      alarms: share(
        known.filter((one) => one.verdicts[check] !== undefined),
        (one) => found(one.verdicts[check]),
      ),
      heldOut: share(
        unknown.filter((one) => one.verdicts[check] !== undefined),
        (one) => found(one.verdicts[check]),
      ),
    })),
    anyFail: { seen: share(known, (one) => worst(one, "fail")), heldOut: share(unknown, (one) => worst(one, "fail")) },
    anyWarn: { seen: share(known, (one) => worst(one, "warn")), heldOut: share(unknown, (one) => worst(one, "warn")) },
    errors: all.filter((one) => worst(one, "error")).length,
  };
}

function rowOf(defect: DefectKind, all: readonly Seen[]): Row {
  const own = all.filter((one) => one.defect?.name === defect.name);
  return {
    defect,
    strengths: defect.strengths.map(({ name }, strength) => {
      const at = own.filter((one) => one.defect?.strength === strength);
      const hit = (one: Seen): boolean => found(one.verdicts[defect.check]);
      return {
        name,
        found: share(
          at.filter((one) => !one.heldOut),
          hit,
        ),
        heldOut: share(
          at.filter((one) => one.heldOut),
          hit,
        ),
        any: share(at, (one) => Object.values(one.verdicts).some(found)),
      };
    }),
  };
}
