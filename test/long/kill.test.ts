/** A hundred kill rounds: `npm run test:long`. */
import { describe, expect, it } from "vitest";
import { killRounds } from "../e2e/killRounds.ts";

describe("a node whose processes are killed at random moments, for long", () => {
  it("ends every manifest as exactly one whole version after 100 kills", async () => {
    const report = await killRounds({ rounds: 100, seed: 7 });
    console.log(JSON.stringify({ ...report, jobs: report.jobs.length }));
    expect(report.versions).toBe(report.manifests);
    expect(new Set(report.jobs).size).toBe(report.manifests);
    expect(report.leftovers).toEqual([]);
  }, 1_800_000);
});
