/** A recipe that needs a checkpoint, on a ComfyUI that has none: the folder says which, and nothing is published. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFarm } from "./farm.ts";

test("the folder's answer names the model that the ComfyUI lacks, and how many wedges wait for it", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 1 });
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up");
  const manifest = [
    "use: sd_image_to_image",
    'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"',
    "sweep: {axes: {seed: {count: 3, from: 1}}}",
    "",
  ].join("\n");
  writeFileSync(join(farm.hot, ".sd"), manifest);
  renameSync(join(farm.hot, ".sd"), join(farm.hot, "sd.yaml"));
  await daemon.line((line) => line.event === "version.burnt");
  const answer = join(farm.hot, "sd.yaml.STATUS.txt");
  let text = "";
  // Each look is a round trip to the disk; the daemon writes the answer at its next tick.
  while (!text.startsWith("FAILED")) text = await readFile(answer, "utf8").catch(() => "");
  expect(text).toContain("tasks:    0/3 rendered, 3 failed or rejected");
  expect(text).toMatch(
    /failed: {3}w001 and 2 more: HP-RECIPE-MODEL {2}Input ckpt_name of graph node checkpoint .* needs the model "v1-5-pruned-emaonly-fp16\.safetensors"/,
  );
  expect(text).toContain("why:      3 tasks failed or were rejected\n");
  expect(existsSync(join(farm.shot, "sd_image_to_image/v001"))).toBe(false);
  const claim = join(farm.shot, "sd_image_to_image/.hotplate/claims/v001.json");
  expect(existsSync(claim) && JSON.parse(readFileSync(claim, "utf8"))).toMatchObject({ version: 1 });
});
