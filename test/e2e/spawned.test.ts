/** Slots that the daemon spawns, with real processes: what is true of them, and what people see when they break. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drop, manifestText } from "./killRounds.ts";
import { api, committed, event, isAlive, makeSpawnedFarm } from "./spawnedFarm.ts";
import type { SpawnedFarm } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

interface Node {
  readonly slots: readonly {
    readonly name: string;
    readonly state: string;
    readonly blocks: readonly { readonly code: string; readonly message: string; readonly action: string | null }[];
    readonly process: { readonly pid: number } | null;
  }[];
}

const blocksOf = async (farm: SpawnedFarm, slot = 0): Promise<Node["slots"][number]["blocks"]> =>
  ((await api(farm, "/v1/node")) as Node).slots[slot]?.blocks ?? [];
const work = (ms: number): readonly string[] => ["--simulate-work-ms", String(ms)];

describe("a slot that the daemon spawns", () => {
  it("starts, warms up, works in directories and an environment of its own, and ends with the daemon", async () => {
    await using farm = await makeSpawnedFarm();
    const daemon = farm.startDaemon({ AWS_SECRET_ACCESS_KEY: "do not pass on", NOTIFY_SOCKET: "/run/none" });
    await daemon.line(event("slot.ready", { slot: "gpu0" }));
    drop(farm.hot, "a.yaml", manifestText(0));
    await committed(daemon);
    expect(versionsOf(join(farm.shot, "kill0"))).toHaveLength(1);
    const pid = farm.pid("gpu0");
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    expect(environment.filter((line) => /SECRET|NOTIFY|TOKEN/.test(line))).toEqual([]);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    expect(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]).toBe(String(pid));
    const node = (await api(farm, "/v1/node")) as Node;
    expect(node.slots[0]).toMatchObject({ state: "up", blocks: [], process: { pid } });
    expect(farm.log("gpu0")).toContain("SIMULATED ComfyUI starting");
    daemon.process.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(farm.dir, "state/slots/gpu0/temp"))).toBe(false);
    expect(existsSync(join(farm.dir, "state/slots/gpu0/process.json"))).toBe(false);
  });

  it("is looked at by the doctor before there is a daemon", async () => {
    await using farm = await makeSpawnedFarm();
    const found = async (): Promise<unknown> =>
      ((await farm.hotplate("doctor")).json as { lines: { what: string }[] }).lines.find(
        (line) => line.what === "slot gpu0",
      );
    const install = join(farm.dir, "ComfyUI");
    expect(await found()).toMatchObject({ state: "OK", found: `ComfyUI 0.19.1 in ${install}; the daemon starts it` });
    rmSync(join(install, "python"));
    expect(await found()).toMatchObject({ state: "FAIL", found: `${install}/python can't be run (ENOENT)` });
    rmSync(join(install, "comfyui_version.py"));
    expect(await found()).toMatchObject({ state: "FAIL", fix: "correct spawn.dir" });
  });

  it("is started again after a crash in the middle, and every task ends once", async () => {
    await using farm = await makeSpawnedFarm({ args: [work(150)] });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await daemon.line(event("task.submitted"), 2);
    const first = farm.pid("gpu0");
    process.kill(first, "SIGKILL");
    expect(await daemon.line(event("slot.ended"))).toMatchObject({
      code: "HP-SLOT-CRASHED",
      reason: "ComfyUI was killed (137), mostly because the node ran out of memory",
    });
    await committed(daemon);
    expect(farm.pid("gpu0")).not.toBe(first);
    const [version, ...more] = versionsOf(join(farm.shot, "kill0"));
    expect([more, version?.files.filter((file) => file.endsWith(".png")).length]).toEqual([[], 4]);
  });

  it("that is a zombie is restarted; the other slot never notices", async () => {
    await using farm = await makeSpawnedFarm({ slots: 2, args: [[...work(150), "--simulate", "zombie@4"], work(150)] });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"), 2);
    const other = farm.pid("gpu1");
    for (const n of [0, 1, 2]) drop(farm.hot, `job${n}.yaml`, manifestText(n));
    expect(await daemon.line(event("slot.restarting"))).toMatchObject({
      slot: "gpu0",
      code: "HP-SLOT-STUCK",
      reason: "its execution thread died; it answers and runs nothing",
    });
    await committed(daemon, 3);
    expect(farm.pid("gpu1")).toBe(other);
    expect(daemon.lines.filter((line) => line.event === "slot.restarting" && line["slot"] !== "gpu0")).toEqual([]);
  });

  it("that does not let go of a canceled prompt is restarted", async () => {
    await using farm = await makeSpawnedFarm({
      args: [["--simulate-work-ms", "900000", "--simulate", "lostCancel@all"]],
      slot: "warmUp: false",
    });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await daemon.line(event("task.submitted"), 2);
    const { jobs } = (await api(farm, "/v1/jobs")) as { readonly jobs: readonly { readonly id: string }[] };
    expect(await api(farm, `/v1/jobs/${jobs[0]?.id ?? ""}/cancel`, {})).toMatchObject({ state: "done" });
    // Canceled tasks are over for people at once; the GPU is free of the prompt only now.
    expect(await daemon.line(event("slot.restarting"))).toMatchObject({
      code: "HP-SLOT-STUCK",
      reason: expect.stringMatching(/^a prompt goes on \d+ s after it was canceled$/) as string,
    });
    await daemon.line(event("slot.ready"), 2);
    expect(daemon.lines.filter((line) => line.event === "task.canceled").length).toBeGreaterThan(0);
  });

  it("is not taken down for ever by one task: that is given up as poison", async () => {
    // The second prompt of every life, after the warm-up.
    await using farm = await makeSpawnedFarm({ args: [["--simulate", "die=139@2"]] });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0).replace("{count: 2,", "{count: 1,").replace("1001-1002", "1001"));
    expect(await daemon.line(event("task.failed"))).toMatchObject({
      code: "HP-TASK-POISON",
      reason: "ComfyUI crashed in native code (139) while it ran (tried 3 times)",
    });
    await daemon.line(event("version.burnt"));
    const words = JSON.stringify((await farm.hotplate("ls", "slots")).json);
    expect(words).toContain("ComfyUI crashed in native code (139)");
    // The slot itself goes on.
    await daemon.line(event("slot.ready"), 4);
  });

  it("whose GPU state is poisoned is restarted before it fails more (HP-SLOT-POISONED)", async () => {
    await using farm = await makeSpawnedFarm();
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"));
    // In this life of the process only: the next one is sound.
    const armed = JSON.stringify({ fault: "cudaError@2" });
    await fetch(`http://127.0.0.1:${farm.ports[0]}/simulated/fault`, { method: "POST", body: armed });
    drop(farm.hot, "a.yaml", manifestText(0));
    expect(await daemon.line(event("slot.restarting"))).toMatchObject({ code: "HP-SLOT-POISONED" });
    await committed(daemon);
    expect(daemon.lines.filter((line) => line.event === "task.failed")).toEqual([]);
  });

  it("that ignores SIGINT and SIGTERM is killed at the end", async () => {
    await using farm = await makeSpawnedFarm({ args: [["--simulate", "ignoreSignals"]] });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"));
    const pid = farm.pid("gpu0");
    daemon.process.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it("with a wrong flag is quarantined at once, says which, and leaves when a person says so", async () => {
    await using farm = await makeSpawnedFarm({ args: [["--normal-vram"]] });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.quarantined", { slot: "gpu0", code: "HP-SLOT-QUARANTINED" }));
    const [block] = await blocksOf(farm);
    expect(block?.message).toContain(
      "ComfyUI does not take its command line (2): main.py: error: unrecognized arguments: --normal-vram",
    );
    expect(block?.action).toBe("correct spawn.args; then hotplate slot restart gpu0");
    drop(farm.hot, "a.yaml", manifestText(0));
    await daemon.line(event("version.claimed"));
    const { jobs } = (await api(farm, "/v1/jobs")) as { readonly jobs: readonly { readonly id: string }[] };
    const why = JSON.stringify(await api(farm, `/v1/jobs/${jobs[0]?.id ?? ""}/explain`));
    expect(why).toContain("HP-SLOT-QUARANTINED");
    expect(why).toContain("slot gpu0: it is in quarantine: ComfyUI does not take its command line (2)");
    // The install learns the flag, as a person would correct what is named.
    writeFileSync(
      join(farm.dir, "ComfyUI/python"),
      `#!/bin/sh\nexec '${process.execPath}' -e 'setInterval(() => {}, 1e9)'\n`,
    );
    expect(await api(farm, "/v1/slots/gpu0/restart", {})).toMatchObject({
      state: "done",
      answer: "Slot gpu0 leaves quarantine.",
    });
    await daemon.line(event("slot.starting", { slot: "gpu0" }), 2);
  });

  it("does not take a stranger on its port for its own (HP-SLOT-PORT), and starts when that is gone", async () => {
    await using farm = await makeSpawnedFarm();
    const [port = 0] = farm.ports;
    const stranger = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
    const daemon = farm.startDaemon();
    expect(await daemon.line(event("slot.ended", { code: "HP-SLOT-PORT" }))).toMatchObject({
      reason: expect.stringContaining(`process ${process.pid}`) as string,
    });
    expect((await blocksOf(farm))[0]?.code).toBe("HP-SLOT-PORT");
    stranger.close();
    await daemon.line(event("slot.ready"));
  });

  it("past its memory is restarted, and its tasks go on (HP-SLOT-MEMORY)", async () => {
    // The simulated one needs more than this to start at all.
    await using farm = await makeSpawnedFarm({ spawn: "memoryMax: 20MB" });
    const daemon = farm.startDaemon();
    expect(await daemon.line(event("slot.starting"))).toMatchObject({ memoryBy: "watch" });
    expect(await daemon.line(event("slot.restarting"))).toMatchObject({
      code: "HP-SLOT-MEMORY",
      reason: expect.stringMatching(/^it used \d+ MB of the 20 MB that spawn\.memoryMax allows$/) as string,
    });
  });

  it("is recycled when idle after so many tasks", async () => {
    await using farm = await makeSpawnedFarm({ slot: "recycle: {tasks: 4}" });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await committed(daemon);
    expect(await daemon.line(event("slot.restarting"))).toMatchObject({
      code: "HP-SLOT-RECYCLING",
      reason: "it has run 4 tasks, as recycle.tasks says",
    });
    await daemon.line(event("slot.ready"), 2);
    drop(farm.hot, "b.yaml", manifestText(1));
    await committed(daemon, 2);
  });

  it("runs in 0.38 with the flags of 0.38, and says in quarantine that its database is locked", async () => {
    await using farm = await makeSpawnedFarm({ version: "0.38", args: [["--simulate", "databaseLocked"]] });
    const daemon = farm.startDaemon();
    expect(await daemon.line(event("slot.starting"))).toMatchObject({ version: "0.38.0" });
    expect(farm.log("gpu0")).toContain("--disable-assets");
    expect(await daemon.line(event("slot.ended"))).toMatchObject({
      code: "HP-SLOT-START",
      reason: "another process has locked its database",
    });
  });
});
