/** What people see when attempts fail, with real processes: each fault of the simulated ComfyUI and what follows from it. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Child, Farm } from "./farm.ts";
import { makeFarm } from "./farm.ts";
import { drop, manifestText } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

const REPO = fileURLToPath(new URL("../..", import.meta.url));

async function fault(farm: Farm, slot: number, text: string): Promise<void> {
  const url = `${farm.slots[slot]?.url ?? ""}/simulated/fault`;
  expect((await fetch(url, { method: "POST", body: JSON.stringify({ fault: text }) })).status).toBe(200);
}

async function asked(farm: Farm, slot: number, route: string): Promise<number> {
  const answer = await fetch(`${farm.slots[slot]?.url ?? ""}/simulated/log`);
  return ((await answer.json()) as { requests: Record<string, number> }).requests[route] ?? 0;
}

/** Each look is a round trip to the disk; the daemon writes the answer at its next tick. */
async function answer(farm: Farm, name: string, state: string): Promise<string> {
  for (;;) {
    const text = await readFile(join(farm.hot, `${name}.STATUS.txt`), "utf8").catch(() => "");
    if (text.startsWith(state)) return text;
  }
}

const events = (daemon: Child, name: string): readonly Readonly<Record<string, unknown>>[] =>
  daemon.lines.filter((line) => line.event === name);

const ONE = [
  "use: grain",
  "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png",
  "product: one",
  "",
].join("\n");

describe("out of GPU memory", () => {
  it("once is tried again alone, on a ComfyUI that was emptied, and is done", async () => {
    await using farm = await makeFarm({ slots: 1, frames: 1 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    await fault(farm, 0, "oom");
    drop(farm.hot, "one.yaml", ONE);
    expect(await daemon.line(event("task.retried"))).toMatchObject({ code: "HP-COMFY-MEMORY", class: "memory" });
    expect(await daemon.line(event("slot.freed"))).toMatchObject({ slot: "gpu0", seen: true });
    await committed(daemon);
    expect(await asked(farm, 0, "POST /free")).toBe(1);
    expect(versionsOf(join(farm.shot, "one"))).toHaveLength(1);
  });

  it("again alone ends with the arithmetic, and a twin of the GPU is not tried", async () => {
    await using farm = await makeFarm({ slots: 2, frames: 1 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"), 2);
    for (const slot of [0, 1]) await fault(farm, slot, "oom@all");
    drop(farm.hot, "one.yaml", ONE);
    const failed = await daemon.line(event("task.failed"));
    expect(failed).toMatchObject({ code: "HP-COMFY-MEMORY", class: "memory" });
    expect(events(daemon, "task.submitted")).toHaveLength(2);
    expect(await answer(farm, "one.yaml", "FAILED")).toMatch(
      /It needs more than 24 GiB of GPU memory; the largest GPU here has 24 GiB \(slot gpu\d\)\. It ran out alone on gpu\d\./,
    );
  });
});

describe("a broken GPU state", () => {
  it("takes its slot out, and the work goes elsewhere and is done", async () => {
    await using farm = await makeFarm({ slots: 2 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"), 2);
    await fault(farm, 0, "cudaError");
    drop(farm.hot, "a.yaml", manifestText(0));
    expect(await daemon.line(event("slot.quarantined"))).toMatchObject({ slot: "gpu0" });
    await committed(daemon);
    expect(versionsOf(join(farm.shot, "kill0"))).toHaveLength(1);
    expect(events(daemon, "task.failed")).toEqual([]);
    // One attempt broke it; what waited behind it there costs nothing.
    expect(events(daemon, "task.retried").filter((line) => line["class"] === "poisoned")).toHaveLength(1);
  });
});

describe("a model that one ComfyUI lacks", () => {
  it("sends the work to the one that has it, and costs no attempt", async () => {
    await using farm = await makeFarm({ slots: 2, frames: 1 });
    const checkpoint = "models/checkpoints/v1-5-pruned-emaonly-fp16.safetensors";
    writeFileSync(join(farm.dir, "slots/gpu1", checkpoint), "weights");
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"), 2);
    const plate = "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png";
    drop(farm.hot, "sd.yaml", `use: sd_image_to_image\nplate: ${plate}\nsweep: {axes: {seed: {count: 4, from: 1}}}\n`);
    expect(await answer(farm, "sd.yaml", "DONE")).toContain("tasks:    4/4 rendered");
    expect(events(daemon, "task.submitted").map((line) => line["slot"])).toEqual(["gpu1", "gpu1", "gpu1", "gpu1"]);
    expect(events(daemon, "task.failed")).toEqual([]);
  });
});

describe("a graph node class that no ComfyUI of the node has", () => {
  it("ends the work at once, with the nearest name and the slots that were asked", async () => {
    await using farm = await makeFarm({ slots: 2, frames: 1 });
    const from = join(REPO, "config/recipes/grain/1.0.0");
    const to = join(farm.dir, "recipes/grain_odd/1.0.0");
    appendFileSync(farm.config, `recipes: [${farm.dir}/recipes]\n`);
    mkdirSync(to, { recursive: true });
    for (const file of ["recipe.yaml", "graph.api.json"]) {
      const text = readFileSync(join(from, file), "utf8").replaceAll("ImageBlur", "ImageBlurr");
      writeFileSync(join(to, file), text.replace("name: grain\n", "name: grain_odd\n"));
    }
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"), 2);
    drop(farm.hot, "odd.yaml", ONE.replace("grain", "grain_odd"));
    const text = await answer(farm, "odd.yaml", "FAILED");
    expect(text).toMatch(
      /HP-RECIPE-CLASS {2}.*ImageBlurr.*Nearest: ImageBlur\. No slot of this node can: gpu0, gpu1\./,
    );
    expect(events(daemon, "task.submitted")).toEqual([]);
  });
});

describe("a slot on which everything fails", () => {
  it("stops by itself, tests itself, and goes on when the test passed", async () => {
    await using farm = await makeFarm({ slots: 1 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    await fault(farm, 0, "nodeError@1-7");
    for (const n of [0, 1]) drop(farm.hot, `job${n}.yaml`, manifestText(n));
    const sick = await daemon.line(event("slot.sick"));
    expect(sick).toMatchObject({ slot: "gpu0", code: "HP-SLOT-SICK" });
    expect(sick["reason"]).toBe("it is sick: its last 5 attempts, of 2 jobs, all failed; mostly: a failed graph node");
    // Prompts that were on their way still met the fault; the test itself may have, and then comes again.
    await fault(farm, 0, "nodeError@1000");
    expect(await daemon.line(event("slot.recovered"))).toMatchObject({ slot: "gpu0" });
    await committed(daemon, 2);
  });
});
