/** What is known of one model of one task on one slot, and what that means for where the task may go. */
import { byteText } from "./byteSize.ts";
import type { ErrorCode } from "./errors.ts";
import type { ModelFacts } from "./modelFacts.ts";
import type { WaitReason } from "./slotFit.ts";

/** A model as a graph names it. */
export interface ModelUse {
  readonly node: string;
  readonly input: string;
  readonly classType: string;
  /** As ComfyUI lists it, relative to one of its folders. */
  readonly file: string;
}

/** A model file as it was found. */
export interface ModelFile {
  readonly folder: string;
  readonly path: string;
  readonly bytes: number;
  readonly mtimeNs: string;
  readonly dev: string;
  readonly ino: string;
  /** What its header says of it. */
  readonly facts: ModelFacts | null;
}

export interface ModelRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly nearest: string | null;
}

export type ModelKnown =
  /** The slot names no model directories: only the name was judged. */
  | { readonly kind: "unchecked"; readonly folder: string | null }
  | { readonly kind: "looking" }
  | { readonly kind: "hashing"; readonly bytes: number; readonly before: number }
  | { readonly kind: "well"; readonly file: ModelFile; readonly sha256: string }
  | ({ readonly kind: "refused" } & ModelRefusal);

/** What keeps a task off a slot for its models. `final`: waiting changes nothing. */
export interface Lack {
  readonly reason: WaitReason;
  readonly final: boolean;
}

/** null: nothing. */
export function lackOf(use: ModelUse, known: ModelKnown): Lack | null {
  switch (known.kind) {
    case "unchecked":
    case "well":
      return null;
    case "looking":
      return waits(`the model ${use.file} is looked up`);
    case "hashing": {
      const queue = known.before === 0 ? "" : `; ${known.before} other models are hashed before it`;
      return waits(`the model ${use.file} (${byteText(known.bytes)}) is hashed before its first use${queue}`);
    }
    case "refused": {
      const nearest = known.nearest === null ? "" : ` Nearest: ${known.nearest}.`;
      const action = "correct the model, or its directory in slots[].models";
      return { reason: { code: known.code, message: `${known.message}${nearest}`, action }, final: true };
    }
  }
}

function waits(message: string): Lack {
  return { reason: { code: "HP-MODEL-HASHING", message, action: "nothing to do: it goes on by itself" }, final: false };
}

/** One text per file as it is now: another size, time or inode is another file. */
export function identityOf(file: Omit<ModelFile, "folder" | "facts">): string {
  return JSON.stringify([file.path, file.bytes, file.mtimeNs, file.dev, file.ino]);
}
