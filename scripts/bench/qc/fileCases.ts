/**
 * Files that are right, of the proof over files: results as Hotplate finishes them on plates of every kind (`light`: OpenEXR, `codes`: PNG
 * and TIFF), DPX, and files of other hands that `hotplate qc run` looks at. Each by its number: the same bytes on every machine with
 * the same encoders.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import type { OutputFormat } from "../../../daemon/domain/outputFormat.ts";
import type { PixelBox } from "../../../daemon/plugin.ts";
import type { Images } from "../../../daemon/ports.ts";
import { withPngText } from "./fileBytes.ts";
import type { FileCase, Plate } from "./fileCase.ts";
import { ALWAYS, publishedName } from "./fileCase.ts";
import { dotCase } from "./fileDots.ts";
import { logFile, otherFile } from "./fileOthers.ts";
import type { Channel, CodeKind } from "./filePictures.ts";
import { codeFile, codes, lightFile } from "./filePictures.ts";
import { COMFY_PROMPT, COMFY_WORKFLOW } from "./fileTexts.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";

export interface FileWorld {
  readonly images: Images;
  /** Empty, of ours. */
  readonly dir: string;
}

interface FinishWorld extends FileWorld {
  readonly number: number;
}

export const CORPORA = ["light", "codes", "dpx", "others", "dots"] as const;
export type Corpus = (typeof CORPORA)[number];

/** `number`: of the work, which names its files. */
export async function cleanFile(
  { images, dir }: FileWorld,
  { corpus, seed, number }: { readonly corpus: Corpus; readonly seed: number; readonly number: number },
): Promise<FileCase> {
  const world: FinishWorld = { images, dir, number };
  const random = chance(seed * CORPORA.length + CORPORA.indexOf(corpus));
  switch (corpus) {
    case "light":
      return lightCase(world, random, seed);
    case "codes":
      return codeCase(world, random, seed);
    case "dpx":
      return logFile(random, seed);
    case "others":
      return otherFile(random, seed);
    case "dots":
      return dotCase(random);
  }
}

/** As a show's plates have them. */
const SPACES = [
  "ACEScg",
  "ACES2065-1",
  "lin_rec709",
  "Linear Rec.709 (sRGB)",
  "scene_linear",
  "Linear ARRI Wide Gamut 4",
  "lin_catalogue",
  "analog_negative_linear",
  "Linear (dialog stage)",
] as const;

function plateAttributes(random: Chance, aspect: number): readonly ExrAttribute[] {
  const float = (name: string, value: number): ExrAttribute => {
    return { name, type: "float", value: new Uint8Array(Float32Array.of(value).buffer) };
  };
  const [rate, over] = random.pick([
    [24, 1],
    [25, 1],
    [24_000, 1_001],
    [30_000, 1_001],
    [48, 1],
  ] as const);
  const clock = Array.from({ length: 4 }, (_, i) => (i === 0 ? 0x12 : Math.floor(random.between(0, 10))));
  const all: readonly ExrAttribute[] = [
    { name: "timeCode", type: "timecode", value: Uint8Array.of(...clock, 0, 0, 0, 0) },
    { name: "framesPerSecond", type: "rational", value: new Uint8Array(Int32Array.of(rate, over).buffer) },
    textAttribute("reelName", `A${Math.floor(random.between(100, 999))}C007_${random.pick(["R1", "0412"])}`),
    textAttribute("owner", "prompt department, the workflow of 2026"),
    textAttribute(
      "comments",
      random.pick(["graded to match, see sampler notes", "CFG of lens pass", "Negative: 5219"]),
    ),
    { name: "chromaticities", type: "chromaticities", value: new Uint8Array(new Float32Array(8).fill(0.3).buffer) },
    textAttribute(random.pick(["colorInteropID", "oiio:ColorSpace"]), random.pick(SPACES)),
  ];
  const some = all.filter(() => random.next() < 0.6);
  return aspect === 1 ? some : [...some, float("pixelAspectRatio", aspect)];
}

const COLOURS: readonly Channel[] = ["R", "G", "B"].map((name) => ({ name, type: "half" }));

/** An OpenEXR plate as wide as deliveries are and a few lines high; a tenth is anamorphic. */
function lightPlate(random: Chance, seed: number) {
  // PIZ and RLE are packed by the tests' plain writers, which take their time.
  const packing =
    random.next() < 0.06 ? random.pick(["rle", "piz"] as const) : random.pick(["none", "zips", "zip"] as const);
  // They write no pixel aspect either.
  const aspect = packing !== "rle" && packing !== "piz" && random.next() < 0.1 ? 2 : 1;
  const width = aspect === 2 ? random.pick([1_920, 2_048, 2_304]) : random.pick([3_840, 3_996, 4_096, 4_448]);
  const [x, y] = random.next() < 0.3 ? [random.pick([-8, 12]), random.pick([-4, 6])] : [0, 0];
  const display: PixelBox = [x, y, width, Math.floor(random.between(2, 4))];
  const over = random.next() < 0.3 ? random.pick([1, 4]) : 0;
  const data: PixelBox = [display[0] - over, display[1] - over, width + 2 * over, display[3] + 2 * over];
  const more: readonly Channel[] = [
    { name: "A", type: "half" },
    { name: "matte.fg", type: "half" },
    { name: "depth.Z", type: "float" },
    { name: "id", type: "uint" },
  ];
  const channels = [...COLOURS, ...more.filter(() => random.next() < 0.25)];
  const attributes = plateAttributes(random, aspect);
  return { display, bytes: lightFile({ data, display, packing, channels, attributes, seed }) };
}

async function lightCase(world: FinishWorld, random: Chance, seed: number): Promise<FileCase> {
  const from = random.pick(["exr", "exr", "exr", "dpx", "png", "nothing"] as const);
  const light = lightPlate(random, seed);
  const size = { width: light.display[2], height: light.display[3] };
  const wide = from === "exr" ? size : { width: Math.max(3_840, size.width), height: size.height };
  const plate: Plate | null =
    from === "exr"
      ? { bytes: light.bytes, extension: "exr" }
      : from === "dpx"
        ? { bytes: (await logFile(chance(seed), seed, wide)).result, extension: "dpx" }
        : from === "png"
          ? { bytes: await pngOf(wide, { bits: 8, seed }), extension: "png" }
          : null;
  const compression = random.pick(["zip", "zip", "zips", "none"] as const);
  const result = await finished(world, {
    plate,
    returned: await returned(random, { ...wide, bits: random.pick([8, 16]), seed }),
    format: { kind: "exr", type: "half", compression },
  });
  return {
    kind: `EXR ${compression}`,
    format: "exr",
    result,
    publishAs: publishedName(random, { size: `${wide.width}x${wide.height}`, extension: "exr" }),
    plate,
    expected: { ...wide, bitDepth: random.pick([16, null]) },
    staged: true,
    checks: [...ALWAYS, "file.hash", "delivery.exr"],
  };
}

async function codeCase(world: FinishWorld, random: Chance, seed: number): Promise<FileCase> {
  const size = { width: Math.floor(random.between(64, 257)), height: Math.floor(random.between(64, 129)) };
  const from = random.pick(["png", "png", "tiff", "tiff lzw", "jpeg", "webp", "nothing"] as const);
  const bits = from === "jpeg" || from === "webp" || random.next() < 0.4 ? 8 : 16;
  const plate = from === "nothing" ? null : await codePlate(random, { from, size, bits, seed });
  const kind = random.pick(["png", "png16", "tiff16"] as const);
  const result = await finished(world, {
    plate,
    returned: await returned(random, { ...size, bits: kind === "png" ? bits : random.pick([8, 16]), seed }),
    format: { kind },
  });
  const extension = kind === "tiff16" ? "tif" : "png";
  return {
    kind: `${kind === "tiff16" ? "TIFF" : "PNG"} ${kind === "png" ? bits : 16} bits`,
    format: kind === "tiff16" ? "tiff" : "png",
    result,
    publishAs: publishedName(random, { size: `${size.width}x${size.height}`, extension }),
    plate,
    expected: { ...size, bitDepth: kind === "png" ? bits : 16 },
    staged: true,
    checks: [...ALWAYS, "file.hash"],
  };
}

async function codePlate(
  random: Chance,
  of: {
    readonly from: CodeKind;
    readonly size: { readonly width: number; readonly height: number };
    readonly bits: 8 | 16;
    readonly seed: number;
  },
): Promise<Plate> {
  const channels = of.from === "png" ? random.pick([1, 3, 4] as const) : 3;
  const picture = {
    ...of.size,
    channels,
    bits: of.bits,
    data: codes(of.size, { channels, bits: of.bits, seed: of.seed }),
  };
  const extension = of.from.startsWith("tiff") ? "tif" : of.from === "jpeg" ? "jpg" : of.from;
  return { bytes: await codeFile(of.from, picture), extension };
}

function pngOf(
  size: { readonly width: number; readonly height: number },
  of: { readonly bits: 8 | 16; readonly seed: number },
) {
  return codeFile("png", { ...size, channels: 3, bits: of.bits, data: codes(size, { channels: 3, ...of }) });
}

/** What ComfyUI gives back: a PNG with its graph in it. */
async function returned(
  random: Chance,
  of: { readonly width: number; readonly height: number; readonly bits: 8 | 16; readonly seed: number },
): Promise<Uint8Array> {
  const bare = await pngOf(of, { bits: of.bits, seed: of.seed + 1 });
  if (random.next() < 0.2) return bare;
  return withPngText(
    withPngText(bare, { name: "prompt", text: COMFY_PROMPT }, "tEXt"),
    { name: "workflow", text: COMFY_WORKFLOW },
    "tEXt",
  );
}

/** As the daemon makes what is published: the plate's header and channels, the pointer, and nothing of the graph. */
async function finished(
  { images, dir, number }: FinishWorld,
  of: { readonly plate: Plate | null; readonly returned: Uint8Array; readonly format: OutputFormat },
): Promise<Uint8Array> {
  const [came, to] = [join(dir, `${number}.came`), join(dir, `${number}.to`)];
  const plate = of.plate === null ? null : { path: join(dir, `${number}.of.${of.plate.extension}`), frame: null };
  writeFileSync(came, of.returned);
  if (plate !== null && of.plate !== null) writeFileSync(plate.path, of.plate.bytes);
  await images.finish({
    returned: came,
    fed: null,
    plate,
    mask: null,
    to,
    saidTo: null,
    format: of.format,
    color: PLAIN_COLOR,
    reference: null,
    simulated: false,
    embed: EMBED,
  });
  const bytes = readFileSync(to);
  for (const path of [came, to, ...(plate === null ? [] : [plate.path])]) rmSync(path);
  return bytes;
}

const EMBED = {
  digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
  assetRef: "hotplate://AGM/SH010/grain/v007/w032",
  assetId: "urn:hotplate:s:j/1",
  seed: "417",
};
