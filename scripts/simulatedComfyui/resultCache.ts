/** Results kept between prompts. 0.19: the previous prompt's, none after a failure. 0.38: across prompts, bounded in bytes. */
import type { Value } from "./tensor.ts";
import type { Version } from "./words.ts";

export interface Made {
  readonly values: readonly Value[];
  /** What an output graph node reports; null for the others. */
  readonly output: object | null;
}

const KEPT_BYTES_MAX = 256 * 1024 * 1024;

export class ResultCache {
  readonly #version: Version;
  #kept = new Map<string, Made>();

  constructor(version: Version) {
    this.#version = version;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  get(key: string): Made | null {
    return this.#kept.get(key) ?? null;
  }

  succeeded(all: ReadonlyMap<string, Made>): void {
    if (this.#version === "0.19") {
      this.#kept = new Map(all);
      return;
    }
    for (const [key, made] of all) {
      this.#kept.delete(key);
      this.#kept.set(key, made);
    }
    let bytes = [...this.#kept.values()].reduce((sum, made) => sum + bytesOf(made), 0);
    for (const [key, made] of this.#kept) {
      if (bytes <= KEPT_BYTES_MAX) break;
      this.#kept.delete(key);
      bytes -= bytesOf(made);
    }
  }

  failed(): void {
    if (this.#version === "0.19") this.clear();
  }

  clear(): void {
    this.#kept = new Map();
  }
}

function bytesOf(made: Made): number {
  let bytes = 0;
  for (const value of made.values) {
    if (value.kind === "image" || value.kind === "mask")
      for (const frame of value.frames) bytes += frame.data.byteLength;
  }
  return bytes;
}
