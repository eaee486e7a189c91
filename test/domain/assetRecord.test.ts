/** The record of a version: its one schema, what it says of each kind of work, what it keeps and what it does not tell. */
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { assetReference, assetSeed, assetUrn } from "../../daemon/domain/assetPointer.ts";
import { assetJson, assetRecord } from "../../daemon/domain/assetJson.ts";
import { readAsset } from "../../daemon/domain/assetRecord.ts";
import type { StepPlan } from "../../daemon/domain/plan.ts";
import type { RecordPlan } from "../../daemon/domain/recordPlan.ts";
import { recordPlan } from "../../daemon/domain/recordPlan.ts";
import { isRedacted, redactor } from "../../daemon/domain/redaction.ts";
import { wedgesJson } from "../../daemon/domain/version.ts";
import type { VersionFacts } from "../../daemon/domain/versionFacts.ts";
import { assetJsonSchema } from "../../scripts/schemaPages.ts";
import { shipped } from "../fixtures/recipes.ts";
import { recordFacts, versionFacts } from "../fixtures/versionFacts.ts";

const digest = createDigest();
const byOthers = new Ajv({ strict: false, formats: { "date-time": true, uri: true } }).compile(
  JSON.parse(assetJsonSchema()) as object,
);
const read = (text: string) => {
  const reading = readAsset(text);
  if (reading.kind !== "asset") throw new Error(JSON.stringify(reading));
  return reading.asset;
};
const withRecord = (facts: VersionFacts, record: Partial<RecordPlan>, plan: Partial<StepPlan> = {}): VersionFacts => ({
  ...facts,
  plan: {
    ...facts.plan,
    ...plan,
    record: {
      ...recordPlan({ manifest: {}, recipe: shipped("grain").file, wedges: [], images: [] }),
      ...record,
    },
  },
});
const PLATE: StepPlan["plate"] = {
  pattern: "p.####.exr",
  dir: "/p",
  stem: "p",
  ext: "exr",
  padding: 4,
  width: 8,
  height: 4,
  frames: [],
  colorspace: null,
};

describe("the record of a version", () => {
  it("is what its own schema says, by us and by any reader of the published one", () => {
    const text = assetJson(versionFacts({ wedges: 2, frames: [1001, 1002, 1004] }), recordFacts());
    const asset = read(text);
    expect(byOthers(asset), JSON.stringify(byOthers.errors)).toBe(true);
    expect(asset.ref).toBe("hotplate://AGM/010/envTunnel/v007");
    expect(asset.seed).toEqual({ base: "1001", policy: "per-wedge" });
    expect(asset.wedges).toEqual({
      axes: { lighting: ["noon", "sodium lamps"], seed: ["1001", "1002"] },
      count: 2,
      file: "wedges.json",
    });
  });

  it("is strict but for x- fields, at every depth, and those are kept", () => {
    const asset = read(assetJson(versionFacts({ wedges: 1 }), recordFacts()));
    const more = { ...asset, "x-studio": { a: 1 }, entity: { ...asset.entity, "x-code": "S1" } };
    expect(read(JSON.stringify(more))).toEqual(more);
    expect(byOthers(more)).toBe(true);
    for (const wrong of [
      { ...asset, studio: 1 },
      { ...asset, entity: { ...asset.entity, code: "S1" } },
      { ...asset, seed: { ...asset.seed, base: 1000 } },
      { ...asset, files: [{ ...asset.files[0], digest: { alg: "md5", list: "frames.sha256", root: "0" } }] },
    ]) {
      expect(readAsset(JSON.stringify(wrong)).kind).toBe("broken");
      expect(byOthers(wrong)).toBe(false);
    }
    expect(readAsset(JSON.stringify({ ...asset, studio: 1 }))).toMatchObject({ message: /studio/ });
    expect(readAsset("{")).toEqual({ kind: "broken", message: "it is not valid JSON" });
  });

  it("knows one of before, which had another form under the same name", () => {
    expect(readAsset(JSON.stringify({ schema: "ai-asset/1", id: "urn:hotplate:s:j/1", simulated: false })).kind).toBe(
      "old",
    );
  });

  it("names files as sequences, with what is missing and the hash over their own lines", () => {
    const facts = versionFacts({ wedges: 1, frames: [1001, 1002, 1003, 1005] });
    const files = facts.files
      .filter(({ frame }) => frame !== 1002)
      .map((file) => ({ ...file, path: `a_v007.${file.frame}.png` }));
    const head = { format: "png", width: 96, height: 54, channels: 3, bitDepth: 16, compression: "deflate" };
    const asset = assetRecord({ ...facts, files }, recordFacts({ heads: new Map([["a_v007.%04d.png", head]]) }));
    const lines = [1001, 1003, 1005].map((frame) => `${"cd".repeat(32)}  a_v007.${frame}.png\n`).join("");
    expect(asset.files).toEqual([
      {
        path: "a_v007.%04d.png",
        frames: "1001-1005:2",
        missing: "1002",
        width: 96,
        height: 54,
        role: "beauty",
        channels: "RGB uint16",
        compression: "deflate",
        colorspace: null,
        digest: { alg: "sha256", list: "frames.sha256", root: digest.sha256(lines) },
      },
    ]);
  });

  it("says null and why where an input's hash is not known", () => {
    const file = { frame: 1001, name: "p.1001.exr", bytes: 1, mtimeNs: "1", sha256: "ab".repeat(32) };
    const input = { role: "plate", ref: "p.####.exr", frames: "1001", dir: "/p", note: null };
    const late = { ...input, files: [{ ...file, sha256: null }], note: "hash not known: p.1001.exr: late" };
    const asset = assetRecord(
      versionFacts({ wedges: 1 }),
      recordFacts({ inputs: [{ ...input, files: [file] }, late] }),
    );
    expect(asset.inputs).toMatchObject([
      { sha256root: digest.sha256(`${"ab".repeat(32)}  p.1001.exr\n`), rights: null },
      { sha256root: null, "x-note": "hash not known: p.1001.exr: late" },
    ]);
  });
});

describe("what a result is", () => {
  const term = (facts: VersionFacts): string =>
    assetRecord(facts, recordFacts()).digitalSourceType.split("/").at(-1) ?? "";

  it("follows from the recipe and from what it worked on; the show's own word goes before", () => {
    const facts = versionFacts({ wedges: 1 });
    expect(term(withRecord(facts, { generative: true }))).toBe("trainedAlgorithmicMedia");
    expect(term(withRecord(facts, { generative: false }))).toBe("algorithmicMedia");
    expect(term(withRecord(facts, { generative: true }, { plate: PLATE }))).toBe(
      "compositeWithTrainedAlgorithmicMedia",
    );
    expect(term(withRecord(facts, { generative: false }, { plate: PLATE }))).toBe("algorithmicallyEnhanced");
    const shows = recordFacts({ sourceTerm: "compositeWithTrainedAlgorithmicMedia" });
    expect(assetRecord(withRecord(facts, { generative: false }), shows).digitalSourceType).toMatch(
      /\/compositeWithTrainedAlgorithmicMedia$/,
    );
  });

  it("is generative when the recipe says so, or loads a model and says nothing", () => {
    const of = (recipe: string, generative?: boolean | "yes" | "no"): boolean =>
      recordPlan({
        manifest: {},
        recipe: { ...shipped(recipe).file, ...(generative === undefined ? {} : { generative }) },
        wedges: [],
        images: [],
      }).generative;
    expect([of("grain"), of("env_relight"), of("sd_text_to_image"), of("sd_image_to_image")]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect([of("grain", "yes"), of("grain", true), of("sd_text_to_image", "no")]).toEqual([true, true, false]);
  });

  it("is disclosed although nobody said anything, and as people said when they did", () => {
    expect(
      assetRecord(withRecord(versionFacts({ wedges: 1 }), { generative: true }), recordFacts()).disclosure,
    ).toEqual({
      generative: true,
      final: false,
      depictsPerformer: "unknown",
      consentRef: null,
      thirdPartyIP: "unknown",
      clientApprovalRef: null,
      trainingOnInputs: false,
    });
    const disclosure = { depictsPerformer: "yes", consentRef: "c/1", thirdPartyIP: false, final: true } as const;
    const plan = recordPlan({ manifest: { disclosure }, recipe: shipped("grain").file, wedges: [], images: [] });
    expect(plan.disclosure).toEqual({
      final: true,
      depictsPerformer: "yes",
      consentRef: "c/1",
      thirdPartyIP: "no",
      clientApprovalRef: null,
    });
  });
});

describe("names", () => {
  it("of a version are a UUID made of who made it, and a reference that holds no odd characters", () => {
    const seed = assetSeed({ store: "s", stepId: "job_a/1" });
    const urn = assetUrn(digest.sha256(seed));
    expect(urn).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(assetUrn(digest.sha256(seed))).toBe(urn);
    expect(assetUrn(digest.sha256(assetSeed({ store: "s", stepId: "job_a/2" })))).not.toBe(urn);
    const target = { shotDir: "/x/SH 010", product: "env" };
    expect(assetReference({ show: "AGM", shot: null, target, version: 7, wedge: 32 })).toBe(
      "hotplate://AGM/SH%20010/env/v007/w032",
    );
    expect(assetReference({ show: "AGM", shot: "065_010", target, version: 7 })).toBe(
      "hotplate://AGM/065_010/env/v007",
    );
  });
});

describe("privacy: redact", () => {
  it("publishes people's words as a salted hash: in parameters, axes and wedges, and no manifest", () => {
    const facts = versionFacts({ wedges: 2 });
    const wedges = facts.plan.wedges.map((wedge) => ({
      ...wedge,
      axes: { prompt: "a secret tunnel", seed: wedge.seed },
      parameters: { prompt: "a secret tunnel", denoise: 0.5, negative: "" },
    }));
    const secret = withRecord(facts, { texts: ["prompt", "negative"] }, { wedges });
    const redact = redactor((text) => digest.sha256(text), { key: "k", salt: "urn:uuid:1" });
    const asset = assetJson(secret, recordFacts({ redact, withManifest: false }));
    expect(asset + wedgesJson(secret, redact)).not.toMatch(/secret|use: env_relight/);
    const { parameters } = read(asset);
    expect(parameters).toMatchObject({ denoise: 0.5, negative: "" });
    expect(parameters["prompt"]).toBe(`redacted:sha256:${digest.sha256("k\nurn:uuid:1\na secret tunnel")}`);
    expect(isRedacted(parameters["prompt"] ?? "")).toBe(true);
    const other = redactor((text) => digest.sha256(text), { key: "k", salt: "urn:uuid:2" });
    expect(other("a secret tunnel")).not.toBe(redact("a secret tunnel"));
  });
});
