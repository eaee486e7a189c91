/** The bounded part of the kill rounds that every test run makes; the long one is test/long/kill.test.ts. */
import { describe, expect, it } from "vitest";
import { killRounds } from "./killRounds.ts";

describe("a node whose processes are killed at random moments", () => {
  it("ends every manifest as exactly one whole version", async () => {
    const report = await killRounds({ rounds: 10, seed: 20261124 });
    expect(report.versions).toBe(report.manifests);
    expect(new Set(report.jobs).size).toBe(report.manifests);
    expect(report.watcher.looks).toBeGreaterThan(report.rounds);
    expect(report.leftovers).toEqual([]);
    expect(report.daemonKills).toBe(10);
  });
});
