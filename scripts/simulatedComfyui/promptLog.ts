/**
 * The private log of `GET /simulated/log`: when each prompt came, began and ended, how often each route was asked, and how
 * many interrupts named their prompt or would have hit anybody's. Bounded.
 */
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
export interface LogJson {
  readonly prompts: readonly PromptLogEntry[];
  readonly requests: Readonly<Record<string, number>>;
  readonly interrupts: { readonly named: number; readonly anybody: number };
}
const ENTRIES_MAX = 20_000;
const ROUTES_MAX = 500;

export class PromptLog {
  #prompts: PromptLogEntry[] = [];
  readonly #requests = new Map<string, number>();
  #interrupts = { named: 0, anybody: 0 };

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

  /** `id` null: the interrupt has no body, or one that can't be read, and hits whatever runs. */
  interrupted(id: string | null): void {
    this.#interrupts[id === null ? "anybody" : "named"] += 1;
  }

  clear(): void {
    this.#prompts = [];
    this.#interrupts = { named: 0, anybody: 0 };
    this.#requests.clear();
  }

  json(): LogJson {
    return { prompts: this.#prompts, requests: Object.fromEntries(this.#requests), interrupts: this.#interrupts };
  }
}

/** Ids are taken out: `/api/jobs/{id}`. */
function routeOf(path: string): string {
  return path.replace(/^(\/api)?\/(jobs|history|object_info|models|view_metadata)\/([^/]+)/, "$1/$2/{id}");
}
