/** What is not on the shelf yet is not gone. */
import { describe, expect, it } from "vitest";
import { run } from "../sim/driver.ts";
import { faultsAt } from "../sim/faults.ts";
import { ONE } from "../sim/scenario.ts";

describe("a daemon that starts again with accepted work while its recipes are still being read", () => {
  it("loses no job to recipes that it has not seen yet", async () => {
    for (const n of [300, 340, 380]) {
      const crash = { [n]: { kind: "crash", crash: "kill", when: "after" } } as const;
      const report = await run({ seed: n, scenario: ONE, faults: faultsAt(crash) });
      expect(report.problem, `seed ${n}, killed at call ${n}`).toBeNull();
      expect(report).toMatchObject({ ok: true, unexpected: [] });
    }
  });
});
