/**
 * What a plan keeps of the version that it makes again: where its frames lie, to be measured against, and what it ran on, to
 * be compared. Pure.
 */
import type { AssetRecord } from "./assetRecord.ts";
import type { Approval } from "./approval.ts";

export interface RerunPlan {
  /** `hotplate://show/shot/product/v006[/w032]` */
  readonly ref: string;
  /** Frames of the old version by the new plan's wedge and frame. */
  readonly frames: readonly {
    readonly wedge: number;
    readonly frame: number | null;
    /** Absolute. */
    readonly path: string;
    readonly sha256: string;
  }[];
  /** Differences of engine, packs and models are recorded instead of refused. */
  readonly allowDrift: boolean;
  /** Every frame of it is made again, so that its inputs can be compared as a whole. */
  readonly allFrames: boolean;
  readonly ran: RanThen;
}

/** What the old version ran on, as far as it is on record. */
export interface RanThen {
  readonly engine: string | null;
  readonly nodePacks: readonly string[];
  readonly gpu: string | null;
  readonly driver: string | null;
  readonly torch: string | null;
  readonly inputs: readonly { readonly role: string; readonly ref: string; readonly sha256root: string | null }[];
}

export function ranThen({ engine, nodePacks, machine, inputs }: AssetRecord): RanThen {
  return {
    engine: engine.version,
    nodePacks: nodePacks.map(({ name }) => name),
    gpu: machine.gpu,
    driver: machine.driver,
    torch: machine.torch,
    inputs: inputs.map(({ role, ref, sha256root }) => ({ role, ref, sha256root })),
  };
}

/** Every difference between then and now, in words; what is not known on one side is one. */
export function driftSince(then: RanThen, now: RanThen, of: { readonly allFrames: boolean }): readonly string[] {
  const out: string[] = [];
  const differ = (what: string, a: string | null, b: string | null): void => {
    if (a !== b) out.push(`${what}: ${a ?? "not known"} -> ${b ?? "not known"}`);
  };
  differ("ComfyUI", then.engine, now.engine);
  differ("node packs", then.nodePacks.join(", "), now.nodePacks.join(", "));
  differ("GPU", then.gpu, now.gpu);
  differ("driver", then.driver, now.driver);
  differ("torch", then.torch, now.torch);
  // Of some of its frames a plate has another root hash.
  if (of.allFrames)
    for (const input of then.inputs) {
      const same = now.inputs.find(({ role, ref }) => role === input.role && ref === input.ref);
      differ(`${input.role} ${input.ref}`, input.sha256root, same?.sha256root ?? null);
    }
  return out;
}

/** The record as a slot is held against: what it ran on is what was approved. `names`: old model name -> the file's name now. */
export function standardOf(
  asset: AssetRecord,
  of: { readonly sha256: string; readonly names: Readonly<Record<string, string>> },
): Approval {
  return {
    hotplate: 1,
    recipe: `${asset.recipe.name}@${asset.recipe.version}`,
    sha256: of.sha256,
    approvedAt: asset.job.endedAt,
    approvedBy: asset.ref,
    slot: asset.machine.node,
    comfyVersion: asset.engine.version ?? "not known",
    nodePacks: asset.nodePacks.map(({ name }) => name),
    models: asset.models.map(({ name, sha256, "x-folder": folder }) => ({
      folder: typeof folder === "string" ? folder : "",
      file: Object.hasOwn(of.names, name) ? (of.names[name] ?? name) : name,
      sha256,
    })),
  };
}

/** Every text that is a model's old name becomes its name now: in graphs, recipes and parameters alike. */
export function renamed<T>(value: T, names: Readonly<Record<string, string>>): T {
  if (Object.keys(names).length === 0) return value;
  const of = (part: unknown): unknown => {
    if (typeof part === "string") return Object.hasOwn(names, part) ? names[part] : part;
    if (Array.isArray(part)) return part.map(of);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, field]) => [key, of(field)]));
  };
  return of(value) as T;
}
