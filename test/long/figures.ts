/** Runs a loop in the long suite: says its figures in one line, and fails with every failure and its replay command. */
import { performance } from "node:perf_hooks";
import { expect } from "vitest";
import type { Case } from "../sim/case.ts";
import { runCases } from "../sim/loops.ts";

export async function expectKept(name: string, cases: readonly Case[]): Promise<void> {
  expect(cases.length).toBeGreaterThan(0);
  const from = performance.now();
  const { failures, ...sum } = await runCases(cases, { failuresMax: 20 });
  const seconds = Math.round((performance.now() - from) / 1_000);
  console.log(JSON.stringify({ name, ...sum, seconds, failures: failures.length }));
  expect(failures).toEqual([]);
}
