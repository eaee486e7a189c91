/**
 * `hotplate export`: what other tools read. Shapes are checked here; where Python's own readers are installed
 * (opentimelineio, cyclonedx-python-lib with json-validation, rocrate) they judge too.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { otioTimeline } from "../../daemon/domain/otio.ts";
import { clipsOf, versionsOf } from "../../daemon/exportVersions.ts";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { createIds } from "../../daemon/adapters/ids.ts";
import { appendApproval } from "../../daemon/approvalLog.ts";
import type { StepId } from "../../daemon/domain/ids.ts";
import { readVersion } from "../../daemon/readVersion.ts";
import { newJob } from "../contract/store.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { sha256, writeVersion } from "../fixtures/versionOnDisk.ts";
import { hotplate } from "./commandLine.ts";

const MODEL = {
  folder: "checkpoints",
  file: "a.safetensors",
  sha256: "ab".repeat(32),
  bytes: 7,
  facts: { license: "CreativeML Open RAIL-M", modelspec: { architecture: "stable-diffusion-v1" } },
};
let dir: TempDir;
let product: string;
beforeEach(() => {
  dir = tempDir();
  product = dir.file("SH010/env");
  writeVersion(product, {
    wedges: 2,
    frames: [1001, 1003, 1005],
    content: (wedge, frame) => `${wedge} ${frame}`,
    record: { id: "urn:uuid:00000000-0000-8000-8000-000000000001" },
    change: (facts) => ({
      ...facts,
      ran: { ...facts.ran, models: [MODEL], nodePacks: ["Pack"], comfyVersions: ["0.19.1"] },
    }),
  });
  writeVersion(product, {
    version: 8,
    content: () => "still",
    record: { id: "urn:uuid:00000000-0000-8000-8000-000000000002" },
    change: (facts) => ({
      ...facts,
      ran: { ...facts.ran, models: [MODEL, { ...MODEL, file: "b.safetensors", sha256: null, facts: null }] },
    }),
  });
});
afterEach(() => dir[Symbol.dispose]());

const run = (...args: readonly string[]) => hotplate(["export", ...args]);
const v = (number: number): string => join(product, `v00${number}`);

/** Runs Python with a module that must be there, or skips and says which is missing. */
function python(ctx: TestContext, module: string, script: string): string {
  try {
    execFileSync("python3", ["-c", `import ${module}`], { stdio: "ignore" });
  } catch {
    ctx.skip(`python3 has no module ${module}`);
  }
  return execFileSync("python3", ["-c", script], { encoding: "utf8" });
}

describe("ro-crate", () => {
  it("describes the version, its files, what made it and of what; copied with it into a new folder", async () => {
    const out = dir.file("crate");
    const said = await run("ro-crate", v(7), "--out", out);
    expect([said.code, said.stderr]).toEqual([0, ""]);
    const crate = JSON.parse(readFileSync(join(out, "ro-crate-metadata.json"), "utf8")) as {
      "@graph": readonly Record<string, never>[];
    };
    const of = (id: string) => crate["@graph"].find((entity) => entity["@id"] === id) as Record<string, unknown>;
    expect(of("ro-crate-metadata.json")).toMatchObject({ about: { "@id": "./" } });
    expect(of("./")).toMatchObject({ "@type": "Dataset", identifier: "urn:uuid:00000000-0000-8000-8000-000000000001" });
    const frame = of("w001/a_v007.1001.png");
    expect(frame).toMatchObject({ contentSize: "6", sha256: sha256("1 1001"), encodingFormat: "image/png" });
    expect(of("#made")).toMatchObject({
      "@type": "CreateAction",
      instrument: [{ "@id": "#hotplate" }, { "@id": "#engine" }],
      object: [{ "@id": "#model-1" }],
    });
    expect(readFileSync(join(out, "w002/a_v007.1005.png"), "utf8")).toBe("2 1005");
    expect(existsSync(join(v(7), "ro-crate-metadata.json"))).toBe(false);
    // Every reference leads somewhere.
    const ids = new Set(crate["@graph"].map((entity) => String(entity["@id"])));
    const named = [...JSON.stringify(crate["@graph"]).matchAll(/\{"@id":"([^"]+)"\}/g)].map((match) => match[1] ?? "");
    expect(named.filter((id) => !ids.has(id) && !id.startsWith("https://"))).toEqual([]);
    expect((await run("ro-crate", v(7), "--out", out)).stderr).toMatch(/^HP-STATE-REFUSED/);
  });

  it("is read by rocrate", async (ctx) => {
    const out = dir.file("crate");
    await run("ro-crate", v(7), "--out", out);
    const script = `from rocrate.rocrate import ROCrate
crate = ROCrate(${JSON.stringify(out)})
print(crate.root_dataset["identifier"], len([e for e in crate.get_entities() if e.type == "File"]))`;
    expect(python(ctx, "rocrate", script)).toBe("urn:uuid:00000000-0000-8000-8000-000000000001 12\n");
  });
});

describe("bom", () => {
  it("has each model once, by hash and with its licence, and what each version needs", async () => {
    const said = await run("bom", v(7), v(8));
    const bom = said.json<{ components: readonly Record<string, unknown>[]; dependencies: unknown }>();
    expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", metadata: { component: { name: "AGM" } } });
    const models = bom.components.filter(({ type }) => type === "machine-learning-model");
    expect(models).toMatchObject([
      {
        name: "a.safetensors",
        hashes: [{ alg: "SHA-256", content: MODEL.sha256 }],
        licenses: [{ license: { name: "CreativeML Open RAIL-M" } }],
        modelCard: { modelParameters: { modelArchitecture: "stable-diffusion-v1" } },
      },
      {
        name: "b.safetensors",
        properties: expect.arrayContaining([{ name: "hotplate:hash", value: "not known" }]) as unknown,
      },
    ]);
    expect(bom.dependencies).toMatchObject([
      { ref: "show:AGM" },
      {
        ref: "urn:uuid:00000000-0000-8000-8000-000000000001",
        dependsOn: ["engine:ComfyUI@0.19.1", `model:${MODEL.sha256}`, "pack:Pack", expect.stringMatching(/^recipe:/)],
      },
      { ref: "urn:uuid:00000000-0000-8000-8000-000000000002" },
    ]);
  });

  it("is valid to CycloneDX's own schema", async (ctx) => {
    const out = dir.file("bom.json");
    await run("bom", v(7), v(8), "--out", out);
    const script = `from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.schema import SchemaVersion
print(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(${JSON.stringify(out)}).read()))`;
    expect(python(ctx, "cyclonedx, jsonschema", script)).toBe("None\n");
  });
});

describe("otio", () => {
  it("has a clip per sequence, from the first frame to the last, and a still as one frame", async () => {
    const said = await run("otio", v(7), v(8), "--rate", "25");
    const timeline = said.json<{ tracks: { children: readonly { children: readonly unknown[] }[] } }>();
    const clips = timeline.tracks.children[0]?.children ?? [];
    expect(clips).toMatchObject([
      {
        name: "a_v007",
        source_range: { start_time: { rate: 25, value: 1001 }, duration: { value: 6 } },
        metadata: { hotplate: { ref: "hotplate://AGM/010/envTunnel/v007/w001", qc: "pass" } },
        media_references: {
          DEFAULT_MEDIA: {
            OTIO_SCHEMA: "ImageSequenceReference.1",
            target_url_base: `file://${v(7)}/w001/`,
            name_prefix: "a_v007.",
            name_suffix: ".png",
            start_frame: 1001,
            frame_step: 2,
            frame_zero_padding: 4,
          },
        },
      },
      { metadata: { hotplate: { ref: "hotplate://AGM/010/envTunnel/v007/w002" } } },
      {
        media_references: {
          DEFAULT_MEDIA: { OTIO_SCHEMA: "ExternalReference.1", target_url: `file://${v(8)}/a_v007.png` },
        },
      },
    ]);
    expect((await run("otio", v(7), "--rate", "0")).code).toBe(2);
  });

  it("is read by opentimelineio, which finds the very files", async (ctx) => {
    const out = dir.file("x.otio");
    await run("otio", `${v(7)}/w002`, "--out", out);
    const script = `import opentimelineio as otio
timeline = otio.adapters.read_from_file(${JSON.stringify(out)})
for clip in timeline.find_clips():
    media = clip.media_reference
    print(clip.name, *[media.target_url_for_image_number(n) for n in range(media.number_of_images_in_sequence())])`;
    const urls = [1001, 1003, 1005].map((frame) => `file://${v(7)}/w002/a_v007.${frame}.png`);
    expect(python(ctx, "opentimelineio", script)).toBe(`a_v007 ${urls.join(" ")}\n`);
  });

  it("takes what the show's own logs say: latest, approved, selects", async () => {
    const world = { files: createFiles(), digest: createDigest(), ids: createIds(() => 0) };
    const decide = (subject: string, action: "approve" | "select", version: number) =>
      appendApproval(world, product, {
        ts: "2026-11-28T00:00:00.000Z",
        who: "lee",
        via: "command",
        assurance: "weak",
        subject,
        action,
        note: "",
        commitSha256: sha256(readFileSync(join(v(version), ".hotplate/commit.json"))),
      });
    await decide("v007", "approve", 7);
    await decide("v007/w002", "select", 7);
    const names = async (which: "latest" | "approved" | "selects" | "all"): Promise<readonly string[]> => {
      const { versions } = await versionsOf(world, [product], which);
      return versions.map((one) => `${one.asset.entity.version}${one.wedge ?? ""}`);
    };
    expect([await names("latest"), await names("approved"), await names("selects"), await names("all")]).toEqual([
      ["8"],
      ["7"],
      ["7w002"],
      ["7", "8"],
    ]);
    mkdirSync(join(product, "v009/.hotplate"), { recursive: true });
    writeFileSync(join(product, "v009/.hotplate/commit.json"), readFileSync(join(v(8), ".hotplate/commit.json")));
    const { left } = await versionsOf(world, [product], "latest");
    expect(left).toEqual([expect.stringContaining("v009")]);
    const { versions } = await versionsOf(world, [product], "selects");
    expect(JSON.stringify(otioTimeline({ name: "x", clips: versions.flatMap(clipsOf), rate: 24 }))).not.toContain(
      "w001",
    );
  });

  it("finds a show's products in this node's store; another show has none (HP-NOT-FOUND)", async () => {
    mkdirSync(dir.file("state"));
    const config = dir.file("hotplate.yaml");
    writeFileSync(
      config,
      `hotplate: 1\nstateDir: ${dir.file("state")}\nroots: [{name: r, linux: ${dir.path}}]\nslots: [{name: gpu0, url: "http://127.0.0.1:9"}]\n`,
    );
    const clock = { now: () => 0 };
    const store = openSqliteStore({ path: dir.file("state/hotplate.db"), clock, ids: { uuid: () => "s" } });
    const job = newJob("job_a");
    const steps = job.plan.steps.map((step) => ({ ...step, target: { ...step.target, productDir: product } }));
    await store.submit([{ ...job, plan: { ...job.plan, steps } }]);
    const fence = await store.reserveVersion("job_a/1" as StepId);
    await store.openVersion("job_a/1" as StepId, fence, { number: 8, stagingDir: "/s" });
    await store.close();
    const env = { HOTPLATE_CONFIG: config };
    const said = await hotplate(["export", "otio", "--show", job.plan.show], { env });
    expect([said.code, said.json()]).toMatchObject([0, { name: `${job.plan.show} latest` }]);
    expect(said.stdout).toContain("v008");
    const none = await hotplate(["export", "bom", "--show", "NONE"], { env });
    expect([none.code, none.stderr]).toEqual([6, expect.stringMatching(/^HP-NOT-FOUND/)]);
    expect((await hotplate(["export", "gltf"], { env })).code).toBe(2);
    expect((await readVersion(createFiles(), v(7))).frames).toHaveLength(6);
  });
});
