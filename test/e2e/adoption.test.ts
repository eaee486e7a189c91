/**
 * The daemon dies and starts again: prompts that still run are adopted, those that ended meanwhile collected, those that
 * vanished sent again; each version is published exactly once.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drop, manifestText } from "./killRounds.ts";
import { committed, event, freePort, isAlive, makeSpawnedFarm } from "./spawnedFarm.ts";
import type { SpawnedFarm } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

const slow = { args: [["--simulate-work-ms", "700"]] } as const;

interface Log {
  readonly prompts: readonly { readonly id: string; readonly outcome: string | null }[];
}
async function promptsOf(farm: SpawnedFarm): Promise<Log["prompts"]> {
  return ((await (await fetch(`http://127.0.0.1:${farm.ports[0]}/simulated/log`)).json()) as Log).prompts;
}

describe("a daemon that was killed", () => {
  it("adopts a slot process that outlived it: what runs goes on, what ended is collected, nothing runs twice", async () => {
    await using farm = await makeSpawnedFarm(slow);
    const first = farm.startDaemon();
    await first.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await first.line(event("task.submitted"), 3);
    await first.kill("SIGKILL");
    const pid = farm.pid("gpu0");
    expect(isAlive(pid)).toBe(true);
    const second = farm.startDaemon();
    expect(await second.line(event("daemon.recovered"))).toMatchObject({ lost: 0 });
    expect(await second.line(event("slot.adopted"))).toMatchObject({ slot: "gpu0", pid });
    await committed(second);
    expect(farm.pid("gpu0")).toBe(pid);
    expect(versionsOf(join(farm.shot, "kill0"))).toHaveLength(1);
    const prompts = await promptsOf(farm);
    // The warm-up, and each of the four tasks once.
    expect(prompts.map((prompt) => prompt.outcome)).toEqual(Array<string>(5).fill("success"));
    expect(second.lines.filter((line) => line.event === "task.lost" || line.event === "slot.starting")).toEqual([]);
    second.process.kill("SIGTERM");
    expect(await second.exited).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it("starts a slot anew that died with it, and sends again what vanished", async () => {
    await using farm = await makeSpawnedFarm(slow);
    const first = farm.startDaemon();
    await first.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await first.line(event("task.submitted"), 3);
    const pid = farm.pid("gpu0");
    await first.kill("SIGKILL");
    process.kill(-pid, "SIGKILL");
    const second = farm.startDaemon();
    await second.line(event("task.lost", { code: "HP-COMFY-LOST" }));
    await committed(second);
    expect(farm.pid("gpu0")).not.toBe(pid);
    expect(versionsOf(join(farm.shot, "kill0"))).toHaveLength(1);
    expect(second.lines.filter((line) => line.event === "slot.adopted")).toEqual([]);
  });

  it("collects what ended while nobody was there", async () => {
    await using farm = await makeSpawnedFarm({ args: [["--simulate-work-ms", "50"]] });
    const first = farm.startDaemon();
    await first.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await first.line(event("task.submitted"), 2);
    await first.kill("SIGKILL");
    // Until ComfyUI has nothing left: asked without a pause, for each answer takes its time.
    for (;;) if ((await promptsOf(farm)).every((prompt) => prompt.outcome !== null)) break;
    const before = (await promptsOf(farm)).length;
    const second = farm.startDaemon();
    await committed(second);
    expect(versionsOf(join(farm.shot, "kill0"))).toHaveLength(1);
    expect((await promptsOf(farm)).length - before).toBe(5 - before);
  });

  it("restarts an adopted slot whose port was changed meanwhile", async () => {
    await using farm = await makeSpawnedFarm({ spawn: "outlive: true" });
    const first = farm.startDaemon();
    await first.line(event("slot.ready"));
    const pid = farm.pid("gpu0");
    first.process.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    const [old = 0] = farm.ports;
    const text = readFileSync(farm.config, "utf8");
    writeFileSync(farm.config, text.replace(String(old), String(await freePort())));
    const second = farm.startDaemon();
    expect(await second.line(event("slot.restarting"))).toMatchObject({ reason: "its port is another one now" });
    await second.line(event("slot.ready"));
    expect(isAlive(pid)).toBe(false);
    drop(farm.hot, "a.yaml", manifestText(0));
    await committed(second);
  });

  it("leaves a slot running at its end that may outlive it, and adopts it at the next start", async () => {
    await using farm = await makeSpawnedFarm({ ...slow, spawn: "outlive: true" });
    const first = farm.startDaemon();
    await first.line(event("slot.ready"));
    drop(farm.hot, "a.yaml", manifestText(0));
    await first.line(event("task.submitted"), 2);
    const pid = farm.pid("gpu0");
    first.process.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    expect(isAlive(pid)).toBe(true);
    const second = farm.startDaemon();
    await second.line(event("slot.adopted"));
    await committed(second);
    expect(farm.pid("gpu0")).toBe(pid);
    expect(versionsOf(join(farm.shot, "kill0"))).toHaveLength(1);
  });
});
