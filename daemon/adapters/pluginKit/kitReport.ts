/** What the kit says of one plugin: a row per picture, and every broken promise with the picture that broke it. Plain data. */
import type { Verdict } from "../../domain/qc.ts";

export interface KitReport {
  readonly check: string;
  readonly version: number;
  readonly scope: "frame" | "sequence" | "set";
  /** `object`, or how its program is asked. */
  readonly kind: "object" | "once" | "serve";
  readonly rows: readonly KitRow[];
  readonly problems: readonly KitProblem[];
  /** Pictures of which it measured something. None: the kit has proven little. */
  readonly measured: number;
}

export interface KitRow {
  readonly picture: string;
  /** null: it said nothing of this picture. */
  readonly verdict: Verdict | null;
  readonly said: string;
  readonly ms: number;
}

export interface KitProblem {
  readonly rule: KitRule;
  readonly picture: string | null;
  readonly sentence: string;
}

/** The promises of docs/plugins.md that the kit holds a plugin to. */
export type KitRule =
  | "answers in the promised shape"
  | "says the same twice"
  | "leaves what it looks at as it is"
  | "answers in time"
  | "refuses a limit that it does not have"
  | "passes nothing without pixels"
  | "says only where limits come from that it has"
  | "has limits that mean something";
