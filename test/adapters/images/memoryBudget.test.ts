/** Who may decode and who waits: by what each needs and has, in the order in which they asked, without clocks or processes. */
import { describe, expect, it } from "vitest";
import { createMemoryBudget, defaultMemory } from "../../../daemon/adapters/images/memoryBudget.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";

function bench(bytes: number) {
  const went: string[] = [];
  const given: string[] = [];
  const budget = createMemoryBudget<string>(bytes, (who) => {
    given.push(who);
    budget.leaves(who);
  });
  const ask = (who: string, needs: number, alone = false) =>
    budget.ask(who, { bytes: needs, alone }, () => void went.push(who));
  return { budget, ask, went, given };
}

describe("memory for pictures", () => {
  it("is given as long as there is some, and the next one waits until one has ended and is gone", () => {
    const { budget, ask, went, given } = bench(10);
    expect([ask("a", 4), ask("b", 4), ask("c", 4)]).toEqual([true, true, true]);
    expect(went).toEqual(["a", "b"]);
    // What a kept is not free before its process is.
    budget.rests("a");
    expect([went, given]).toEqual([["a", "b"], ["a"]]);
    budget.gone("a");
    expect(went).toEqual(["a", "b", "c"]);
  });

  it("is not taken from one that rests where there is room, and its next job takes the place of what it kept", () => {
    const { budget, ask, went, given } = bench(10);
    ask("a", 4);
    budget.rests("a");
    ask("b", 6);
    ask("a", 4);
    expect([went, given]).toEqual([["a", "b", "a"], []]);
  });

  it("goes by who came first: what is small does not pass what is large, which would wait for ever", () => {
    const { budget, ask, went } = bench(10);
    ask("a", 8);
    ask("large", 9);
    ask("small", 1);
    expect(went).toEqual(["a"]);
    budget.rests("a");
    budget.gone("a");
    expect(went).toEqual(["a", "large", "small"]);
  });

  it("is refused to what can never fit, and given to what may go alone once nobody else has any", () => {
    const { budget, ask, went } = bench(10);
    expect(ask("never", 11)).toBe(false);
    ask("a", 2);
    expect(ask("alone", 50, true)).toBe(true);
    expect(went).toEqual(["a"]);
    budget.rests("a");
    budget.gone("a");
    ask("b", 1);
    expect(went).toEqual(["a", "alone"]);
  });

  it("comes free where all wait with what they kept: the one behind gives up, and asks again from nothing", () => {
    const { budget, ask, went, given } = bench(10);
    ask("a", 4);
    ask("b", 4);
    ask("c", 2);
    for (const who of ["a", "b", "c"]) budget.works(who);
    ask("a", 8);
    ask("b", 8);
    budget.rests("c");
    budget.gone("c");
    expect(given).toEqual(["c", "b"]);
    budget.gone("b");
    expect(went.at(-1)).toBe("a");
    budget.rests("a");
    expect(given).toEqual(["c", "b"]);
  });

  it("is not kept by one that ended while it waited or worked", () => {
    const { budget, ask, went } = bench(10);
    ask("a", 9);
    ask("b", 9);
    ask("c", 9);
    budget.leaves("b");
    budget.gone("b");
    budget.leaves("a");
    expect(went).toEqual(["a"]);
    budget.gone("a");
    expect(went).toEqual(["a", "c"]);
  });
});

it("a quarter of a large machine is for pictures, on others what a largest pair takes, and never more than half", () => {
  const GiB = 1024 ** 3;
  expect(defaultMemory(256 * GiB)).toBe(64 * GiB);
  expect(defaultMemory(24 * GiB)).toBe(9 * GiB);
  expect(defaultMemory(8 * GiB)).toBe(4 * GiB);
  // A sandbox that hides its memory.
  expect(defaultMemory(0)).toBe(LIMITS.imageMemoryBytesMin);
});
