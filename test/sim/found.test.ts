/** What the simulated world found once: each defect by the call at which it showed, so that it never comes back. */
import { describe, expect, it } from "vitest";
import type { Case } from "./case.ts";
import { runCases } from "./loops.ts";

const FOUND: readonly (readonly [string, Case])[] = [
  [
    "sends a refused task again when its end could not be written down, because its history could not be read",
    {
      seed: 1,
      scenario: "refused",
      when: [{ pattern: "^store.history", fault: { kind: "error", error: "EIO" } }],
    },
  ],
  [
    "sends a refused task again when its end could not be written down, because the rules could not be read",
    {
      seed: 1,
      scenario: "refused",
      when: [{ pattern: "^rules.book", fault: { kind: "error", error: "EIO" } }],
    },
  ],
  [
    "fails no task because the recipe folders can't be read for a while after a restart",
    {
      seed: 1,
      scenario: "still",
      when: [
        { pattern: "^store.openVersion", fault: { kind: "crash", crash: "kill", when: "after" } },
        { pattern: "^recipes.book", life: 2, fault: { kind: "error", error: "EIO" } },
      ],
    },
  ],
  [
    "makes a manifest's move durable when the answer of its unlink was lost",
    {
      seed: 3,
      scenario: "still",
      when: [{ pattern: "^files.unlink /farm/hot/.hotplate/claimed/", fault: { kind: "error", error: "lost" } }],
    },
  ],
  [
    "makes a manifest's move durable when it was killed before the fsync",
    {
      seed: 2,
      scenario: "still",
      when: [
        {
          pattern: "^files.syncDir /farm/hot/.hotplate/claimed",
          skip: 1,
          fault: { kind: "crash", crash: "kill", when: "before" },
        },
      ],
    },
  ],
  [
    "finds a manifest that the life before filed under its second name",
    {
      seed: 1,
      scenario: "day",
      when: [
        {
          pattern: '^store.fileDrops .*"/farm/hot/done/[^"]*job_',
          fault: { kind: "crash", crash: "kill", when: "before" },
        },
      ],
    },
  ],
  [
    "records where a manifest was filed when the store failed the first time",
    {
      seed: 1,
      scenario: "still",
      when: [{ pattern: "^store.fileDrops .*/done/", fault: { kind: "error", error: "EIO" } }],
    },
  ],
  [
    "asks ComfyUI with pauses while one file hangs on the disk",
    {
      seed: 2,
      scenario: "one",
      when: [{ pattern: "^files.sync .*/attempts/", fault: { kind: "late", ms: 700_000 } }],
    },
  ],
  [
    "removes the staging of a burnt version when the first try fails",
    {
      seed: 1,
      scenario: "refused",
      when: [{ pattern: "^files.removeTree .*/staging/", fault: { kind: "error", error: "EIO" } }],
    },
  ],
  [
    "removes the staging of a burnt version when it was killed right after the decision",
    {
      seed: 1,
      scenario: "refused",
      when: [{ pattern: "^store.burn", fault: { kind: "crash", crash: "kill", when: "after" } }],
    },
  ],
];

/** Loops are long on a busy machine, and nothing here depends on how long: only what never ends is stopped. */
const PATIENCE = { timeout: 3_600_000 };

describe("the daemon", PATIENCE, () => {
  it.each(FOUND)("%s", async (_, one) => {
    // What survives a power cut is drawn: each at a few seeds.
    const report = await runCases([1, 2, 3].map((seed) => ({ ...one, seed })));
    expect(report.failures).toEqual([]);
  });
});
