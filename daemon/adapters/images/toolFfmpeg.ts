/**
 * EXR frames by ffmpeg's sequence pipe, exact or not at all. ffmpeg is quiet about cut files, ends a sequence at a gap, replaces
 * a frame that it cannot open by its neighbour, and scales frames of another size (docs/images.md): so every file's structure
 * was proven before, all headers are equal, the numbers have no gap, nothing may be converted, and what comes out must have
 * exactly the bytes that the frames have. Its DWA differs from OpenEXR's by a little in half and by much in float: not used.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Exec } from "../../ports.ts";
import { broken } from "./byteSource.ts";
import type { ExrFile, ExrHeader } from "./exrHeader.ts";
import { pictureOf } from "./exrHeader.ts";
import type { Exr, Plane } from "./exrRead.ts";
import type { Tool } from "./toolFind.ts";
import { runTool } from "./toolRun.ts";

/** ffmpeg's planes of gbrpf32 and gbrapf32. */
const PLANES = ["G", "B", "R", "A"] as const;

export interface ToolFrame {
  readonly bytes: Uint8Array;
  readonly file: ExrFile;
}

/** Bytes that `decodeByFfmpeg` writes to scratch: the files and their planes. */
export function ffmpegScratchBytes(frames: readonly ToolFrame[]): number {
  return frames.reduce((sum, { bytes, file }) => sum + bytes.length + rawBytes(pictureOf(file)), 0);
}

export async function decodeByFfmpeg(
  exec: Exec,
  tool: Tool,
  of: { readonly frames: readonly ToolFrame[]; readonly dir: string },
): Promise<readonly Exr[]> {
  const { frames, dir } = of;
  const headers = frames.map(({ file }) => pictureOf(file));
  const [first] = headers;
  if (first === undefined) return [];
  if (headers.some((header) => likeness(header) !== likeness(first)))
    throw broken("the frames differ in size, windows, channels or compression: ffmpeg would scale them");
  frames.forEach(({ bytes }, i) => writeFileSync(join(dir, `in.${i}.exr`), bytes, { flag: "wx" }));
  await runTool(exec, tool, { args: arguments_(first, frames.length), cwd: dir });
  const out = join(dir, "out.raw");
  const wanted = rawBytes(first) * frames.length;
  const { size } = statSync(out);
  if (size !== wanted) throw broken(`${tool.words} delivered ${size} bytes of ${wanted}`);
  const raw = readFileSync(out);
  return headers.map((header, i) => frameOf(header, raw, i));
}

function arguments_(header: ExrHeader, count: number): readonly string[] {
  const words = header.channels.length === 4 ? "gbrapf32le" : "gbrpf32le";
  const input = "-v error -nostdin -threads 1 -start_number 0 -i in.%d.exr";
  const frames = `-frames:v ${count} -fps_mode passthrough -autoscale 0`;
  // A native pixel format or an error: conversions cut off negatives and what is above 1.
  const output = `-noauto_conversion_filters -f rawvideo -pix_fmt ${words} out.raw`;
  return `${input} ${frames} ${output}`.split(" ");
}

function likeness({ channels, compression, data, display }: ExrHeader): string {
  return JSON.stringify([channels, compression, data, display]);
}

function rawBytes({ channels, data }: ExrHeader): number {
  return data[2] * data[3] * channels.length * 4;
}

function frameOf(header: ExrHeader, raw: Buffer, index: number): Exr {
  const pixels = header.data[2] * header.data[3];
  const planes = header.channels.map(({ name, type }): Plane => {
    const at = (index * header.channels.length + PLANES.indexOf(name as "R")) * pixels * 4;
    const values = new Float32Array(pixels);
    new Uint8Array(values.buffer).set(raw.subarray(at, at + pixels * 4));
    if (type === "float") return { name, type: "float", data: values };
    // They were halves in the file: every one is a half exactly.
    return { name, type: "half", data: new Uint16Array(new Float16Array(values).buffer) };
  });
  return { header, planes };
}
