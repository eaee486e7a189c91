/** The part of the proof over files that looks at many together: frames of a plan, names in a folder, small sequences, sets of variations. */
import type { Verdict } from "../../../daemon/domain/qc.ts";
import type { FileWorld } from "./fileCases.ts";
import type { Verdicts } from "./fileLook.ts";
import type { FileNote } from "./fileTally.ts";
import { cleanTake, FRAME_DEFECTS } from "./seriesFrames.ts";
import type { Series } from "./seriesLook.ts";
import { lookTogether } from "./seriesLook.ts";
import { lookAtFrames, lookAtNames, NAME_SPOILS, PLAN_SPOILS, rightPlan, spoiltPlan } from "./seriesNames.ts";
import { cleanSet, SET_DEFECTS } from "./seriesSets.ts";

export interface SeriesDefect {
  readonly check: string;
  readonly name: string;
  readonly says: Verdict;
  readonly strengths: readonly {
    readonly name: string;
    readonly stated: boolean;
    readonly make: (seed: number) => Promise<Series>;
  }[];
}

export interface SeriesCounts {
  readonly plans: number;
  /** Folders of names. */
  readonly names: number;
  readonly withoutPlate: number;
  readonly besidePlate: number;
  readonly sets: number;
}

export interface SeriesRun {
  /** Right ones. */
  readonly series: SeriesCounts;
  readonly scenes: number;
  readonly seed: number;
}

type Work = (number: number) => Promise<readonly FileNote[]>;

const SET_CHECKS = ["set.duplicate", "set.diversity", "set.seed"] as const;
const DEFECTS_FROM = 700_000;

export function seriesWork(world: FileWorld, run: SeriesRun): readonly Work[] {
  const seeds = (count: number, from = 0): readonly number[] =>
    Array.from({ length: count }, (_, at) => run.seed * 1_000_003 + from + at);
  const right = (on: string, verdicts: Verdicts): readonly FileNote[] =>
    Object.entries(verdicts).map(([check, verdict]) => ({ check, on, verdict, defect: null }));
  const together = (on: string, checks: readonly string[], series: Series, number: number) =>
    lookTogether(world, series, { checks, number }).then((verdicts) => right(on, verdicts));
  const { plans, names, withoutPlate, besidePlate, sets } = run.series;
  return [
    ...seeds(plans).map(
      (seed): Work =>
        async () =>
          right("a plan", await lookAtFrames(world, rightPlan(seed))),
    ),
    ...seeds(names).map(
      (seed): Work =>
        async (number) =>
          right("names in a folder", await lookAtNames(world, seed, { spoil: null, number })),
    ),
    ...seeds(withoutPlate).map(
      (seed): Work =>
        async (number) =>
          together("frames without a plate", ["frames.repeated"], await cleanTake(seed, false), number),
    ),
    ...seeds(besidePlate).map(
      (seed): Work =>
        async (number) =>
          together("frames beside a plate", ["temporal.duplicate"], await cleanTake(seed, true), number),
    ),
    ...seeds(sets).map(
      (seed): Work =>
        async (number) => {
          const { kind, series } = await cleanSet(seed);
          return together(kind, SET_CHECKS, series, number);
        },
    ),
    ...seeds(run.scenes, DEFECTS_FROM).flatMap((seed) => defectWork(world, seed)),
  ];
}

/** Every defect at every strength, of one seed. */
function defectWork(world: FileWorld, seed: number): readonly Work[] {
  const note = (
    of: { readonly check: string; readonly name: string; readonly says: Verdict },
    strength: string,
    verdicts: Verdicts,
    stated = true,
  ): readonly FileNote[] => [
    {
      check: of.check,
      on: of.name,
      verdict: verdicts[of.check] ?? null,
      defect: { name: of.name, strength, stated, says: of.says },
    },
  ];
  const complete = (name: string) => ({ check: "frames.complete", name, says: "fail" }) as const;
  const plans = Object.entries(PLAN_SPOILS).map(
    ([strength, spoil]): Work =>
      async () =>
        note(
          complete("frames that are not those of the plan"),
          strength,
          await lookAtFrames(world, spoiltPlan(seed, spoil)),
        ),
  );
  const names = Object.entries(NAME_SPOILS).map(
    ([strength, spoil]): Work =>
      async (number) =>
        note(
          complete("a hole among the names in a folder"),
          strength,
          await lookAtNames(world, seed, { spoil, number }),
        ),
  );
  const many = [...FRAME_DEFECTS, ...SET_DEFECTS].flatMap((defect) =>
    defect.strengths.map(
      ({ name, stated, make }): Work =>
        async (number) =>
          note(defect, name, await lookTogether(world, await make(seed), { checks: [defect.check], number }), stated),
    ),
  );
  return [...plans, ...names, ...many];
}
