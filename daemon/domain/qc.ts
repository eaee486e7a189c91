/**
 * The words of QC. A check measures; limits judge; the gate decides what happens. A broken tool is `error`, never `pass`.
 * Ids, formulas and first limits: the shipped checks in plugins/ (docs/qc.md).
 */
import type { QcProfile } from "./qcProfile.ts";

export type Verdict = "pass" | "warn" | "fail" | "error";
export type Unit = "code" | "stop" | "ratio" | "px" | "count" | "bit" | "bool";

export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly limit: number | null;
  /** On which side of the limit the value must lie; absent where the limit only informs. */
  readonly must?: "atMost" | "atLeast" | "equal";
  readonly frame?: number | null;
}

/** What a person should see of a finding: data, drawn by the reports. */
export type Evidence =
  /** A map over the frame: `columns` x `rows` levels, 0..255, row by row; the more the worse. */
  | {
      readonly kind: "map";
      readonly title: string;
      readonly columns: number;
      readonly rows: number;
      readonly levels: readonly number[];
      /** The box around all that was found, px: x, y, width, height; absent: nobody says, or it is everywhere. */
      readonly within?: readonly [number, number, number, number] | undefined;
      /** The worst pixel: x, y. */
      readonly worst?: readonly [number, number] | undefined;
    }
  /** Places in the frame, px: x, y, width, height. */
  | {
      readonly kind: "boxes";
      readonly title: string;
      readonly boxes: readonly (readonly [number, number, number, number])[];
    }
  /** A curve over frames or places; `limit` is drawn across it. */
  | {
      readonly kind: "plot";
      readonly title: string;
      readonly x: readonly number[];
      readonly y: readonly number[];
      readonly xName: string;
      readonly yName: string;
      readonly limit: number | null;
    };

export interface Finding {
  /** `image.not_black` */
  readonly check: string;
  readonly version: number;
  readonly verdict: Verdict;
  readonly measures: readonly Measure[];
  /** One sentence with the number and the threshold. */
  readonly message: string;
  readonly hint: string | null;
  /** CPU time of its code, ms; absent: nobody measured it. */
  readonly cpuMs?: number;
  /** Absent: nothing to show, or a pass. */
  readonly evidence?: readonly Evidence[];
}

/** Why a check gave no verdict for this work: listed, never silently skipped. */
export interface NotApplied {
  readonly check: string;
  readonly because: string;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The result of looking at one task's staged files. */
export interface Inspection {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly notApplied: readonly NotApplied[];
  readonly reader: string;
  /** Of the picture as people are shown it, px: what places are measured in. Absent: there is none. */
  readonly size?: PictureSize;
  /** Why no other seed was tried; absent: nobody asked for seeds. */
  readonly why?: string;
  /** Of a chunk: QC's word on each of its frames. */
  readonly frames?: readonly { readonly frame: number | null; readonly inspection: Inspection }[];
  /** QC's word on its wedge as a whole, where that once held or refused it. */
  readonly whole?: WholeWord;
  /** People who kept it out, the last one last; they stay when it is let pass after that. Absent: nobody. */
  readonly rejections?: readonly Rejection[];
}

/** A person's word that a result is not to be published. */
export interface Rejection {
  readonly by: string;
  readonly reason: string;
  /** ms since the epoch. */
  readonly at: number;
}

export interface WholeWord {
  readonly inspection: Inspection;
  /** Without measures and evidence: they stand with another result of the wedge. */
  readonly lean?: boolean;
  /** How often the wedge was looked at. */
  readonly looks: number;
}

/** Which measures a limit judges, each by itself, and on which side of it they must lie. */
export interface Judged {
  readonly measures: readonly string[];
  readonly must: "atMost" | "atLeast";
  /** The values, ends included, at which the limit means something: a share lies in 0..1, a count is no less than 0. Absent: nothing is known. */
  readonly least?: number | undefined;
  readonly greatest?: number | undefined;
}

/** A check that a node can run, without its code. */
export interface InstalledCheck {
  readonly id: string;
  readonly version: number;
  readonly scope: "frame" | "sequence" | "set";
  readonly layer?: "essence" | "container" | "crosscheck";
  /** What it finds, in its own words; absent: it has none. */
  readonly finds?: string;
  readonly limitsFrom?: Readonly<Record<string, string>>;
  /** Limit -> what it judges; a limit that is not there can't be calibrated. */
  readonly judges?: Readonly<Record<string, Judged>>;
  /** Limits that judge only together with another, and the value at which nothing is past them. */
  readonly idleAt?: Readonly<Record<string, number>>;
  readonly seedMayCure?: boolean;
  /** It keeps something of each picture, or is told of each, and looks when all are there. */
  readonly traces?: boolean;
  readonly limits: Readonly<Record<string, number>>;
  /** Name of its file; the shipped ones lie in plugins/. */
  readonly file: string;
  readonly shipped: boolean;
  /** What plans call it that were made while its file could not be loaded, or its folder not be read. Absent: it came with the product. */
  readonly standIns?: readonly string[];
  /** It stands for a plugin that could not be loaded, and says so of everything. */
  readonly notLoaded?: boolean;
}

/** A file that could not be loaded or a folder that can't be read, under the id of the check that stands for it. */
export interface LostPlugin {
  readonly id: string;
  readonly file: string;
  readonly message: string;
  readonly isFolder: boolean;
}

/** All checks of a node, and the plugin files that could not be used: named and left out, never a crash. */
export interface CheckBook {
  readonly checks: readonly InstalledCheck[];
  readonly profiles: readonly QcProfile[];
  /** By name, the files of those that are a studio's own; absent: none is. */
  readonly profileFiles?: Readonly<Record<string, string>>;
  /** Name -> file of profiles that can't be used; absent: all can. */
  readonly lostProfiles?: Readonly<Record<string, string>>;
  /** What checks stand for; absent: everything could be loaded. */
  readonly lost?: readonly LostPlugin[];
  readonly refused: readonly { readonly file: string; readonly message: string }[];
}

/** The most that a check's finding may be; `measure`: measured only, for a check that has yet to prove itself. */
export type Severity = "fail" | "warn" | "measure";

/** A finding's verdict as far as it counts: `fail` raises a warning, `warn` softens a failure, `measure` lets everything pass. */
export function atSeverity(verdict: Verdict, severity: Severity | undefined): Verdict {
  if (severity === undefined || verdict === "error" || verdict === "pass") return verdict;
  return severity === "measure" ? "pass" : severity;
}

export type GateOutcome = "pass" | "hold" | "reject";

const ORDER: readonly Verdict[] = ["pass", "warn", "error", "fail"];

/** fail > error > warn > pass; nothing looked at is an error, not a pass. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return "error";
  return verdicts.reduce((worst, v) => (ORDER.indexOf(v) > ORDER.indexOf(worst) ? v : worst), "pass" as Verdict);
}

/**
 * What happens because of a verdict: error holds (we could not look), fail rejects or holds as the manifest says,
 * warn and pass go on to a person.
 */
export function gateOf(verdict: Verdict, gate: "reject" | "hold" | "warn"): GateOutcome {
  switch (verdict) {
    case "pass":
    case "warn":
      return "pass";
    case "error":
      return gate === "warn" ? "pass" : "hold";
    case "fail":
      return gate === "warn" ? "pass" : gate;
  }
}
