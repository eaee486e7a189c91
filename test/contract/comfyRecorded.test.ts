/**
 * What ships as recorded from a real ComfyUI, against one that runs (HOTPLATE_COMFYUI_URL): the node catalogue, and the
 * pictures that the simulated one makes of the shipped model-free recipes.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { bindGraph } from "../../daemon/domain/graph.ts";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import type { PromptId } from "../../daemon/domain/ids.ts";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import type { ComfySlot } from "../../daemon/ports.ts";
import { createComfy } from "../../daemon/adapters/comfyui/slot.ts";
import { startSimulatedComfyui } from "../../scripts/simulatedComfyui/server.ts";
import { defaults, shipped } from "../fixtures/recipes.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { ended } from "./comfy.ts";

const url = process.env["HOTPLATE_COMFYUI_URL"];
const ABSENT = "HOTPLATE_COMFYUI_URL names no ComfyUI";
const RECORDED = new URL("../../config/comfyui/catalogue-0.19.json", import.meta.url);
const [WIDTH, HEIGHT] = [240, 160];

function slotAt(address: string): ComfySlot {
  const slot = createComfy().open({ name: "gpu0", url: address, demo: true }, () => undefined);
  onTestFinished(() => slot.close());
  return slot;
}

test("every class that is recorded is what the running ComfyUI offers: inputs, types, ranges, options, outputs", async (context) => {
  if (url === undefined) return context.skip(ABSENT);
  const live = await slotAt(url).catalogue();
  const recorded = JSON.parse(readFileSync(RECORDED, "utf8")) as Catalogue;
  for (const [name, known] of Object.entries(recorded)) {
    const found = live[name];
    expect(found, name).toMatchObject({ outputs: known.outputs, outputNode: known.outputNode });
    expect(Object.keys(found?.inputs ?? {}).sort(), name).toEqual(Object.keys(known.inputs).sort());
    for (const [input, spec] of Object.entries(known.inputs)) {
      // null: the list is the machine's own files.
      const { options, ...rest } = spec;
      expect(found?.inputs[input], `${name}.${input}`).toMatchObject(options === null ? rest : spec);
    }
  }
});

test.for([
  ["env_relight", { grain: 0 }],
  ["grain", { amount: 0 }],
  ["slap_comp", { scale: 0.5, x: 40, y: 20, edge: 3, choke: 2 }],
  ["temporal_smooth", { amount: 0.667 }],
  ["upscale_x2", {}],
] as const)(
  "the simulated picture of %s is the real one, but for the mark and the last bit",
  async ([name, given], context) => {
    if (url === undefined) return context.skip(ABSENT);
    using dir = tempDir();
    const server = await startSimulatedComfyui({ slotDir: dir.file("slot") });
    onTestFinished(() => server.close());
    const plates = { plate: dir.file("plate.png"), foreground: dir.file("foreground.png") };
    await paint(plates.plate, 3);
    await paint(plates.foreground, 4);
    const of = { name, given, plates, dir };
    const [real, simulated] = [await pictureOf(slotAt(url), of), await pictureOf(slotAt(server.url), of)];
    expect(simulated.info).toMatchObject({ width: real.info.width, height: real.info.height, channels: 3 });
    const difference = compare(real, simulated);
    expect(difference.mean).toBeLessThan(0.01);
    expect(difference.max).toBeLessThanOrEqual(2);
  },
);

/** A soft pattern with edges; with four channels a disc in its alpha. */
async function paint(path: string, channels: 3 | 4): Promise<void> {
  const bytes = Buffer.alloc(WIDTH * HEIGHT * channels);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const at = (y * WIDTH + x) * channels;
      bytes[at] = (x * 255) / WIDTH;
      bytes[at + 1] = (y * 255) / HEIGHT;
      bytes[at + 2] = (x ^ y) & 255;
      if (channels === 4) bytes[at + 3] = Math.hypot(x - WIDTH / 2, y - HEIGHT / 2) < HEIGHT / 3 ? 255 : 40;
    }
  }
  await sharp(bytes, { raw: { width: WIDTH, height: HEIGHT, channels } })
    .png()
    .toFile(path);
}

interface Raw {
  readonly data: Buffer;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

async function pictureOf(
  slot: ComfySlot,
  of: {
    readonly name: string;
    readonly given: Readonly<Record<string, number>>;
    readonly plates: { readonly plate: string; readonly foreground: string };
    readonly dir: TempDir;
  },
): Promise<Raw> {
  const recipe = shipped(of.name);
  const id = randomUUID() as PromptId;
  const images: Record<string, string> = {};
  for (const image of Object.keys(recipe.file.images))
    images[image] = await slot.place(of.plates.foreground, `${id}-${image}.png`);
  const graph = bindGraph(recipe, {
    parameters: { ...defaults(recipe.file), ...of.given },
    plateInput: await slot.place(of.plates.plate, `${id}.png`),
    plateWidth: WIDTH,
    plateHeight: HEIGHT,
    images,
    prefix: `hotplate/${id}`,
  });
  const answer = await slot.submit({ id, graph, jobId: "job_1" });
  expect(answer).toMatchObject({ kind: "accepted" });
  const done = await ended(slot, id);
  if (done.kind !== "completed") throw new Error(JSON.stringify(done));
  await slot.fetch(done.outputs[0]!, of.dir.file(`${id}.png`));
  await slot.forget(id);
  return sharp(of.dir.file(`${id}.png`))
    .raw()
    .toBuffer({ resolveWithObject: true });
}

function compare(a: Raw, b: Raw): { readonly mean: number; readonly max: number } {
  const { width, height, channels } = a.info;
  const [left, top, markWidth, markHeight] = simulatedMark(width, height);
  let sum = 0;
  let count = 0;
  let max = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (x >= left && x < left + markWidth && y >= top && y < top + markHeight) continue;
      for (let c = 0; c < channels; c += 1) {
        const at = (y * width + x) * channels + c;
        const off = Math.abs((a.data[at] ?? 0) - (b.data[at] ?? 0));
        sum += off;
        count += 1;
        max = Math.max(max, off);
      }
    }
  }
  return { mean: sum / count, max };
}
