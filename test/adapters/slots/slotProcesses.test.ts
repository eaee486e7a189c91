/** The processes of spawned slots, with real children: known by pid and start time, ended as a group, their output kept. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../../../daemon/adapters/config.ts";
import type { SpawnSlot } from "../../../daemon/adapters/slots/spawnSlot.ts";
import { spawnSlot } from "../../../daemon/adapters/slots/spawnSlot.ts";
import { HotplateError } from "../../../daemon/domain/errors.ts";
import { readInstall } from "../../../daemon/adapters/slots/install.ts";
import { processStat } from "../../../daemon/adapters/slots/procfs.ts";
import { SlotLog } from "../../../daemon/adapters/slots/slotLog.ts";
import { createSlotProcesses } from "../../../daemon/adapters/slots/slotProcesses.ts";
import type { ProcessLook, SlotProcesses, SpawnedSlot } from "../../../daemon/ports.ts";
import { makeInstall } from "../../../scripts/simulatedComfyui/comfyInstall.ts";
import { freePort, isAlive } from "../../e2e/spawnedFarm.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

/** A python that is a shell script of the test's own. */
function scripted(dir: TempDir, script: string): string {
  const path = dir.file("python.sh");
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

async function slotOf(dir: TempDir, python: string, more = ""): Promise<SpawnedSlot> {
  const { dir: install } = makeInstall(dir.file("ComfyUI"));
  const text = `hotplate: 1
stateDir: ${dir.file("state")}
roots: [{name: r, linux: ${dir.path}}]
slots: [{name: a, spawn: {dir: ${install}, python: ${python}, port: ${await freePort()}${more}}}]
`;
  const slot = parseConfig(text, "h.yaml").slots[0];
  if (slot?.spawn === undefined) throw new Error("not spawned");
  return { ...slot, spawn: slot.spawn };
}

function open(
  dir: TempDir,
  environment: Readonly<Record<string, string>> = { PATH: process.env["PATH"] ?? "" },
  spawn: SpawnSlot = spawnSlot,
): SlotProcesses {
  return createSlotProcesses({ stateDir: dir.file("state"), now: () => 1_000, environment, scopes: null, spawn });
}

/** Looks until it is so: each look takes its time, and the process goes on meanwhile. */
async function until(
  processes: SlotProcesses,
  slot: SpawnedSlot,
  so: (look: ProcessLook) => boolean,
): Promise<ProcessLook> {
  for (;;) {
    const look = await processes.look(slot);
    if (so(look)) return look;
  }
}

const ended = (look: ProcessLook): boolean => !look.alive && look.exit !== null;

describe("the process of a spawned slot", () => {
  it("is started once, listens where it should, is measured, and tells how it ended", async () => {
    using dir = tempDir();
    const processes = open(dir);
    const slot = await slotOf(dir, dir.file("ComfyUI/python"));
    let woken = 0;
    processes.onEnd(() => (woken += 1));
    expect(await processes.look(slot)).toMatchObject({ alive: false, exit: null, pid: null });
    const started = await processes.start(slot);
    expect(started).toMatchObject({ kind: "started", version: "0.19.1", memoryBy: null });
    await expect(processes.start(slot)).rejects.toMatchObject({ code: "EBUSY" });
    const up = await until(processes, slot, (look) => look.port === "ours");
    expect(up).toMatchObject({ alive: true, adoptedReady: null, holder: null, startedAt: 1_000 });
    expect(up.residentBytes).toBeGreaterThan(10e6);
    expect(up.cpuMs).toBeGreaterThan(0);
    expect((await processes.look(slot)).tail).toContain("SIMULATED ComfyUI starting");
    await processes.signal(slot, "SIGINT");
    expect((await until(processes, slot, ended)).exit).toEqual({ code: 0, signal: null });
    expect(woken).toBe(1);
    await processes.close();
    expect(readdirSync(dir.file("state/slots/a"))).not.toContain("process.json");
  });

  it("ends as a group: what it left behind goes with it", async () => {
    using dir = tempDir();
    const processes = open(dir);
    const slot = await slotOf(dir, scripted(dir, "sleep 1000 &\necho child $!\nread nothing"));
    // Its standard input is closed, so the shell ends at once, and its child would live on.
    await processes.start(slot);
    const look = await until(processes, slot, ended);
    const child = Number(/child (\d+)/.exec(look.tail.join("\n"))?.[1]);
    expect(child).toBeGreaterThan(1);
    while (isAlive(child)) await processes.look(slot);
  });

  it("lives on when whoever started it is gone, and is known to end all the same", async () => {
    using dir = tempDir();
    const lost = Promise.withResolvers<null>();
    const processes = open(dir, undefined, async (of) => ({ ...(await spawnSlot(of)), ended: lost.promise }));
    const woken = new Promise<void>((resolve) => processes.onEnd(resolve));
    const slot = await slotOf(dir, scripted(dir, "exec tail -f /dev/null"));
    await processes.start(slot);
    lost.resolve(null);
    await woken;
    const on = await processes.look(slot);
    expect(on).toMatchObject({ alive: true, exit: null });
    await processes.signal(slot, "SIGKILL");
    expect((await until(processes, slot, ended)).exit).toEqual({ code: null, signal: null });
  });

  it("is found by its mark when whoever started it could not say that it had", async () => {
    using dir = tempDir();
    let pid = 0;
    const processes = open(dir, undefined, async (of) => {
      ({ pid } = await spawnSlot(of));
      throw new HotplateError("HP-IMAGE-WORKER", "it died just then");
    });
    const slot = await slotOf(dir, scripted(dir, "exec tail -f /dev/null"));
    await expect(processes.start(slot)).rejects.toMatchObject({ code: "HP-IMAGE-WORKER" });
    expect(await processes.look(slot)).toMatchObject({ alive: true, pid });
    await processes.signal(slot, "SIGKILL");
    expect((await until(processes, slot, ended)).exit).toEqual({ code: null, signal: null });
  });

  it("gets a small environment: no secret, its own mark, what the configuration says", async () => {
    using dir = tempDir();
    const processes = open(dir, { PATH: process.env["PATH"] ?? "", TOKEN: "secret", NOTIFY_SOCKET: "/run/n" });
    const slot = await slotOf(dir, scripted(dir, "env; exit 3"), ", env: {HF_HOME: /models}");
    await processes.start(slot);
    const { tail, exit } = await until(processes, slot, ended);
    expect(exit).toEqual({ code: 3, signal: null });
    const names = tail.map((line) => line.split("=")[0]);
    expect(names).toEqual(expect.arrayContaining(["PATH", "HF_HOME", "HOTPLATE_SLOT_DIR", "PYTHONUNBUFFERED"]));
    expect(names.filter((name) => name === "TOKEN" || name === "NOTIFY_SOCKET")).toEqual([]);
  });

  it("that can't be run is an answer, not an error (HP-SLOT-START)", async () => {
    using dir = tempDir();
    const processes = open(dir);
    expect(await processes.start(await slotOf(dir, dir.file("no-python")))).toMatchObject({
      kind: "failed",
      words: { code: "HP-SLOT-START", hopeless: true, message: expect.stringContaining("ENOENT") as string },
    });
    const slot = await slotOf(dir, dir.file("no-python"));
    const absent = { ...slot, spawn: { ...slot.spawn, dir: dir.file("nothing") } };
    expect(await processes.start(absent)).toMatchObject({ kind: "failed", words: { code: "HP-SLOT-START" } });
  });

  it("is known again by another daemon, with what it was and what it said", async () => {
    using dir = tempDir();
    const slot = await slotOf(dir, dir.file("ComfyUI/python"));
    const first = open(dir);
    const started = await first.start(slot);
    const pid = started.kind === "started" ? started.pid : 0;
    onTestFinished(() => void (isAlive(pid) && process.kill(-pid, "SIGKILL")));
    await until(first, slot, (look) => look.port === "ours");
    await first.markReady(slot);
    const second = open(dir);
    expect(await second.look(slot)).toMatchObject({
      alive: true,
      pid,
      adoptedReady: true,
      version: "0.19.1",
      port: "ours",
    });
    expect((await second.look(slot)).tail).toContain("SIMULATED ComfyUI starting");
    await second.signal(slot, "SIGKILL");
    expect((await until(second, slot, ended)).exit).toEqual({ code: null, signal: null });
  });

  it("is found by its mark when the daemon died before it could write it down", async () => {
    using dir = tempDir();
    const slot = await slotOf(dir, dir.file("ComfyUI/python"));
    const first = open(dir);
    const started = await first.start(slot);
    const pid = started.kind === "started" ? started.pid : 0;
    onTestFinished(() => void (isAlive(pid) && process.kill(-pid, "SIGKILL")));
    writeFileSync(dir.file("state/slots/a/process.json"), "torn");
    expect(await open(dir).look(slot)).toMatchObject({ alive: true, pid, adoptedReady: false });
    expect(JSON.parse(readFileSync(dir.file("state/slots/a/process.json"), "utf8"))).toMatchObject({ pid });
  });

  it("is never confused with another that got its process id", async () => {
    using dir = tempDir();
    const slot = await slotOf(dir, dir.file("ComfyUI/python"));
    mkdirSync(dir.file("state/slots/a"), { recursive: true });
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const own = await processStat(process.pid);
    const record = { hotplate: 1, pid: process.pid, boot, port: 1, version: "0.19.1", startedAt: 1, ready: true };
    writeFileSync(
      dir.file("state/slots/a/process.json"),
      JSON.stringify({ ...record, startTime: `${own?.startTime}0` }),
    );
    const processes = open(dir);
    expect(await processes.look(slot)).toMatchObject({ alive: false });
    // Would end this test.
    await processes.signal(slot, "SIGKILL");
    writeFileSync(
      dir.file("state/slots/a/process.json"),
      JSON.stringify({ ...record, startTime: own?.startTime, boot: "x" }),
    );
    expect(await open(dir).look(slot)).toMatchObject({ alive: false });
  });

  it("names the stranger on its port", async () => {
    using dir = tempDir();
    const slot = await slotOf(dir, dir.file("ComfyUI/python"));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(slot.spawn.port, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const look = await open(dir).look(slot);
    expect(look).toMatchObject({ port: "other", alive: false });
    expect(look.holder).toMatch(new RegExp(`^process ${process.pid} \\(`));
  });

  it("leaves nothing of dead prompts when it is swept", async () => {
    using dir = tempDir();
    const slot = await slotOf(dir, dir.file("ComfyUI/python"));
    for (const part of ["input/hotplate", "output/hotplate", "output/other"]) {
      mkdirSync(dir.file(`state/slots/a/${part}`), { recursive: true });
      writeFileSync(dir.file(`state/slots/a/${part}/x.png`), "x");
    }
    await open(dir).sweep(slot);
    expect(
      readdirSync(dir.file("state/slots/a"), { recursive: true }).filter((name) => String(name).endsWith(".png")),
    ).toEqual(["output/other/x.png"]);
  });
});

describe("the log of a slot", () => {
  it("is read as it grows, whole lines only, progress bars as their last state", async () => {
    using dir = tempDir();
    const log = new SlotLog(dir.file("comfyui.log"));
    await log.begin("one");
    const file = await openFile(log.path, "a");
    await file.write("first\nhal");
    expect(await log.read()).toEqual(["first"]);
    await file.write("f\n 10%\r 90%\r100%\n");
    expect(await log.read()).toEqual(["half", "100%"]);
    expect(await log.read()).toEqual([]);
    await file.close();
    await log.begin("two");
    expect(await log.read()).toEqual([]);
    // A daemon that adopts sees what this process said, not the one before it.
    appendFileSync(log.path, "second life\n");
    expect(await new SlotLog(log.path).read()).toEqual(["second life"]);
  });

  it("is bounded in size and number, and goes on in the same file", async () => {
    using dir = tempDir();
    const log = new SlotLog(dir.file("comfyui.log"));
    await log.begin("one");
    const file = await openFile(log.path, "a");
    for (let n = 0; n < 6; n += 1) {
      await file.write(`${"x".repeat(600)} ${n}\n`);
      expect(await log.read()).toHaveLength(1);
      expect(await log.rotate(500)).toBe(true);
      expect(statSync(log.path).size).toBe(0);
    }
    await file.write("after\n");
    expect(await log.read()).toEqual(["after"]);
    await file.close();
    expect(readdirSync(dir.path).toSorted()).toEqual([
      "comfyui.log",
      "comfyui.log.1",
      "comfyui.log.2",
      "comfyui.log.3",
    ]);
    expect(readFileSync(`${log.path}.1`, "utf8")).toContain("x 5");
  });

  it("skips the oldest of a flood", async () => {
    using dir = tempDir();
    const log = new SlotLog(dir.file("comfyui.log"));
    await log.begin("one");
    const file = await openFile(log.path, "a");
    await file.write(`${`${"y".repeat(99)}\n`.repeat(5_000)}last\n`);
    const lines = await log.read();
    expect([lines.at(-1), lines.length < 5_000, log.tail.length]).toEqual(["last", true, 200]);
    await file.close();
  });
});

describe("an install", () => {
  it("says its version and its flags, without being run", async () => {
    using dir = tempDir();
    makeInstall(dir.file("new"), "0.38");
    const { version, flags } = await readInstall(dir.file("new"));
    expect([version, flags?.has("--disable-assets"), flags?.has("--database-url")]).toEqual(["0.38.0", true, true]);
    expect(await readInstall(dir.file("nothing"))).toEqual({ version: null, flags: null });
  });
});
