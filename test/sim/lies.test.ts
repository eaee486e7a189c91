/**
 * The net catches: an fsync that does nothing, as if its line were missing in the code, breaks a promise somewhere. Most are
 * seen without any crash in the work, for the invariants look after every event at what a power cut would leave; the others
 * need the cut that is given with them, and a seed whose cut drops what was not synced.
 */
import { describe, expect, it } from "vitest";
import type { Case } from "./case.ts";
import { optionsOf } from "./case.ts";
import { run } from "./driver.ts";

const one = (lie: string, more: Partial<Case> = {}): Case => ({ seed: 1, scenario: "one", lie, ...more });
const SEEDS = 12;
const cutAfter = (pattern: string, skip = 0): Pick<Case, "when"> => ({
  when: [{ pattern, skip, fault: { kind: "crash", crash: "power", when: "after" } }],
});

const LIES: readonly (readonly [what: string, one: Case])[] = [
  // Versions: all of these are one missing line away from half a version.
  ["a claim's record", one("^sync .*v001.json")],
  ["a staged result", one("^sync .*/attempts/")],
  ["the contact sheet", one("^sync .*contact_")],
  ["wedges.json", one("^sync .*wedges.json")],
  ["graph.api.json", one("^sync .*graph.api.json")],
  ["frames.sha256", one("^sync .*frames.sha256")],
  ["qc.json", one("^sync .*qc.json")],
  ["asset.json", one("^sync .*asset.json")],
  ["commit.json", one("^sync .*commit.json")],
  ["a wedge's directory", one("^syncDir .*/tree/w001$")],
  ["the version's .hotplate", one("^syncDir .*/tree/.hotplate$")],
  ["the tree", one("^syncDir .*/tree$")],
  ["the directory of claims", one("^syncDir .*/claims$")],
  ["the product's .hotplate", one("^syncDir .*/tiny/.hotplate$")],
  ["the product's directory, in which the version appears", one("^syncDir .*/tiny$")],
  ["the shot's directory, in which the product appears", one("^syncDir /farm/shots/SH010$")],
  ["the directory that holds the tree", one("^syncDir .*/staging/job_[^/]*$", cutAfter("^store.beginPublish"))],
  ["the directory that holds all staging", one("^syncDir .*/staging$", cutAfter("^store.beginPublish"))],
  ["the directory from which staging was removed", one("^syncDir .*/staging$", { scenario: "still", lieSkip: 1 })],
  // Manifests.
  ["the record of a hot folder's owner", one("^sync .*owner.json", cutAfter("^files.syncDir /farm/hot/.hotplate$", 1))],
  ["the hot folder", one("^syncDir /farm/hot$")],
  ["the hot folder's .hotplate", one("^syncDir /farm/hot/.hotplate$", cutAfter("^store.submit"))],
  ["the directory of claimed manifests", one("^syncDir .*/claimed$")],
  ["accepted/", one("^syncDir .*/accepted", cutAfter("^store.fileDrops .*accepted"))],
  ["done/", one("^syncDir .*/done")],
  // What QC refused.
  ["the directory of quarantines", one("^syncDir .*/quarantine$", { scenario: "sorted" })],
  ["a version's quarantine", one("^syncDir .*/quarantine/v001$", { scenario: "sorted" })],
  ["a wedge's quarantine", one("^syncDir .*/quarantine/v001/w00", { scenario: "sorted" })],
  ["a reason in quarantine", one("^sync .*reason.txt", { scenario: "sorted" })],
];

/** What survives of unsynced names is drawn: a few seeds, until one shows it. */
async function foundWith(lied: Case): Promise<string | null> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const report = await run({ ...optionsOf({ ...lied, seed }), eventsMax: 40_000 });
    const cut = report.faults.length === (lied.when?.length ?? 0);
    if (cut && report.problem !== null) return report.problem;
  }
  return null;
}

/** Loops are long on a busy machine, and nothing here depends on how long: only what never ends is stopped. */
const PATIENCE = { timeout: 3_600_000 };

describe("an fsync that is left out is found", PATIENCE, () => {
  it.each(LIES)("of %s", async (_, lied) => {
    expect(await foundWith(lied)).not.toBeNull();
  });

  it("of the directory of staged results: they are rendered again", async () => {
    const lied = one("^syncDir .*/attempts$", cutAfter("^store.stage", 1));
    const { lie: _, ...honest } = lied;
    let repeated = 0;
    for (let seed = 1; seed <= SEEDS && repeated <= 0; seed += 1) {
      const lying = await run(optionsOf({ ...lied, seed }));
      repeated = lying.gpuRuns - (await run(optionsOf({ ...honest, seed }))).gpuRuns;
    }
    expect(repeated).toBeGreaterThan(0);
  });
});
