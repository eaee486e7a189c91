/**
 * A file that is open on a mount that hangs, for real: a FUSE server that is stopped (SIGSTOP). Whoever has it open and starts a program
 * waits for the mount with it, for ever; the starter has nothing open there.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hangingSpace } from "../../e2e/mountSpace.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const STARTER = fileURLToPath(new URL("../../../daemon/adapters/starter/starter.ts", import.meta.url));

/** Opens `far`, says so, and starts things when it is told to go on. */
const OWNER = `
import { openSync } from "node:fs";
import { createInterface } from "node:readline";
import { createStarter } from ${JSON.stringify(STARTER)};
const [far, near] = process.argv.slice(2);
const starter = createStarter({ setUp: { checkFolders: [], scratchDir: null, workers: 1 } });
openSync(far, "a");
console.log("open");
for await (const _line of createInterface({ input: process.stdin })) break;
const there = await starter.exec.run(far + ".sh", [], { timeoutMs: 500 });
const program = await starter.exec.run("echo", ["ran"], { timeoutMs: 60000 });
const worker = await starter.images.header(near).catch((error) => error.code);
console.log(JSON.stringify({ late: there.timedOut, program: program.stdout, worker }));
await starter.close();
`;

describe("a process that has a file open on a mount that hangs", () => {
  it("starts programs and image workers all the same, and waits for one that lies there no longer than it may", async ({
    skip,
  }) => {
    using server = tempDir();
    using mount = tempDir();
    const space = await hangingSpace(server.path, mount.path);
    if (typeof space === "string") return skip(space);
    await using _space = space;
    using own = tempDir();
    mkdirSync(own.file("plates"));
    writeFileSync(own.file("plates/a.png"), "no picture");
    writeFileSync(own.file("owner.ts"), OWNER);
    writeFileSync(server.file("open.sh"), "#!/bin/sh\n", { mode: 0o755 });
    const [nsenter = "", ...enter] = space.within;
    const args = [...enter, process.execPath, own.file("owner.ts"), `${mount.path}/open`, own.file("plates/a.png")];
    const owner = spawn(nsenter, args, { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((resolve) => owner.once("exit", resolve));
    const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: "open" });
    process.kill(Number(space.said.get("server")), "SIGSTOP");
    owner.stdin.end("go on\n");
    const said = JSON.parse(String((await lines.next()).value)) as unknown;
    expect(said).toEqual({ late: true, program: "ran\n", worker: "HP-PLATE-KIND" });
    // Its own end closes the file, and waits for the mount.
    process.kill(Number(space.said.get("server")), "SIGCONT");
    expect(await ended).toBe(0);
  });
});
