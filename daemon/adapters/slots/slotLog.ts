/**
 * What a spawned ComfyUI writes: standard output and error go straight into one file, which survives our own death where a
 * pipe would break and fail its prompts. Read here as it grows, and rotated by copy, for the process keeps the file open.
 */
import { appendFile, copyFile, mkdir, open, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { LIMITS } from "../../domain/limits.ts";

/** Begins every start's part of the file. */
const HEAD = "--- hotplate:";

export class SlotLog {
  readonly path: string;
  #offset: number | null = null;
  #rest = "";
  #tail: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Begins the part of a process that is about to be started. */
  async begin(words: string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    await this.rotate();
    await appendFile(this.path, `${HEAD} ${words}\n`);
    this.#offset = (await stat(this.path)).size;
    this.#rest = "";
    this.#tail = [];
  }

  /** New whole lines since the last call, bounded: the oldest of a flood are skipped. */
  async read(): Promise<readonly string[]> {
    const file = await open(this.path, "r").catch(() => null);
    if (file === null) return [];
    try {
      const { size } = await file.stat();
      const first = this.#offset === null;
      // Truncated under us: everything in it is new.
      let from = this.#offset === null || this.#offset > size ? 0 : this.#offset;
      if (size - from > LIMITS.slotLogReadBytesMax) {
        from = size - LIMITS.slotLogReadBytesMax;
        this.#rest = "";
      }
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      this.#offset = from + bytesRead;
      return this.#take(this.#rest + buffer.subarray(0, bytesRead).toString("utf8"), first);
    } finally {
      await file.close();
    }
  }

  #take(text: string, first: boolean): readonly string[] {
    const parts = text.split("\n");
    this.#rest = (parts.pop() ?? "").slice(-LIMITS.slotLineCharactersMax);
    // A daemon that adopts sees only what this very process said.
    const head = first ? parts.findLastIndex((line) => line.startsWith(HEAD)) : -1;
    const lines = parts
      .slice(head + 1)
      .map((line) => (line.split("\r").at(-1) ?? "").slice(0, LIMITS.slotLineCharactersMax));
    this.#tail = [...this.#tail, ...lines].slice(-LIMITS.slotTailLinesMax);
    return lines;
  }

  /** Past its size the file is copied away and cut to nothing; what is written in between is lost. */
  async rotate(bytesMax: number = LIMITS.slotLogBytesMax): Promise<boolean> {
    const file = await open(this.path, "r").catch(() => null);
    const size = (await file?.stat())?.size ?? 0;
    await file?.close();
    if (size <= bytesMax) return false;
    await rm(`${this.path}.${LIMITS.slotLogFilesMax - 1}`, { force: true });
    for (let n = LIMITS.slotLogFilesMax - 2; n >= 1; n -= 1)
      await rename(`${this.path}.${n}`, `${this.path}.${n + 1}`).catch(ignoreAbsent);
    await copyFile(this.path, `${this.path}.1`);
    await truncate(this.path, 0);
    this.#offset = 0;
    return true;
  }
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
