/** Counts what the checks said, with Wilson's interval for what a count of cases is worth. */
import type { Seen } from "./jobs.ts";
import { CHECKS, SAMPLING } from "./jobs.ts";
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

export interface Sides {
  readonly seen: Share;
  readonly heldOut: Share;
}

export interface Tally {
  readonly rows: readonly Row[];
  /** Of each case in all the forms that it was looked at in: flagged where one of them was. */
  readonly clean: readonly { readonly check: string; readonly alarms: Share; readonly heldOut: Share }[];
  readonly anyFail: Sides;
  readonly anyWarn: Sides;
  /** Of frames so large that checks look at a part of the pixels: defects at the stated strength, and clean ones. */
  readonly large: {
    readonly rows: readonly { readonly defect: DefectKind; readonly name: string; readonly found: Share }[];
    readonly clean: readonly { readonly check: string; readonly alarms: Share }[];
    readonly anyWarn: Share;
  };
  readonly errors: number;
}

const found = (verdict: string | undefined): boolean => verdict === "warn" || verdict === "fail";

function share<T>(all: readonly T[], hit: (one: T) => boolean): Share {
  return { hits: all.filter(hit).length, of: all.length };
}

/** Answers of one clean case, held in several ways. */
type Held = readonly Seen[];

function casesOf(clean: readonly Seen[]): readonly Held[] {
  const of = ({ scene, seed, edit }: Seen): string => `${scene} ${seed} ${edit}`;
  return [...Map.groupBy(clean, of).values()];
}

export function tally(all: readonly Seen[]): Tally {
  const worst = (one: Seen, verdict: string): boolean => Object.values(one.verdicts).includes(verdict as "warn");
  const clean = all.filter((one) => one.defect === null);
  const usual = casesOf(clean.filter((one) => !one.large));
  const known = usual.filter((held) => held[0]?.heldOut === false);
  const unknown = usual.filter((held) => held[0]?.heldOut === true);
  const large = casesOf(clean.filter((one) => one.large));
  const any = (cases: readonly Held[], verdict: string): Share =>
    share(cases, (held) => held.some((one) => worst(one, verdict)));
  return {
    rows: DEFECTS.map((defect) =>
      rowOf(
        defect,
        all.filter((one) => !one.large),
      ),
    ),
    clean: CHECKS.map((check) => ({ check, alarms: alarmsOf(known, check), heldOut: alarmsOf(unknown, check) })),
    anyFail: { seen: any(known, "fail"), heldOut: any(unknown, "fail") },
    anyWarn: { seen: any(known, "warn"), heldOut: any(unknown, "warn") },
    large: {
      rows: DEFECTS.filter((defect) => SAMPLING.has(defect.check)).map((defect) => largeRow(defect, all)),
      clean: CHECKS.filter((check) => SAMPLING.has(check)).map((check) => ({ check, alarms: alarmsOf(large, check) })),
      anyWarn: any(large, "warn"),
    },
    errors: all.filter((one) => worst(one, "error")).length,
  };
}

/** Of the cases that the check judged in some form. */
function alarmsOf(cases: readonly Held[], check: string): Share {
  return share(
    cases.filter((held) => held.some((one) => one.verdicts[check] !== undefined)),
    (held) => held.some((one) => found(one.verdicts[check])),
  );
}

function largeRow(defect: DefectKind, all: readonly Seen[]): Tally["large"]["rows"][number] {
  const own = all.filter((one) => one.large && one.defect?.name === defect.name);
  return {
    defect,
    name: defect.strengths[defect.must]?.name ?? "",
    found: share(own, (one) => found(one.verdicts[defect.check])),
  };
}

function rowOf(defect: DefectKind, all: readonly Seen[]): Row {
  const own = all.filter((one) => one.defect?.name === defect.name);
  const hit = (one: Seen): boolean => found(one.verdicts[defect.check]);
  return {
    defect,
    strengths: defect.strengths.map(({ name }, strength) => {
      const at = own.filter((one) => one.defect?.strength === strength);
      const side = (heldOut: boolean): Share =>
        share(
          at.filter((one) => one.heldOut === heldOut),
          hit,
        );
      return {
        name,
        found: side(false),
        heldOut: side(true),
        any: share(at, (one) => Object.values(one.verdicts).some(found)),
      };
    }),
  };
}
