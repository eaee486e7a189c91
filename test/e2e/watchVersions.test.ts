/** The watcher of the kill rounds sees what it is there to see: half versions are planted. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import { Child } from "./farm.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What a version looks like to the watcher: its one file and the commit that names it. */
function plant(dir: string, of: { readonly job: string; readonly pixels: string; readonly written: string }): void {
  mkdirSync(join(dir, ".hotplate"), { recursive: true });
  writeFileSync(join(dir, "a.png"), of.written);
  const files = [{ path: "a.png", bytes: of.pixels.length, sha256: sha256(of.pixels) }];
  writeFileSync(join(dir, ".hotplate/commit.json"), JSON.stringify({ job: of.job, files }));
}

/** As publishing does it: built elsewhere, then one rename. */
function publish(product: string, name: string, job: string): void {
  plant(join(product, ".staged"), { job, pixels: "pixels", written: "pixels" });
  renameSync(join(product, ".staged"), join(product, name));
}

async function watched(plan: (product: string, watcher: Child) => Promise<void>): Promise<Record<string, unknown>> {
  using dir = tempDir();
  const product = dir.file("product");
  mkdirSync(product);
  const watcher = new Child(["test/e2e/watchVersions.ts", product]);
  await watcher.line((line) => "watching" in line);
  await plan(product, watcher);
  await watcher.exited;
  return watcher.lines.at(-1) ?? {};
}

describe("the watcher of the kill rounds", () => {
  it("has nothing against versions that appear whole", async () => {
    const said = await watched(async (product, watcher) => {
      publish(product, "v001", "job_1");
      publish(product, "v002", "job_2");
      watcher.process.kill("SIGTERM");
    });
    expect(said).toMatchObject({ versions: 2 });
  });

  it("catches a version that is filled file by file", async () => {
    const said = await watched(async (product) => {
      mkdirSync(join(product, "v001"));
      writeFileSync(join(product, "v001/a.png"), "pixels");
    });
    expect(said["broken"]).toContain("v001 is visible without commit.json");
  });

  it("catches a torn file under a complete commit", async () => {
    const said = await watched(async (product) => {
      plant(join(product, "elsewhere"), { job: "job_1", pixels: "pixels", written: "pix" });
      renameSync(join(product, "elsewhere"), join(product, "v001"));
    });
    expect(said["broken"]).toContain("a.png has another size");
  });

  it("catches bytes of the right size that are not what was recorded", async () => {
    const said = await watched(async (product) => {
      plant(join(product, "elsewhere"), { job: "job_1", pixels: "pixels", written: "sleixp" });
      renameSync(join(product, "elsewhere"), join(product, "v001"));
    });
    expect(said["broken"]).toContain("a.png has another hash");
  });

  it("catches a job that is published twice", async () => {
    const said = await watched(async (product) => {
      publish(product, "v001", "job_1");
      publish(product, "v002", "job_1");
    });
    expect(said["broken"]).toContain("are both of job job_1");
  });

  it("catches a version that changes after it appeared, and one that goes away", async () => {
    const grown = await watched(async (product, watcher) => {
      publish(product, "v001", "job_1");
      await seen(watcher);
      writeFileSync(join(product, "v001/b.png"), "more");
    });
    expect(grown["broken"]).toContain("v001 changed after it appeared");
    const gone = await watched(async (product, watcher) => {
      publish(product, "v001", "job_1");
      await seen(watcher);
      rmSync(join(product, "v001"), { recursive: true });
    });
    expect(gone["broken"]).toMatch(/v001 (went away|changed)|ENOENT/);
  });
});

async function seen(watcher: Child): Promise<void> {
  await watcher.line((line) => line["seen"] === 1);
}
