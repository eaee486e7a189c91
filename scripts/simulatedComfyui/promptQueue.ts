/** Pending prompts, smallest (number, id) first, and the numbers that prompts get. Memory only: a restart starts at 0 again. */
import type { Prompt } from "./words.ts";

export class PromptQueue {
  readonly #pending: Prompt[] = [];
  #counter = 0;

  get pending(): readonly Prompt[] {
    return this.#pending;
  }

  /** `number` as given; else the counter, negative for `front`. Only then does the counter advance: refusals leave gaps. */
  number(given: unknown, front: boolean): number {
    if (given !== undefined) {
      const number = Number(given);
      if (typeof given === "object" || Number.isNaN(number)) throw new TypeError("number");
      return number;
    }
    const number = front ? -this.#counter : this.#counter;
    this.#counter += 1;
    return number;
  }

  /** Two equal (number, id) can't be compared: the real one raises TypeError, hence 500. */
  put(prompt: Prompt): void {
    if (this.#pending.some((known) => known.number === prompt.number && known.id === prompt.id))
      throw new TypeError("equal heap entries");
    this.#pending.push(prompt);
    this.#pending.sort((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1));
  }

  take(): Prompt | null {
    return this.#pending.shift() ?? null;
  }

  remove(id: string): boolean {
    const at = this.#pending.findIndex((prompt) => prompt.id === id);
    if (at >= 0) this.#pending.splice(at, 1);
    return at >= 0;
  }

  clear(): void {
    this.#pending.length = 0;
  }
}
