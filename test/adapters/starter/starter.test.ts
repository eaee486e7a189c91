/** The starter with real processes: it does what its parts do, and its end is nobody's end. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Timer } from "../../../daemon/adapters/timer.ts";
import type { Starter } from "../../../daemon/adapters/starter/starter.ts";
import { createStarter } from "../../../daemon/adapters/starter/starter.ts";
import type { StarterLineOptions } from "../../../daemon/adapters/starter/starterLine.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { codeOf } from "../../contract/files.ts";
import { ended } from "../../fixtures/processEnd.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const SCRIPT = fileURLToPath(new URL("../../../daemon/adapters/starter/starter.ts", import.meta.url));
/** Long enough never to be reached by a program that ends by itself. */
const PATIENT_MS = 60_000;
const open = new Set<Starter>();
afterEach(async () => {
  const all = [...open];
  open.clear();
  await Promise.all(all.map((starter) => starter.close()));
});

function started(options: Partial<StarterLineOptions> = {}): Starter {
  const starter = createStarter({ setUp: { checkFolders: [], scratchDir: null, workers: 1 }, ...options });
  open.add(starter);
  return starter;
}

/** The number of the starter's process, as its programs see it. */
async function pidOf(starter: Starter): Promise<number> {
  const { stdout } = await starter.exec.run("sh", ["-c", "echo $PPID"], { timeoutMs: PATIENT_MS });
  return Number(stdout);
}

/** A corpse that its parent has not collected yet is gone. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
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
    const late = await sh("echo $$; exec tail -f /dev/null", { timeoutMs: 2_000 });
    expect(late).toMatchObject({ timedOut: true });
    expect(late.gone).toBeUndefined();
    await ended(Number(late.stdout));
  });

  it("says of a program that does not go away when it has", async () => {
    using dir = tempDir();
    const { exec } = started();
    const script = `setsid sh -c 'echo $$ > ${dir.file("away")}; exec tail -f /dev/null' & wait`;
    const answer = await exec.run("sh", ["-c", script], { timeoutMs: 2_000 });
    expect(answer).toMatchObject({ timedOut: true });
    expect(answer.gone).toBeInstanceOf(Promise);
    process.kill(await written(dir.file("away")), "SIGKILL");
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
    const lost: string[] = [];
    const starter = started({ lost: (how) => lost.push(how) });
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
    // Nobody knows, so nobody says so.
    expect(await slot.ended).toBeNull();
    // It lives on, as it does beyond the daemon's own end; programs do not.
    expect(existsSync(`/proc/${slot.pid}`)).toBe(true);
    process.kill(slot.pid, "SIGKILL");
    for (const left of lefts) await ended(left);
    await ended(pid);
    expect(lost).toEqual(["ended (SIGKILL)"]);
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

  it("says of what can't cross to it that it can't, and goes on", async () => {
    const { images, exec } = started();
    const request = { path: () => "a function" } as unknown as Parameters<typeof images.blend>[0];
    expect(await codeOf(images.blend(request))).toBe("HP-IMAGE-WORKER");
    expect((await exec.run("echo", ["on"], { timeoutMs: PATIENT_MS })).stdout).toBe("on\n");
  });

  it("has ended, with what it left running, when it was closed at once after it died", async () => {
    using dir = tempDir();
    const starter = started();
    const pid = await pidOf(starter);
    const program = starter.exec
      .run("sh", ["-c", `echo $$ > ${dir.file("pid")}; exec tail -f /dev/null`], { timeoutMs: PATIENT_MS })
      .catch((error: unknown) => error);
    const left = await written(dir.file("pid"));
    process.kill(pid, "SIGKILL");
    expect(await program).toMatchObject({ code: "HP-IMAGE-WORKER" });
    await starter.close();
    expect(isThere(left)).toBe(false);
  });

  it("leaves a program's own children alone where they were said to outlive us", async () => {
    using dir = tempDir();
    const starter = started();
    const pid = await pidOf(starter);
    const background = `setsid sh -c 'echo $$ > ${dir.file("pid")}; exec tail -f /dev/null' >/dev/null 2>&1 </dev/null &`;
    await starter.exec.run("sh", ["-c", background], { timeoutMs: PATIENT_MS, outlives: true });
    const left = await written(dir.file("pid"));
    const program = starter.exec.run("tail", ["-f", "/dev/null"], { timeoutMs: PATIENT_MS }).catch(() => null);
    process.kill(pid, "SIGKILL");
    await program;
    await starter.close();
    expect(isThere(left)).toBe(true);
    process.kill(left, "SIGKILL");
    await ended(left);
  });

  it("is given up when it gives no sign of life while it is asked something, and not before", async () => {
    using dir = tempDir();
    // Says a line of what it was to follow, and never more.
    const deaf = `process.on("message", (question) => {
  if (question.call?.kind === "follow") process.send({ id: question.id, kind: "line", line: "up" });
});`;
    writeFileSync(dir.file("deaf.mjs"), deaf);
    let look = (): void => undefined;
    const timer: Timer = (ms, then) => {
      if (ms === LIMITS.starterLookMs) look = then;
      return () => undefined;
    };
    const lost: string[] = [];
    const starter = started({ script: dir.file("deaf.mjs"), timer, lost: (how) => lost.push(how) });
    const up = Promise.withResolvers<void>();
    const followed = starter.follow("true", [], { line: () => up.resolve() });
    await up.promise;
    for (let n = 0; n < LIMITS.starterSilentLooks; n += 1) look();
    // The first look heard the line.
    expect(lost).toEqual([]);
    look();
    expect(lost).toEqual(["gave no sign of life for 30 s"]);
    expect(await followed.ended).toMatchObject({ code: "EIO" });
  });
});
