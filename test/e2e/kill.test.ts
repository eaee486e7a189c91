/** The bounded part of the kill rounds that every test run makes; the long one is test/long/kill.test.ts. */
import { describe, expect, it } from "vitest";
import { killRounds } from "./killRounds.ts";

describe("a node whose processes are killed at random moments", () => {
  it("ends every manifest as exactly one whole version and never touches a plate", async () => {
    const report = await killRounds({ rounds: 10, seed: 20261124 });
    expect(report.versions).toBe(report.manifests);
    expect(new Set(report.jobs).size).toBe(report.manifests);
    expect(report.results).toBe(report.manifests * 4);
    expect(report.claims).toBe(report.manifests);
    expect(report.watcher).toMatchObject({ versions: report.manifests });
    expect(report.leftovers).toEqual([]);
    expect(report.plates.after).toBe(report.plates.before);
    expect(report.daemonKills).toBeGreaterThan(4);
    expect(report.comfyKills).toBeGreaterThan(0);
    // A machine with much else to do must not fail this.
  }, 600_000);
});
