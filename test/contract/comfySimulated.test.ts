/** The simulated ComfyUI under the contract of every ComfyUI, as a 0.19 and as a 0.38. */
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { Simulated } from "../../scripts/simulatedComfyui/server.ts";
import { startSimulatedComfyui } from "../../scripts/simulatedComfyui/server.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { comfyContract } from "./comfy.ts";

describe.each(["0.19", "0.38"] as const)("the simulated ComfyUI %s", (version) => {
  const dir = tempDir();
  let running: Simulated | null = null;
  beforeAll(async () => {
    running = await startSimulatedComfyui({ slotDir: dir.path, version });
  });
  afterAll(async () => {
    await running?.close();
    dir[Symbol.dispose]();
  });
  comfyContract({
    name: `simulated ${version}`,
    version,
    absent: null,
    url: () => running?.url ?? "",
    shared: () => ({ input: join(dir.path, "input"), output: join(dir.path, "output") }),
    slow: { blurs: 400, side: 256 },
  });
});
