/** A hundred rounds of kills; the figures stand in docs/crash-safety.md. */
import { describe, expect, it } from "vitest";
import { killRounds } from "../e2e/killRounds.ts";

describe("a node whose processes are killed at random moments, for long", () => {
  it("ends every manifest as exactly one whole version after 100 rounds of kills", async () => {
    const report = await killRounds({ rounds: 100, seed: 7 });
    const { jobs, plates, ...figures } = report;
    console.log(JSON.stringify(figures));
    expect(report.versions).toBe(report.manifests);
    expect(new Set(jobs).size).toBe(report.manifests);
    expect(report.results).toBe(report.manifests * 4);
    expect(report.claims).toBe(report.manifests);
    expect(report.watcher).toMatchObject({ versions: report.manifests });
    expect(report.leftovers).toEqual([]);
    expect(plates.after).toBe(plates.before);
  }, 3_600_000);
});
