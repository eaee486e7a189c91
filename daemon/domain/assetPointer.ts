/**
 * What a published frame says of itself: a reference and an id that lead to its record, never the record's hash (the record
 * holds the frame's hash, so that would be a circle). The id is a UUID made of who made the version, so that it is known
 * before the version is whole and is the same after a crash. Pure text, the same in the frame and in `asset.json`.
 */
import { versionName, wedgeName } from "./ids.ts";
import { baseName } from "./paths.ts";
import type { Target } from "./plan.ts";

/** Written into every published frame. */
export interface Embed {
  /** IPTC Digital Source Type (2024-09-17), a URI. */
  readonly digitalSourceType: string;
  /** `hotplate://SHOW/SHOT/PRODUCT/v007[/w032]`. */
  readonly assetRef: string;
  /** The record's `id`. */
  readonly assetId: string;
  /** A whole number as text: it may be larger than other programs' integers. */
  readonly seed: string;
  /** Made by a simulated ComfyUI; absent: by a real one. */
  readonly simulated?: true;
}

/** What the id's digest is made over: one store and one step are one version. */
export function assetSeed(of: { readonly store: string; readonly stepId: string }): string {
  return `hotplate asset\n${of.store}\n${of.stepId}`;
}

/** Hex sha256 -> `urn:uuid:...`, version 8 (RFC 9562: made by our own rule). */
export function assetUrn(sha256: string): string {
  const variant = ((Number.parseInt(sha256.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    sha256.slice(0, 8),
    sha256.slice(8, 12),
    `8${sha256.slice(13, 16)}`,
    `${variant}${sha256.slice(17, 20)}`,
    sha256.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}

export interface RefParts {
  readonly show: string;
  /** null: no template knows it; the folder that holds the product stands for it. */
  readonly shot: string | null;
  readonly target: Pick<Target, "shotDir" | "product">;
  readonly version: number;
  /** Absent: the whole version. */
  readonly wedge?: number;
}

/** Parts that a URI can't hold are percent-encoded. */
export function assetReference(of: RefParts): string {
  const parts = [
    of.show,
    of.shot ?? baseName(of.target.shotDir),
    of.target.product,
    versionName(of.version),
    ...(of.wedge === undefined ? [] : [wedgeName(of.wedge)]),
  ];
  return `hotplate://${parts.map(encodeURIComponent).join("/")}`;
}
