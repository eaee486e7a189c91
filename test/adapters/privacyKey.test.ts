/** The node's secret for `privacy: redact`: made once, for its owner's eyes, the same ever after; and what it does to a record. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { privacyKey } from "../../daemon/adapters/privacyKey.ts";
import type { StepId } from "../../daemon/domain/ids.ts";
import { qcJson } from "../../daemon/domain/qcReport.ts";
import { sheetPages } from "../../daemon/stages/contactSheet.ts";
import { publicPlan, redactOf } from "../../daemon/stages/versionRecord.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { versionFacts } from "../fixtures/versionFacts.ts";

test("the key is made once, readable by its owner alone", async () => {
  using dir = tempDir();
  const one = await privacyKey(dir.path);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(await privacyKey(dir.path)).toBe(one);
  expect([statSync(dir.file("privacy.key")).mode & 0o777, readFileSync(dir.file("privacy.key"), "utf8")]).toEqual([
    0o600,
    `${one}\n`,
  ]);
  expect(readdirSync(dir.path)).toEqual(["privacy.key"]);
});

test("what is no key, as a power cut or a person may leave it, is refused: hashes made with it could be guessed", async () => {
  using dir = tempDir();
  for (const left of ["", "0123abcd\n"]) {
    writeFileSync(dir.file("privacy.key"), left);
    await expect(privacyKey(dir.path)).rejects.toMatchObject({ code: "HP-CONFIG-INVALID" });
    expect(readFileSync(dir.file("privacy.key"), "utf8")).toBe(left);
  }
});

test("words are hashed with it and with the version, and only when the configuration says redact", () => {
  const of = (privacy: string, privacyKey: string, stepId: string): string => {
    const { context } = testStage({ config: { privacy }, options: { privacyKey } });
    const world = { ...context.world, digest: createDigest() };
    return redactOf({ ...context, world }, { store: "s", stepId })("a secret tunnel");
  };
  expect(of("publish", "k", "job_a/1")).toBe("a secret tunnel");
  const hashed = [of("redact", "k", "job_a/1"), of("redact", "other", "job_a/1"), of("redact", "k", "job_b/1")];
  expect(hashed.every((text) => /^redacted:sha256:[0-9a-f]{64}$/.test(text))).toBe(true);
  expect(new Set(hashed).size).toBe(3);
  expect(of("redact", "k", "job_a/1")).toBe(hashed[0]);
});

test("neither a contact sheet nor a QC report shows words that are redacted, and both show them else", async () => {
  const facts = versionFacts({ wedges: 2 });
  const wedges = facts.plan.wedges.map((wedge) => ({ ...wedge, axes: { prompt: "a secret tunnel", steps: "20" } }));
  const secret = { ...facts.plan, wedges };
  const shown = async (privacy: string): Promise<string> => {
    const { context } = testStage({
      config: { privacy },
      options: { privacyKey: "k" },
      store: { storeId: async () => facts.store },
    });
    const world = { ...context.world, digest: createDigest() };
    const plan = await publicPlan({ ...context, world }, { id: facts.stepId as StepId, plan: secret });
    const tiles = sheetPages(plan, [], () => null).flatMap((page) => page.tiles);
    const tool = { name: "hotplate", version: "0.1.0" };
    const qc = qcJson({ ...facts, plan }, { tool, sequences: new Map(), simulated: false });
    return tiles.map(({ label }) => label).join() + qc;
  };
  expect(await shown("publish")).toContain("a secret tunnel");
  const redacted = await shown("redact");
  expect(redacted).not.toContain("secret");
  expect(redacted).toContain("w001 prompt redacted steps 20");
  expect(redacted).toMatch(/"prompt": "redacted:sha256:[0-9a-f]{64}"/);
});
