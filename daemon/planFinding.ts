/** What the parts of a plan hand back: a value, findings at places of the manifest, or the reason to wait. */
import type { ManifestFinding } from "./domain/manifestFinding.ts";
import type { World } from "./ports.ts";
import type { ProductRow } from "./storePort.ts";

export type PathWorld = Pick<World, "config" | "layouts" | "files" | "images" | "clock" | "digest"> & {
  /** Products that this node made, for references to versions; absent: none is known. */
  readonly products?: () => Promise<readonly ProductRow[]>;
};

export type Finding = ManifestFinding;
export interface Resolved<T> {
  readonly value: T | null;
  readonly findings: readonly Finding[];
  readonly waiting: string | null;
}

export function found<T>(value: T, findings: readonly Finding[] = []): Resolved<T> {
  return { value, findings, waiting: null };
}
export function refused<T>(...findings: readonly Finding[]): Resolved<T> {
  return { value: null, findings, waiting: null };
}
/** Nothing is wrong; it is looked at again. The finding says where and under which code. */
export function waitFor<T>(finding: Finding): Resolved<T> {
  return { value: null, findings: [{ ...finding, severity: "warning" }], waiting: finding.message };
}
