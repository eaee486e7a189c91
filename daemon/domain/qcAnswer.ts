/** What STATUS.txt and `hotplate show` say of QC: warnings, what waits for a person, seeds that were given up. Facts in, lines out. */
import { shownTaskId, wedgeName } from "./ids.ts";

/** What waits of one variation: decided about in one line. */
export interface HeldWedge {
  readonly wedge: number;
  /** What a decision names: a task, or the variation where more than one of its tasks wait. */
  readonly target: string;
  /** How many tasks wait. */
  readonly tasks: number;
  /** Their frames as far as they were read; "": a still, or one task. */
  readonly frames: string;
  readonly reason: string;
  /** What a waiver must name to let all of them pass; empty: nothing can be waived. */
  readonly checks: readonly string[];
  /** ms since the epoch; the first of them counts as rejected then. */
  readonly until: number | null;
}

/** Of one step. */
export interface AnswerQc {
  readonly wedges: number;
  /** There is a QC report to look at, or there will be within seconds: its version has ended. */
  readonly report: boolean;
  /** Variations with a QC warning. */
  readonly warned: number;
  /** Variations that QC failed, or could not look at, and that gate `warn` lets pass. Published: they are in the version. */
  readonly anyway: { readonly failed: number; readonly unlooked: number; readonly published: boolean };
  readonly held: {
    readonly count: number;
    /** Where they can be looked at; null: they have no version yet. */
    readonly page: string | null;
    /** The first of them. */
    readonly first: readonly {
      readonly task: string;
      readonly wedge: number;
      readonly reason: string;
      /** What a waiver must name; empty: QC could not look, and nothing can be waived. */
      readonly checks: readonly string[];
      /** ms since the epoch; then it counts as rejected. */
      readonly until: number | null;
    }[];
    /** The first variations of which something waits; absent: each result by itself. */
    readonly wedges?: readonly HeldWedge[];
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
  /** What a person rejected and another let pass after that: it is published, or will be. Absent: nothing. */
  readonly overruled?: {
    readonly count: number;
    /** The first of them. */
    readonly first: readonly {
      readonly wedge: number;
      readonly frame: number | null;
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

/** What QC, or a person, kept out of a version. */
export interface AnswerRefused {
  /** The first of them. */
  readonly wedges: readonly number[];
  /** How many more; null: there are more, uncounted. */
  readonly more: number | null;
  /** Where the pictures lie. */
  readonly place: string;
}

/** `qcReport`: where they can be looked at, when there is no version that would say so. */
export function refusedLines({ wedges, more, place }: AnswerRefused, qcReport: string | null): readonly string[] {
  const rest = more === 0 ? "" : more === null ? " and others" : ` and ${more} more`;
  return [
    `  refused:  ${wedges.map(wedgeName).join(", ")}${rest}: the pictures lie in ${place}`,
    ...(qcReport === null ? [] : [`  QC:       ${qcReport}`]),
  ];
}

/** What must be read before anything else: what is passed on although it failed, or nobody could look. */
export function anywayLines({ wedges, anyway }: AnswerQc): readonly string[] {
  const { failed, unlooked, published } = anyway;
  const will = (count: number): string =>
    `${published ? (count === 1 ? "it is" : "they are") : count === 1 ? "it will be" : "they will be"} published all the same, for gate: warn says so`;
  const of = (count: number): string => `${count} of ${wedges} ${wedges === 1 ? "variation" : "variations"}`;
  return [
    ...(failed === 0 ? [] : [`  QC:       ${of(failed)} FAILED; ${will(failed)}`]),
    ...(unlooked === 0 ? [] : [`  QC:       ${of(unlooked)} COULD NOT BE LOOKED AT; ${will(unlooked)}`]),
  ];
}

/** Lines of `  word:     text`, as the others of an answer. */
export function qcLines(qc: AnswerQc): readonly string[] {
  return [...seedLines(qc), ...heldLines(qc), ...overruledLines(qc), ...waivedLines(qc), ...warnedLine(qc)];
}

/** Said only where there is one. */
function seeReport({ report }: AnswerQc): string {
  return report ? ": see the QC report" : "";
}

function seedLines(qc: AnswerQc): readonly string[] {
  const { reseeded } = qc;
  const more = reseeded.wedges - reseeded.first.length;
  return [
    ...reseeded.first.map(({ wedge, seed, tries }) => {
      const before = tries.map((one) => `seed ${one.seed}: ${one.check}: ${onOneLine(one.reason)}`).join("; ");
      return `  seeds:    ${wedgeName(wedge)} was made again with seed ${seed} (${before})`;
    }),
    ...(more > 0 ? [`  seeds:    and ${more} more ${more === 1 ? "variation" : "variations"}${seeReport(qc)}`] : []),
  ];
}

function heldLines({ held }: AnswerQc): readonly string[] {
  const groups =
    held.wedges ?? held.first.map((one): HeldWedge => ({ ...one, target: one.task, tasks: 1, frames: "" }));
  const more = held.count - groups.reduce((sum, { tasks }) => sum + tasks, 0);
  return [
    ...groups.flatMap((group) => [
      `  held:     ${heldText(group)}`,
      ...decisionCommands(group.target, group.checks).map((command) => `            ${command}`),
    ]),
    ...(more > 0 ? [`  held:     and ${more} more`] : []),
    ...(held.count > 0 && held.page !== null ? [`  look at:  ${held.page}`] : []),
  ];
}

function heldText({ wedge, tasks, frames, until, reason }: HeldWedge): string {
  const many = `${tasks} results of ${wedgeName(wedge)}${frames === "" ? "" : ` (${frames})`} wait`;
  const who = tasks === 1 ? `${wedgeName(wedge)} waits` : many;
  return `${who} for a person${until === null ? "" : ` until ${utc(until)}`}: ${onOneLine(reason)}`;
}

function overruledLines(qc: AnswerQc): readonly string[] {
  const { count, first } = qc.overruled ?? { count: 0, first: [] };
  const more = count - first.length;
  return [
    ...first.map(({ wedge, frame, by, reason }) => {
      const place = frame === null ? wedgeName(wedge) : `${wedgeName(wedge)} frame ${frame}`;
      return `  rejected: ${place} by ${by}: ${onOneLine(reason)}; it was waived after that`;
    }),
    ...(more > 0 ? [`  rejected: and ${more} more, waived after that${seeReport(qc)}`] : []),
  ];
}

function waivedLines(qc: AnswerQc): readonly string[] {
  const { waived } = qc;
  const more = waived.count - waived.first.length;
  return [
    ...waived.first.map(
      ({ wedge, check, by, reason }) => `  waived:   ${wedgeName(wedge)} ${check} by ${by}: ${onOneLine(reason)}`,
    ),
    ...(more > 0 ? [`  waived:   and ${more} more${seeReport(qc)}`] : []),
  ];
}

/** `task`: or a variation. Each a line to be pasted; what QC could not look at can't be waived. */
export function decisionCommands(task: string, checks: readonly string[]): readonly string[] {
  const id = shownTaskId(task);
  const waive = `hotplate waive ${id}${checks.map((check) => ` --check ${check}`).join("")} --reason WHY`;
  return [...(checks.length === 0 ? [] : [waive]), `hotplate reject ${id} --reason WHY`];
}

function warnedLine(qc: AnswerQc): readonly string[] {
  const { warned, wedges } = qc;
  if (warned === 0) return [];
  return [`  warnings: ${warned} of ${wedges} ${warned === 1 ? "has" : "have"} QC warnings${seeReport(qc)}`];
}

/** A plugin's or a person's words may have lines of their own, and would look like ours. */
function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
