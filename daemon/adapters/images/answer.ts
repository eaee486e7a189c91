/**
 * What ComfyUI gave back, as planes over its picture: codes of integer files, light of float files, exactly as they are. An
 * OpenEXR's colours are divided by its alpha, as every other file's are.
 */
import type { DecodedImage } from "../../plugin.ts";
import type { Answer } from "./comeBack.ts";
import { noColours, pictured } from "./exrColours.ts";
import { overDisplay } from "./exrLayout.ts";
import { isExr } from "./isExr.ts";
import { loadFrame, refusalOf } from "./loadFrame.ts";
import { readExr } from "./exrRead.ts";
import type { Exr } from "./exrRead.ts";

/** Damaged: HP-PLATE-BROKEN; a kind that no reader has: HP-PLATE-KIND; too large: HP-IMAGE-SIZE. */
async function decodeAnswer(bytes: Uint8Array): Promise<DecodedImage> {
  const loaded = await loadFrame(bytes);
  if (loaded.kind === "frame") return loaded.image;
  throw refusalOf(loaded);
}

export async function answerOf(bytes: Uint8Array): Promise<Answer> {
  if (isExr(bytes)) return exrAnswer(readExr(bytes));
  const image = await decodeAnswer(bytes);
  const { width, height, channels, samples } = image;
  const alpha = image.channelNames.indexOf("A");
  const scale = samples instanceof Float32Array ? 1 : 1 / (samples instanceof Uint16Array ? 65_535 : 255);
  const plane = (channel: number): Float32Array => {
    const out = new Float32Array(width * height);
    for (let i = 0, at = channel; i < out.length; i += 1, at += channels) out[i] = (samples[at] as number) * scale;
    return out;
  };
  const red = plane(0);
  const grey = image.channelNames[0] === "Y";
  return {
    width,
    height,
    colours: grey ? [red, red, red] : [red, plane(1), plane(2)],
    alpha: alpha < 0 ? null : plane(alpha),
    holds: image.sampleType === "float" ? "light" : "codes",
  };
}

/** As the file holds them, for people: not divided, and without alpha. */
export function exrHeld(exr: Exr): Answer {
  const seen = pictured(exr).exr;
  return answerIn({ ...seen, planes: seen.planes.filter(({ name }) => name !== "A") });
}

function exrAnswer(exr: Exr): Answer {
  return answerIn(pictured(exr).exr);
}

/** Of planes by their bare names. */
function answerIn(exr: Exr): Answer {
  const of = (name: string): Float32Array | null => {
    const plane = exr.planes.find((one) => one.name === name);
    return plane === undefined ? null : overDisplay(plane, exr.header);
  };
  const [r, g, b, a, y] = [of("R"), of("G"), of("B"), of("A"), of("Y")];
  const colours =
    r !== null && g !== null && b !== null ? ([r, g, b] as const) : y === null ? null : ([y, y, y] as const);
  if (colours === null) throw noColours(exr.planes.map(({ name }) => name));
  const [, , width, height] = exr.header.display;
  const bare = (values: Float32Array): Float32Array =>
    a === null ? values : values.map((value, i) => ((a[i] as number) > 0 ? value / (a[i] as number) : value));
  return { width, height, colours: [bare(colours[0]), bare(colours[1]), bare(colours[2])], alpha: a, holds: "light" };
}
