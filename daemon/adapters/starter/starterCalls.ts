/** What the daemon asks of its starter and what comes back: plain data, for it crosses to another process. */
import type { Exec, ExecAnswer, Images } from "../../ports.ts";
import type { ImagesOptions } from "../images/images.ts";
import type { SentError } from "../sentError.ts";
import type { FollowedEnd } from "../gpus/follow.ts";
import type { SlotEnd, SlotSpawn } from "../slots/spawnSlot.ts";

export type StarterSetUp = Pick<ImagesOptions, "checkFolders" | "scratchDir" | "models" | "workers" | "memoryBytes">;

/** A call of the `Images` port. */
export type ImageCall = {
  readonly [M in keyof Images]: { readonly method: M; readonly args: Parameters<Images[M]> };
}[keyof Images];

export type StarterCall =
  | { readonly kind: "run"; readonly of: Parameters<Exec["run"]> }
  | ({ readonly kind: "images" } & ImageCall)
  | {
      readonly kind: "follow";
      readonly command: string;
      readonly args: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
    }
  | { readonly kind: "slot"; readonly of: SlotSpawn }
  | { readonly kind: "close" };
/** Beside the calls: what one that is followed is told, and the question whether the starter lives. */
export type StarterWord = "kill" | "abandon" | "lives";

/** `id` is that of the call that it is about. */
export type StarterQuestion =
  | { readonly id: number; readonly call: StarterCall }
  | { readonly id: number; readonly word: StarterWord };

export type StarterAnswer =
  /** One that is followed or spawned has only begun by it, and `ended` comes later. */
  | { readonly id: number; readonly kind: "done"; readonly result: unknown }
  | { readonly id: number; readonly kind: "failed"; readonly error: SentError }
  | { readonly id: number; readonly kind: "line"; readonly line: string }
  | { readonly id: number; readonly kind: "ended"; readonly end: FollowedEnd | SlotEnd | null }
  | { readonly id: number; readonly kind: "lives" };

/** An `ExecAnswer` on its way: a promise can't cross, so `ended` says later that the killed program is gone. */
export interface RunResult {
  readonly answer: Omit<ExecAnswer, "gone">;
  readonly stuck: boolean;
}
