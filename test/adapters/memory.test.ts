/** Memory is given back after work, once, and never in the midst of it. */
import { expect, test } from "vitest";
import { createRest } from "../../daemon/adapters/memory.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";

function resting(): {
  readonly work: (ms: number) => void;
  readonly look: () => boolean;
  readonly collected: () => number;
} {
  let used = 0;
  let collected = 0;
  const look = createRest({ usedMs: () => used, collect: () => void (collected += 1) });
  return { work: (ms) => void (used += ms), look, collected: () => collected };
}

test("while there is work nothing is collected; when it has been quiet it is, once", () => {
  const rest = resting();
  rest.work(LIMITS.memoryWorthCpuMs);
  expect(rest.look()).toBe(false);
  rest.work(LIMITS.memoryQuietCpuMs);
  expect(rest.look()).toBe(false);
  rest.work(LIMITS.memoryQuietCpuMs - 1);
  expect(rest.look()).toBe(true);
  rest.work(1);
  expect([rest.look(), rest.look()]).toEqual([false, false]);
  expect(rest.collected()).toBe(1);
});

test("after the next work it is collected again, but not for a little", () => {
  const rest = resting();
  rest.work(LIMITS.memoryWorthCpuMs);
  rest.look();
  expect(rest.look()).toBe(true);
  rest.work(LIMITS.memoryWorthCpuMs - 1);
  rest.look();
  expect(rest.look()).toBe(false);
  rest.work(1);
  expect(rest.look()).toBe(true);
});

test("without a way to collect nothing is done", () => {
  const look = createRest({ usedMs: () => 0, collect: null });
  expect(look()).toBe(false);
});
