/**
 * What a job's tasks ran on, written down when they are given to a slot and read again for the version's papers: models by
 * hash, ComfyUI version, node packs, and how the recipe stood to its approval. Pure.
 */
import type { StoredEvent } from "./events.ts";
import type { ModelFacts } from "./modelFacts.ts";

export interface RanModel {
  /** What its header says of it; absent or null: nothing, or nobody looked. */
  readonly facts?: ModelFacts | null;
  readonly folder: string | null;
  readonly file: string;
  /** null: not known, for the slot names no model directories. */
  readonly sha256: string | null;
  readonly bytes: number | null;
}
export interface RanOn {
  readonly slot: string;
  readonly comfyVersion: string | null;
  readonly nodePacks: readonly string[];
  readonly models: readonly RanModel[];
  readonly approval: "none" | "approved" | "drifted";
  readonly drift: readonly string[];
}

/** The records among a job's events. */
export function ranOnEvents(events: readonly StoredEvent[]): readonly RanOn[] {
  return events
    .filter(({ name }) => name === "job.ran")
    .map(({ fields }) => JSON.parse(String(fields["ran"])) as RanOn);
}

export interface RanTogether {
  readonly models: readonly RanModel[];
  readonly nodePacks: readonly string[];
  readonly comfyVersions: readonly string[];
  readonly approval: { readonly state: RanOn["approval"] | "not approved"; readonly drift: readonly string[] };
}

/** All slots of a job together; each thing once, sorted, so that equal runs give equal papers. */
export function ranTogether(records: readonly RanOn[]): RanTogether {
  const models = new Map<string, RanModel>();
  for (const record of records) for (const model of record.models) models.set(JSON.stringify(model), model);
  const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();
  const state = records.some(({ approval }) => approval === "drifted")
    ? "drifted"
    : records.length > 0 && records.every(({ approval }) => approval === "approved")
      ? "approved"
      : "not approved";
  return {
    models: [...models].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, model]) => model),
    nodePacks: sorted(records.flatMap((record) => record.nodePacks)),
    comfyVersions: sorted(records.flatMap((record) => record.comfyVersion ?? [])),
    approval: { state, drift: sorted(records.flatMap((r) => r.drift.map((words) => `slot ${r.slot}: ${words}`))) },
  };
}
