/**
 * Makes the frame that is published out of what ComfyUI gave back. A PNG that stays a PNG keeps its samples as they are,
 * whatever is wrong with them: QC says so with a finding, where an error here would only cost another render. The plate's
 * frame is opened read-only; the last one is kept, for 200 wedges share it.
 */
import { HotplateError, messageOf } from "../../domain/errors.ts";
import type { Embed } from "../../domain/assetPointer.ts";
import type { OutputFormat } from "../../domain/outputFormat.ts";
import { xmpPacket } from "../../domain/xmpPacket.ts";
import type { FinishRequest, FinishResult } from "../../ports.ts";
import { answerOf } from "./answer.ts";
import { bytesSource, readWhole } from "./byteSource.ts";
import type { BroughtBack } from "./bringBack.ts";
import { createBringBack } from "./bringBack.ts";
import type { Planes } from "./comeBack.ts";
import { comfyTexts, keepSaid } from "./comfyTexts.ts";
import { encodePngSamples, encodeTiffSamples } from "./encodePicture.ts";
import type { Samples } from "./encodePicture.ts";
import { keptAttributes, textAttribute } from "./exrAttributes.ts";
import type { ExrAttribute } from "./exrAttributes.ts";
import { changedOutside, layoutOf } from "./exrLayout.ts";
import type { PlateExr } from "./exrLayout.ts";
import { readExr } from "./exrRead.ts";
import { encodeExr } from "./exrWrite.ts";
import type { FrameTools } from "./frameTools.ts";
import type { Head } from "./head.ts";
import { readHead } from "./head.ts";
import { isExr } from "./isExr.ts";
import type { Plates } from "./plates.ts";
import { identityOf } from "./plates.ts";
import { dressPng } from "./pngDress.ts";
import { withTiffXmp } from "./tiffXmp.ts";
import { writeNew } from "./writeNew.ts";

export type Finish = (request: FinishRequest) => Promise<FinishResult>;

export function createFinish(plates: Plates): Finish {
  const bringBack = createBringBack(plates);
  let kept: { readonly identity: string; readonly plate: KeptPlate } | null = null;

  async function plateOf(path: string): Promise<KeptPlate> {
    const identity = identityOf(path);
    if (kept?.identity === identity) return kept.plate;
    kept = null;
    const plate = await readPlate(plates.tools, path);
    kept = { identity, plate };
    return plate;
  }

  return async (request) => {
    const { format, returned, to, color } = request;
    const bytes = readWhole(returned);
    // What the model saw is what the plate is: nothing has to be turned back.
    const asItIs = color.how === "plain" && color.view === "plain" && color.exposure === 0;
    if (format.kind === "png" && asItIs && isPng(bytes)) {
      const dressed = dressPng(bytes, xmpPacket(request.embed));
      writeNew(to, dressed.bytes);
      return { ...headOf(bytes), roundTrip: null, note: null, said: keepSaid(request, dressed.texts) };
    }
    const said = keepSaid(request, isPng(bytes) ? dressPng(bytes, "").texts : comfyTexts(bytes));
    const answer = await answerOf((await plates.tools.readable(bytes)).bytes);
    if (format.kind !== "exr") {
      const picture = await bringBack(request, answer, false);
      return { ...(await writeCodes(request, { picture, deep: is16Bit(bytes, format) })), said };
    }
    const plate = request.plate === null ? null : await plateOf(request.plate.path);
    const picture = await bringBack(request, answer, plate !== null && plate.isExr);
    return { ...writeLight(request, { picture, plate, format }), said };
  };
}

function writeLight(
  { to, embed }: FinishRequest,
  of: {
    readonly picture: BroughtBack;
    readonly plate: KeptPlate | null;
    readonly format: OutputFormat & { readonly kind: "exr" };
  },
): FinishResult {
  const { picture, plate, format } = of;
  const { image, note } = layoutOf(picture, format.type, plate);
  const attributes = [...spaceAttributes(picture), ...image.attributes, ...pointerAttributes(embed)];
  writeNew(to, encodeExr({ ...image, attributes, compression: format.compression }));
  const exr = plate?.exr ?? null;
  const { outside } = picture;
  return {
    width: picture.width,
    height: picture.height,
    channels: image.planes.length,
    bitDepth: format.type === "half" ? 16 : 32,
    roundTrip: roundTripOf(picture, () =>
      outside === null ? 0 : exr === null ? changed(picture, outside) : changedOutside(image.planes, exr, outside),
    ),
    note: [plate?.note ?? null, note].filter((one) => one !== null).join(" ") || null,
  };
}

/** Counted of what is written, not of what was meant. */
function roundTripOf(picture: BroughtBack, outsideChanged: () => number): FinishResult["roundTrip"] {
  return picture.roundTrip === null ? null : { ...picture.roundTrip, outsideChanged: outsideChanged() };
}

/** In the result's space, where the plate's own samples can't be compared: to the float. */
function changed({ colours, under }: BroughtBack, outside: Uint8Array): number {
  if (under === null) return 0;
  let count = 0;
  for (let i = 0; i < outside.length; i += 1)
    if (outside[i] === 1 && colours.some((plane, k) => !Object.is(plane[i], under.colours[k as 0][i]))) count += 1;
  return count;
}

/** An OpenEXR that has its space from no plate says which it is. */
function spaceAttributes({ space }: BroughtBack): readonly ExrAttribute[] {
  return space.own ? [] : [textAttribute("oiio:ColorSpace", space.name)];
}

interface KeptPlate extends PlateExr {
  readonly isExr: boolean;
  readonly note: string | null;
}

const NOT_KEPT: ReadonlySet<string> = new Set(["HP-PLATE-KIND", "HP-PLATE-DECODER", "HP-IMAGE-SIZE"]);

/** A plate of another kind gives its results nothing but the picture. */
async function readPlate(tools: FrameTools, path: string): Promise<KeptPlate> {
  try {
    const bytes = readWhole(path);
    if (!isExr(bytes)) return { exr: null, attributes: [], note: null, isExr: false };
    const attributes = keptAttributes(bytesSource(bytes));
    try {
      return { exr: readExr((await tools.readable(bytes)).bytes), attributes, note: null, isExr: true };
    } catch (error) {
      if (!(error instanceof HotplateError) || !NOT_KEPT.has(error.code)) throw error;
      const note = `The plate's windows and its channels beside the picture are not kept: ${error.message}.`;
      return { exr: null, attributes, note, isExr: true };
    }
  } catch (error) {
    if (error instanceof HotplateError) throw new HotplateError(error.code, `its plate ${path}: ${messageOf(error)}`);
    throw error;
  }
}

/** Names as studios' tools show them; a reader that does not know them steps over them. */
function pointerAttributes(embed: Embed): readonly ExrAttribute[] {
  const pointer = (["digitalSourceType", "assetRef", "assetId", "seed"] as const).map((name) =>
    textAttribute(`ai:${name}`, embed[name]),
  );
  return embed.simulated === true ? [...pointer, textAttribute("ai:simulated", "true")] : pointer;
}

async function writeCodes(
  { format, to, embed }: FinishRequest,
  of: { readonly picture: BroughtBack; readonly deep: boolean },
): Promise<FinishResult> {
  const { picture, deep } = of;
  const xmp = xmpPacket(embed);
  const samples = interleaved(picture, deep);
  if (format.kind === "tiff16") writeNew(to, withTiffXmp(await encodeTiffSamples(samples), xmp));
  else writeNew(to, dressPng(await encodePngSamples(samples), xmp).bytes);
  const { width, height, channels } = samples;
  const roundTrip = roundTripOf(picture, () => {
    const { outside, under } = picture;
    return outside === null || under === null ? 0 : codesChanged(samples, interleaved(under, deep), outside);
  });
  return { width, height, channels, bitDepth: deep ? 16 : 8, roundTrip, note: null };
}

function codesChanged(ours: Samples, under: Samples, outside: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < outside.length; i += 1) {
    if (outside[i] !== 1) continue;
    const differs = [0, 1, 2].some((k) => ours.data[i * ours.channels + k] !== under.data[i * under.channels + k]);
    if (differs) count += 1;
  }
  return count;
}

/** A PNG has as many bits as came back. */
function is16Bit(bytes: Uint8Array, format: OutputFormat): boolean {
  return format.kind !== "png" || readHead(bytesSource(bytes)).bitDepth > 8;
}

/** 0..1 -> the nearest code; NaN is 0. Codes of 8 and 16 bits come out as they went in. */
function interleaved(picture: Planes, deep: boolean): Samples {
  const { width, height, colours, alpha } = picture;
  const planes = alpha === null ? colours : [...colours, alpha];
  const channels = alpha === null ? 3 : 4;
  const full = deep ? 65_535 : 255;
  const data = deep ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  planes.forEach((plane, channel) => {
    for (let i = 0, at = channel; at < data.length; i += 1, at += channels) {
      const value = plane[i] as number;
      data[at] = value > 0 ? Math.round(Math.min(value, 1) * full) : 0;
    }
  });
  return { width, height, channels, data };
}

function isPng(bytes: Uint8Array): boolean {
  return bytes.length === 0 || Buffer.from(bytes.subarray(0, 8)).toString("hex") === "89504e470d0a1a0a";
}

/** A damaged one says nothing of itself; QC looks at it next. */
function headOf(bytes: Uint8Array): Pick<Head, "width" | "height" | "channels" | "bitDepth"> {
  try {
    const { width, height, channels, bitDepth } = readHead(bytesSource(bytes));
    return { width, height, channels, bitDepth };
  } catch {
    return { width: 0, height: 0, channels: 0, bitDepth: 8 };
  }
}
