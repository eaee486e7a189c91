/** `verify` over a version as it is assembled: what is well, what was changed where, and what can't be looked at. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { safetyRules } from "../../daemon/domain/safetyRules.ts";
import { modelsByHash } from "../../daemon/modelsByHash.ts";
import { verifyVersion } from "../../daemon/verifyVersion.ts";
import type { VerifyReport } from "../../daemon/verifyVersion.ts";
import { safetensors } from "../fixtures/models.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { sha256, writeVersion } from "../fixtures/versionOnDisk.ts";

const files = createFiles();
const digest = createDigest();
const MODEL = safetensors("weights");
const ID = "urn:uuid:00000000-0000-8000-8000-000000000000";
let dir: TempDir;
let version: string;
beforeEach(() => {
  dir = tempDir();
  version = dir.file("env/v007");
  makeVersion();
});
afterEach(() => dir[Symbol.dispose]());

/** Two frames that point to their record, a plate, a model: everything that a record may speak of. */
function makeVersion(): void {
  for (const at of ["env/v007/.hotplate", "env/.hotplate", "plates", "models/checkpoints"])
    mkdirSync(dir.file(at), { recursive: true });
  writeFileSync(dir.file("plates/p.1001.png"), "plate");
  writeFileSync(dir.file("models/checkpoints/renamed.safetensors"), MODEL);
  const plate = { frame: 1001, name: "p.1001.png", bytes: 5, mtimeNs: "1", sha256: sha256("plate") };
  const inputs = [
    { role: "plate", ref: "p.####.png", frames: "1001", dir: dir.file("plates"), files: [plate], note: null },
  ];
  writeVersion(dir.file("env"), {
    frames: [1001, 1002],
    content: (_wedge, frame) => `frame ${frame} of ${ID}`,
    record: { id: ID, inputs },
    change: (facts) => ({
      ...facts,
      ran: {
        ...facts.ran,
        models: [{ folder: "checkpoints", file: "was.safetensors", sha256: sha256(MODEL), bytes: MODEL.length }],
      },
    }),
  });
}

function verify(withModels = true): Promise<VerifyReport> {
  const rules = safetyRules({ safety: { allowClasses: [], modelTypes: [], drift: "route" } } as never);
  const models = modelsByHash(files, { dirs: [dir.file("models")], rules, kept: new Map() });
  return verifyVersion({ files, digest, ...(withModels ? { models } : {}) }, version);
}
const rewrite = (path: string, change: (text: string) => string): void => {
  const before = readFileSync(join(version, path), "utf8");
  writeFileSync(join(version, path), change(before));
};
const notOk = (report: VerifyReport) =>
  report.lines.filter(({ state }) => state !== "ok").map(({ path, state }) => `${state} ${path}`);

describe("a version that nobody touched", () => {
  it("is intact, with its graph, recipe, lists, pointer, plate and model, by a model's hash and not its name", async () => {
    const report = await verify();
    expect([report.verdict, notOk(report)]).toEqual(["intact", []]);
    expect(report.lines.slice(-7).map(({ path }) => path)).toEqual([
      "record",
      "graph",
      "recipe",
      "frames.sha256",
      "pointer",
      `plate ${dir.file("plates/p.1001.png")}`,
      "model was.safetensors",
    ]);
  });

  it("is checked without us by sha256sum", () => {
    const said = execFileSync("sha256sum", ["-c", ".hotplate/frames.sha256"], { cwd: version, encoding: "utf8" });
    expect(said).toBe("a_v007.1001.png: OK\na_v007.1002.png: OK\n");
  });

  it("is intact although its plates and models are out of reach: those lines say so", async () => {
    rmSync(dir.file("plates"), { recursive: true });
    const report = await verify(false);
    expect(report.verdict).toBe("intact");
    expect(notOk(report)).toEqual([
      `not checkable plate ${dir.file("plates/p.1001.png")}`,
      "not checkable model was.safetensors",
    ]);
    rmSync(dir.file("models"), { recursive: true });
    expect(notOk(await verify()).at(-1)).toBe("not checkable model was.safetensors");
  });
});

describe("a version that was changed", () => {
  it("says in which file, that a plate is another one, and that a frame points elsewhere (HP-VERIFY-CHANGED)", async () => {
    writeFileSync(dir.file("plates/p.1001.png"), "other");
    rewrite("a_v007.1001.png", (text) => text.replace("0000-8000", "1111-8000"));
    const report = await verify();
    expect([report.verdict, report.code]).toEqual(["changed", "HP-VERIFY-CHANGED"]);
    expect(notOk(report)).toEqual([
      "changed a_v007.1001.png",
      "changed pointer",
      `changed plate ${dir.file("plates/p.1001.png")}`,
    ]);
  });

  it("is found out although sizes, hashes and commit were made to fit: the papers contradict each other", async () => {
    const forge = (path: string, change: (text: string) => string): void => {
      rewrite(path, change);
      const text = readFileSync(join(version, path));
      rewrite(".hotplate/commit.json", (commit) => {
        const all = JSON.parse(commit) as { files: { path: string; bytes: number; sha256: string }[] };
        for (const file of all.files)
          if (file.path === path) Object.assign(file, { bytes: text.length, sha256: sha256(text) });
        return JSON.stringify(all);
      });
    };
    forge(".hotplate/graph.api.json", (text) => text.replace(/"class_type": "\w+"/, '"class_type": "Other"'));
    forge(".hotplate/frames.sha256", (text) => text.replace(/^[0-9a-f]{4}/, "0000"));
    expect(notOk(await verify())).toEqual(["changed graph", "changed recipe", "changed frames.sha256"]);
    forge(".hotplate/asset.json", (text) => text.replace('"schema": "ai-asset/1"', '"schema": "ai-asset/9"'));
    expect(notOk(await verify())).toEqual(["changed record"]);
  });

  it("is not what was approved: an approval holds for one commit", async () => {
    const log = dir.file("env/.hotplate/approvals.jsonl");
    const say = (subject: string, action: string, commitSha256: string): void =>
      appendFileSync(log, `${JSON.stringify({ subject, action, commitSha256 })}\n`);
    const own = sha256(readFileSync(join(version, ".hotplate/commit.json")));
    say("v007", "approve", "0".repeat(64));
    expect(notOk(await verify())).toEqual(["changed approval of v007"]);
    say("v007", "approve", own);
    say("v007/w001", "approve", own);
    say("v008", "approve", "0".repeat(64));
    say("v007", "pin", "0".repeat(64));
    expect(notOk(await verify())).toEqual([]);
    say("v007", "retake", own);
    expect((await verify()).lines.map(({ path }) => path)).not.toContain("approval of v007");
  });
});

describe("a version of before", () => {
  it("keeps verifying by its commit, and says that its record has the older form", async () => {
    rewrite(".hotplate/asset.json", () => JSON.stringify({ schema: "ai-asset/1", id: "urn:hotplate:s:j/1" }));
    const text = readFileSync(join(version, ".hotplate/asset.json"));
    rewrite(".hotplate/commit.json", (commit) => {
      const all = JSON.parse(commit) as { files: { path: string; bytes: number; sha256: string }[] };
      for (const file of all.files)
        if (file.path.endsWith("asset.json")) Object.assign(file, { bytes: text.length, sha256: sha256(text) });
      return JSON.stringify(all);
    });
    const report = await verify();
    expect(report.verdict).toBe("intact");
    expect(report.lines.at(-1)).toMatchObject({ path: "record", state: "ok", why: /older|before/ });
  });
});
