/** The starter with real processes: it does what its parts do, and its end is nobody's end. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Timer } from "../../../daemon/adapters/images/workers.ts";
import type { Starter, StarterOptions } from "../../../daemon/adapters/starter/starter.ts";
import { createStarter } from "../../../daemon/adapters/starter/starter.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { codeOf } from "../../contract/files.ts";
import { ended } from "../../fixtures/processEnd.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const SCRIPT = fileURLToPath(new URL("../../../daemon/adapters/starter/starter.ts", import.meta.url));
/** Long enough never to be reached by a program that ends by itself. */
const PATIENT_MS = 60_000;
const open = new Set<Starter>();
afterEach(async () => {
  for (const starter of open) await starter.close();
  open.clear();
});

function started(options: Partial<StarterOptions> = {}): Starter {
  const starter = createStarter({ setUp: { checkFolders: [], scratchDir: null, workers: 1 }, ...options });
  open.add(starter);
  return starter;
}

/** The number of the starter's process, as its programs see it. */
async function pidOf(starter: Starter): Promise<number> {
  const { stdout } = await starter.exec.run("sh", ["-c", "echo $PPID"], { timeoutMs: PATIENT_MS });
  return Number(stdout);
}

/** The number that somebody writes there. */
async function written(path: string): Promise<number> {
  for (;;) {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (text.endsWith("\n")) return Number(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a starter", () => {
  it("runs programs as exec does: answers, input, capped output, errno, deadline", async () => {
    const { exec } = started();
    const sh = (script: string, options = {}) => exec.run("sh", ["-c", script], { timeoutMs: PATIENT_MS, ...options });
    expect(await sh("cat; echo err >&2; exit 3", { stdin: "in" })).toEqual({
      exitCode: 3,
      stdout: "in",
      stderr: "err\n",
      timedOut: false,
      capped: false,
    });
    expect(await sh("echo 123456789", { stdoutBytesMax: 4 })).toMatchObject({ capped: true });
    expect(await codeOf(exec.run("/nothing/here", [], { timeoutMs: PATIENT_MS }))).toBe("ENOENT");
    const late = await sh("echo $$; exec tail -f /dev/null", { timeoutMs: 500 });
    expect(late).toMatchObject({ timedOut: true });
    expect(late.gone).toBeUndefined();
    await ended(Number(late.stdout));
  });

  it("says of a program that does not go away when it has", async () => {
    using dir = tempDir();
    const { exec } = started();
    const script = `setsid sh -c 'echo $$ > ${dir.file("away")}; exec tail -f /dev/null' & wait`;
    const answer = await exec.run("sh", ["-c", script], { timeoutMs: 500 });
    expect(answer).toMatchObject({ timedOut: true });
    expect(answer.gone).toBeInstanceOf(Promise);
    process.kill(Number(readFileSync(dir.file("away"), "utf8")), "SIGKILL");
    await answer.gone;
  });

  it("looks at pictures, and passes on the codes of what is wrong with them", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.png"), "no picture");
    const { images } = started();
    expect((await images.checks()).refused).toEqual([]);
    expect(await codeOf(images.header(dir.file("a.png")))).toBe("HP-PLATE-KIND");
    expect(await codeOf(images.header(dir.file("none.png")))).toBe("ENOENT");
  });

  it("follows a program line by line, and kills it", async () => {
    const starter = started();
    const lines: string[] = [];
    let second = (): void => undefined;
    const two = new Promise<void>((resolve) => (second = resolve));
    const child = starter.follow("sh", ["-c", "echo $$; echo two; exec tail -f /dev/null"], {
      line: (line) => lines.push(line) === 2 && second(),
    });
    await two;
    expect(lines[1]).toBe("two");
    child.kill();
    expect(await child.ended).toMatchObject({ exitCode: null, said: `${lines[0]}\ntwo\n` });
    await ended(Number(lines[0]));
    expect(await starter.follow("/nothing/here", [], { line: () => undefined }).ended).toMatchObject({
      code: "ENOENT",
    });
  });

  it("starts a slot's process, says how it ended, and leaves one running behind", async () => {
    using dir = tempDir();
    const starter = started();
    const slot = (script: string) => ({
      file: "sh",
      args: ["-c", script],
      cwd: dir.path,
      env: {},
      logPath: dir.file("comfyui.log"),
    });
    const hello = await starter.spawnSlot(slot("echo hello; exit 4"));
    expect(await hello.ended).toEqual({ code: 4, signal: null });
    expect(readFileSync(dir.file("comfyui.log"), "utf8")).toBe("hello\n");
    expect(await codeOf(starter.spawnSlot({ ...slot(""), file: "/nothing/here" }))).toBe("ENOENT");
    const { pid } = await starter.spawnSlot(slot("exec tail -f /dev/null"));
    await starter.close();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    process.kill(pid, "SIGKILL");
    await ended(pid);
  });

  it("is nobody's end when it ends: what it was asked is an error, and the next call gets another", async () => {
    using dir = tempDir();
    const starter = started();
    const pid = await pidOf(starter);
    const program = starter.exec
      .run("sh", ["-c", `echo $$ > ${dir.file("pid")}; exec tail -f /dev/null`], { timeoutMs: PATIENT_MS })
      .catch((error: unknown) => error);
    let begun = (_pid: number): void => undefined;
    const followedPid = new Promise<number>((resolve) => (begun = resolve));
    const followed = starter.follow("sh", ["-c", "echo $$; exec tail -f /dev/null"], {
      line: (line) => begun(Number(line)),
    });
    const lefts = [await followedPid, await written(dir.file("pid"))];
    const slot = await starter.spawnSlot({
      file: "tail",
      args: ["-f", "/dev/null"],
      cwd: dir.path,
      env: {},
      logPath: dir.file("log"),
    });
    process.kill(pid, "SIGKILL");
    expect(await program).toMatchObject({ code: "HP-IMAGE-WORKER", message: expect.stringContaining("SIGKILL") });
    expect(await followed.ended).toMatchObject({ exitCode: null, code: "EIO" });
    expect(await slot.ended).toEqual({ code: null, signal: null });
    // It lives on, as it does beyond the daemon's own end; programs do not.
    expect(existsSync(`/proc/${slot.pid}`)).toBe(true);
    process.kill(slot.pid, "SIGKILL");
    for (const left of lefts) await ended(left);
    await ended(pid);
    const next = await pidOf(starter);
    expect(next).not.toBe(pid);
    await starter.close();
    await ended(next);
    expect(await codeOf(starter.exec.run("true", [], { timeoutMs: PATIENT_MS }))).toBe("HP-IMAGE-WORKER");
  });

  it("ends with whoever had it, and with it what it runs", async () => {
    using dir = tempDir();
    const script = `
import { createStarter } from ${JSON.stringify(SCRIPT)};
const { exec } = createStarter({ setUp: { checkFolders: [], scratchDir: null, workers: 1 } });
void exec.run("sh", ["-c", "echo $$ > ${dir.file("pid")}; exec tail -f /dev/null"], { timeoutMs: ${PATIENT_MS} });
`;
    writeFileSync(dir.file("owner.ts"), script);
    const owner = spawn(process.execPath, [dir.file("owner.ts")], { stdio: "inherit" });
    const pid = await written(dir.file("pid"));
    owner.kill("SIGKILL");
    await ended(pid);
  });

  it("makes an inspection that it could not end an error of looking, never a pass", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("wait.mjs"), "process.on('message', () => process.exit(7));");
    const { images } = started({ script: dir.file("wait.mjs") });
    const inspection = await images.inspect({ path: "/a.png" } as Parameters<typeof images.inspect>[0]);
    expect(inspection).toMatchObject({ verdict: "error", findings: [{ check: "file.decodes", verdict: "error" }] });
    expect(inspection.findings[0]?.message).toContain("exit 7");
  });

  it("is given up when it gives no sign of life while it is asked something, and not before", async () => {
    using dir = tempDir();
    // It lives as long as it is asked for the first time whether it does.
    const deaf = `let asked = 0;
process.on("message", (question) => {
  if (question.word === "lives" && (asked += 1) <= 2) process.send({ id: 0, kind: "lives" });
});`;
    writeFileSync(dir.file("deaf.mjs"), deaf);
    const looks: (() => void)[] = [];
    const timer: Timer = (ms, then) => {
      if (ms === LIMITS.starterLookMs) looks.push(then);
      return () => undefined;
    };
    const starter = started({ script: dir.file("deaf.mjs"), timer });
    let over = false;
    const failure = starter.exec.run("true", [], { timeoutMs: PATIENT_MS }).catch((error: unknown) => {
      over = true;
      return error;
    });
    for (let look = 0; !over; look += 1) {
      // Answers come between two looks, where there are any.
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(look).toBeLessThan(100);
      looks[look]?.();
      await Promise.resolve();
    }
    expect(looks.length).toBeGreaterThanOrEqual(LIMITS.starterSilentLooks);
    expect(await failure).toMatchObject({ message: expect.stringContaining("gave no sign of life for 30 s") });
  });
});
