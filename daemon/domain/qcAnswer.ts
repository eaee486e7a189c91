/** What STATUS.txt and `hotplate show` say of QC: warnings, what waits for a person, seeds that were given up. Facts in, lines out. */
import { wedgeName } from "./ids.ts";

/** Of one step. */
export interface AnswerQc {
  readonly wedges: number;
  /** Variations with a QC warning. */
  readonly warned: number;
  readonly held: {
    readonly count: number;
    /** Where they can be looked at; null: they have no version yet. */
    readonly page: string | null;
    /** The first of them. */
    readonly first: readonly {
      readonly task: string;
      readonly wedge: number;
      readonly reason: string;
      /** ms since the epoch; then it counts as rejected. */
      readonly until: number | null;
    }[];
  };
  /** Findings that a named person let stand, of what is published or will be. */
  readonly waived: {
    readonly count: number;
    /** The first of them. */
    readonly first: readonly {
      readonly wedge: number;
      readonly check: string;
      readonly by: string;
      readonly reason: string;
    }[];
  };
  readonly reseeded: {
    readonly wedges: number;
    readonly first: readonly {
      readonly wedge: number;
      /** The one that it has now. */
      readonly seed: string;
      readonly tries: readonly { readonly seed: string; readonly check: string; readonly reason: string }[];
    }[];
  };
}

/** Lines of `  word:     text`, as the others of an answer. */
export function qcLines(qc: AnswerQc): readonly string[] {
  return [...seedLines(qc), ...heldLines(qc), ...waivedLines(qc), ...warnedLine(qc)];
}

function seedLines({ reseeded }: AnswerQc): readonly string[] {
  const more = reseeded.wedges - reseeded.first.length;
  return [
    ...reseeded.first.map(({ wedge, seed, tries }) => {
      const before = tries.map((one) => `seed ${one.seed}: ${one.check}: ${one.reason}`).join("; ");
      return `  seeds:    ${wedgeName(wedge)} was made again with seed ${seed} (${before})`;
    }),
    ...(more > 0 ? [`  seeds:    and ${more} more ${more === 1 ? "variation" : "variations"}: see the QC report`] : []),
  ];
}

function heldLines({ held }: AnswerQc): readonly string[] {
  const more = held.count - held.first.length;
  return [
    ...held.first.flatMap(({ task, wedge, reason, until }) => [
      `  held:     ${wedgeName(wedge)} waits for a person${until === null ? "" : ` until ${utc(until)}`}: ${reason}`,
      `            hotplate waive ${task} --check ID --reason WHY, or hotplate reject ${task} --reason WHY`,
    ]),
    ...(more > 0 ? [`  held:     and ${more} more`] : []),
    ...(held.count > 0 && held.page !== null ? [`  look at:  ${held.page}`] : []),
  ];
}

function waivedLines({ waived }: AnswerQc): readonly string[] {
  const more = waived.count - waived.first.length;
  return [
    ...waived.first.map(
      ({ wedge, check, by, reason }) =>
        `  waived:   ${wedgeName(wedge)} ${check} by ${by}: ${reason.replaceAll(/\s+/g, " ")}`,
    ),
    ...(more > 0 ? [`  waived:   and ${more} more: see the QC report`] : []),
  ];
}

function warnedLine({ warned, wedges }: AnswerQc): readonly string[] {
  if (warned === 0) return [];
  return [`  warnings: ${warned} of ${wedges} ${warned === 1 ? "has" : "have"} QC warnings: see the QC report`];
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
