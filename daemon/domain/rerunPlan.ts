/**
 * What a plan keeps of the version that it makes again: where its frames lie, to be measured against, and what it ran on, to
 * be compared. Pure.
 */
import { z } from "zod";
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
  readonly ran: RanThen;
}

/** What the old version ran on, as far as it is on record. */
export interface RanThen {
  readonly engine: string | null;
  readonly nodePacks: readonly string[];
  readonly gpu: string | null;
  readonly driver: string | null;
  readonly torch: string | null;
  /** `plate p.1001.exr` -> sha256; null: not known. */
  readonly inputs: Readonly<Record<string, string | null>>;
}

const inputFiles = z.array(z.looseObject({ name: z.string(), sha256: z.string().nullable() }));

export function ranThen({ engine, nodePacks, machine, inputs }: AssetRecord): RanThen {
  return {
    engine: engine.version,
    nodePacks: nodePacks.map(({ name }) => name),
    gpu: machine.gpu,
    driver: machine.driver,
    torch: machine.torch,
    inputs: Object.fromEntries(
      inputs.flatMap((input) => {
        const files = inputFiles.safeParse(input["x-files"]);
        return files.success ? files.data.map(({ name, sha256 }) => [`${input.role} ${name}`, sha256]) : [];
      }),
    ),
  };
}

export interface Drift {
  /** Every difference between then and now, in words; what is not known on one side is one. */
  readonly words: readonly string[];
  /** It was made from something else, so that no likeness says anything of how well it can be made again. */
  readonly otherInputs: boolean;
}

/** Inputs are compared as far as the new version has them: it may be made of fewer frames. */
export function driftSince(then: RanThen, now: RanThen): Drift {
  const out: string[] = [];
  const differ = (what: string, a: string | null, b: string | null): void => {
    if (a !== b) out.push(`${what}: ${a ?? "not known"} -> ${b ?? "not known"}`);
  };
  differ("ComfyUI", then.engine, now.engine);
  differ("node packs", then.nodePacks.join(", "), now.nodePacks.join(", "));
  differ("GPU", then.gpu, now.gpu);
  differ("driver", then.driver, now.driver);
  differ("torch", then.torch, now.torch);
  const ran = out.length;
  for (const [name, sha256] of Object.entries(now.inputs)) differ(name, then.inputs[name] ?? null, sha256);
  return { words: out, otherInputs: out.length > ran };
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
