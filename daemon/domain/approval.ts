/**
 * What a recipe was approved with: model hashes, node packs, ComfyUI version. `approved.json` beside recipe.yaml, written by
 * `hotplate recipe approve` and by nobody else. A slot that differs from it is drift; this file says in which words. Pure.
 */
import { z } from "zod";
import type { Catalogue } from "./catalogue.ts";
import type { Graph } from "./recipe.ts";

export const APPROVAL_FILE = "approved.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const approvalSchema = z.strictObject({
  hotplate: z.literal(1),
  recipe: z.string().max(200),
  /** Of recipe.yaml's meaning and the graph. */
  sha256,
  approvedAt: z.string().max(40),
  approvedBy: z.string().max(200),
  slot: z.string().max(200),
  comfyVersion: z.string().max(100),
  nodePacks: z.array(z.string().max(200)).max(1_000),
  models: z
    .array(z.strictObject({ folder: z.string().max(200), file: z.string().max(500), sha256: sha256.nullable() }))
    .max(1_000),
});
export type Approval = Readonly<z.infer<typeof approvalSchema>>;

export type ApprovalReading =
  | { readonly kind: "approval"; readonly approval: Approval }
  | { readonly kind: "broken"; readonly message: string };

export function readApproval(text: string): ApprovalReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The file is ours alone: whatever is wrong with it, the remedy is the same.
    return { kind: "broken", message: "approved.json is not valid JSON; remove it and approve the recipe again." };
  }
  const parsed = approvalSchema.safeParse(value);
  if (parsed.success) return { kind: "approval", approval: parsed.data };
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  return {
    kind: "broken",
    message: `approved.json: ${where} is not as we write it; remove it and approve the recipe again.`,
  };
}

export function approvalText(approval: Approval): string {
  return `${JSON.stringify(approval, null, 2)}\n`;
}

/** Node packs that the classes of a graph come from, as this ComfyUI says. */
export function packsOf(graph: Graph, catalogue: Catalogue): readonly string[] {
  const packs = Object.values(graph).flatMap(({ class_type }) =>
    Object.hasOwn(catalogue, class_type) ? (catalogue[class_type]?.pack ?? []) : [],
  );
  return [...new Set(packs)].sort();
}

export interface SlotAsFound {
  readonly comfyVersion: string;
  readonly nodePacks: readonly string[];
  /** Models of the task; null: the slot names no model directories, so nobody knows. */
  readonly models: readonly { readonly file: string; readonly sha256: string | null }[];
}

/** Every difference in words; none: as approved. `verb`: what the approval stands for: what was approved, or was made so. */
export function driftOf(
  approval: Approval,
  of: { readonly sha256: string; readonly verb: "approved" | "made" },
  found: SlotAsFound,
): readonly string[] {
  const { verb } = of;
  const out: string[] = [];
  if (approval.sha256 !== of.sha256) out.push("recipe.yaml or the graph was changed after the approval");
  if (approval.comfyVersion !== found.comfyVersion)
    out.push(`ComfyUI is ${found.comfyVersion}, ${verb} with ${approval.comfyVersion}`);
  for (const pack of found.nodePacks)
    if (!approval.nodePacks.includes(pack)) out.push(`node pack ${pack} was not there when it was ${verb}`);
  for (const model of found.models) {
    const before = approval.models.find(({ file }) => file === model.file);
    if (before === undefined)
      out.push(verb === "made" ? `model ${model.file} did not make it` : `model ${model.file} was not approved`);
    else if (before.sha256 !== model.sha256)
      out.push(`model ${model.file} is ${short(model.sha256)}, ${verb} with ${short(before.sha256)}`);
  }
  return out;
}

function short(hash: string | null): string {
  return hash === null ? "of unknown hash" : hash.slice(0, 12);
}
