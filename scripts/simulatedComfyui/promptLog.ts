/** The private log of `GET /simulated/log`: when each prompt came, began and ended, and how often each route was asked. Bounded. */
export interface PromptLogEntry {
  readonly id: string;
  readonly number: number;
  readonly receivedMs: number;
  startedMs: number | null;
  endedMs: number | null;
  outcome: "success" | "error" | "interrupted" | null;
  /** A checkpoint that was loaded for this prompt; null when it was there already or none was needed. */
  loaded: string | null;
}
const ENTRIES_MAX = 20_000;
const ROUTES_MAX = 500;

export class PromptLog {
  #prompts: PromptLogEntry[] = [];
  readonly #requests = new Map<string, number>();

  received(id: string, number: number): PromptLogEntry {
    const entry: PromptLogEntry = {
      id,
      number,
      receivedMs: Date.now(),
      startedMs: null,
      endedMs: null,
      outcome: null,
      loaded: null,
    };
    this.#prompts.push(entry);
    if (this.#prompts.length > ENTRIES_MAX) this.#prompts = this.#prompts.slice(-ENTRIES_MAX / 2);
    return entry;
  }

  /** The newest of that id. */
  entry(id: string): PromptLogEntry | null {
    return this.#prompts.findLast((known) => known.id === id) ?? null;
  }

  asked(method: string, path: string): void {
    const key = `${method} ${routeOf(path)}`;
    if (this.#requests.size < ROUTES_MAX || this.#requests.has(key))
      this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  clear(): void {
    this.#prompts = [];
    this.#requests.clear();
  }

  json(): { readonly prompts: readonly PromptLogEntry[]; readonly requests: Readonly<Record<string, number>> } {
    return { prompts: this.#prompts, requests: Object.fromEntries(this.#requests) };
  }
}

/** Ids are taken out: `/api/jobs/{id}`. */
function routeOf(path: string): string {
  return path.replace(/^(\/api)?\/(jobs|history|object_info|models|view_metadata)\/([^/]+)/, "$1/$2/{id}");
}
