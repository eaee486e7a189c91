/** A recipe that needs a checkpoint, on a ComfyUI that has none: the folder says which; installed, it is found at once. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFarm } from "./farm.ts";

test("the folder's answer names the model that the ComfyUI lacks, and how many wedges wait for it", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 1 });
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up");
  const drop = (name: string, more = ""): void => {
    writeFileSync(join(farm.hot, ".sd"), `${manifest}${more}`);
    renameSync(join(farm.hot, ".sd"), join(farm.hot, name));
  };
  // Each look is a round trip to the disk; the daemon writes the answer at its next tick.
  const answer = async (name: string, state: string): Promise<string> => {
    for (;;) {
      const text = await readFile(join(farm.hot, `${name}.STATUS.txt`), "utf8").catch(() => "");
      if (text.startsWith(state)) return text;
    }
  };
  const manifest = [
    "use: sd_image_to_image",
    'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"',
    "sweep: {axes: {seed: {count: 3, from: 1}}}",
    "",
  ].join("\n");
  drop("sd.yaml");
  await daemon.line((line) => line.event === "version.burnt");
  const text = await answer("sd.yaml", "FAILED");
  expect(text).toContain("tasks:    0/3 rendered, 3 failed or rejected");
  expect(text).toMatch(
    /failed: {3}w001 and 2 more: HP-RECIPE-MODEL {2}Input ckpt_name of graph node checkpoint .* needs the model "v1-5-pruned-emaonly-fp16\.safetensors"/,
  );
  expect(text).toContain("why:      3 tasks failed or were rejected\n");
  expect(existsSync(join(farm.shot, "sd_image_to_image/v001"))).toBe(false);
  const claim = join(farm.shot, "sd_image_to_image/.hotplate/claims/v001.json");
  expect(existsSync(claim) && JSON.parse(readFileSync(claim, "utf8"))).toMatchObject({ version: 1 });
  const slot = join(farm.dir, "slots/gpu0");
  expect(existsSync(join(slot, "input/hotplate")) ? readdirSync(join(slot, "input/hotplate")) : []).toEqual([]);

  writeFileSync(join(slot, "models/checkpoints/v1-5-pruned-emaonly-fp16.safetensors"), "weights");
  drop("sd_again.yaml", "name: the checkpoint is there now\n");
  expect(await answer("sd_again.yaml", "DONE")).toContain("tasks:    3/3 rendered");
});
