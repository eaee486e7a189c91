/** Slots that the daemon spawns, with real processes: what is true of them, and what happens when they break. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drop, manifestText } from "./killRounds.ts";
import { api, committed, event, isAlive, makeSpawnedFarm } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

interface Node {
  readonly slots: readonly {
    readonly name: string;
    readonly state: string;
    readonly blocks: readonly { readonly code: string; readonly message: string; readonly action: string | null }[];
    readonly process: { readonly pid: number } | null;
  }[];
}

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
});
