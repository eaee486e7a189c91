/**
 * EXR frames by OpenImageIO: what the built-in reader and ffmpeg leave (tiles, parts, DWA, further channels, odd windows), rewritten
 * as uncompressed scanlines in scratch, which the built-in reader then reads. Half stays half, all else becomes float, which holds
 * half exactly; whole numbers of 32 bits fit neither and are refused before.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../../domain/limits.ts";
import type { Exec } from "../../ports.ts";
import { broken } from "./byteSource.ts";
import type { ExrHeader } from "./exrHeader.ts";
import { pictureOf } from "./exrHeader.ts";
import type { Exr } from "./exrRead.ts";
import { readExr } from "./exrRead.ts";
import type { ToolFrame } from "./toolFfmpeg.ts";
import type { Tool } from "./toolFind.ts";
import { runTool } from "./toolRun.ts";

/** Attributes, histories and tables that it adds to a file. */
const HEADER_BYTES = 1024 * 1024;

export function oiioScratchBytes(frames: readonly ToolFrame[]): number {
  return frames.reduce((sum, { bytes, file }) => {
    const { data, channels } = pictureOf(file);
    return sum + bytes.length + data[2] * data[3] * channels.length * sampleBytes(pictureOf(file)) + HEADER_BYTES;
  }, 0);
}

export async function decodeByOiio(
  exec: Exec,
  tool: Tool,
  of: { readonly frames: readonly ToolFrame[]; readonly dir: string },
): Promise<readonly Exr[]> {
  const { frames, dir } = of;
  const headers = frames.map(({ file }) => pictureOf(file));
  const [first] = frames;
  if (first === undefined) return [];
  frames.forEach(({ bytes }, i) => writeFileSync(join(dir, `in.${number(i)}.exr`), bytes, { flag: "wx" }));
  const type = headers.every((header) => sampleBytes(header) === 2) ? "half" : "float";
  const all = `--threads 1 --cache ${LIMITS.imageToolCacheMiB} --frames 0-${frames.length - 1}`;
  const input = `in.#.exr --subimage ${first.file.picture} --selectmip 0`;
  const args = `${all} ${input} --scanline -d ${type} --compression none -o out.#.exr`.split(" ");
  await runTool(exec, tool, { args, cwd: dir });
  return headers.map((header, i) => checked(header, join(dir, `out.${number(i)}.exr`), tool));
}

function number(i: number): string {
  return String(i).padStart(4, "0");
}

function sampleBytes({ channels }: ExrHeader): 2 | 4 {
  return channels.every((channel) => channel.type === "half") ? 2 : 4;
}

/** The rewritten frame, when it has the windows and channels of the original. */
function checked(header: ExrHeader, path: string, tool: Tool): Exr {
  if (!existsSync(path)) throw broken(`${tool.words} delivered no frame`);
  const exr = readExr(readFileSync(path));
  const names = (of: ExrHeader): string =>
    of.channels
      .map((channel) => channel.name)
      .sort()
      .join("\n");
  const same =
    exr.header.data.join() === header.data.join() &&
    exr.header.display.join() === header.display.join() &&
    names(exr.header) === names(header);
  if (!same) throw broken(`${tool.words} delivered other windows or channels than the file has`);
  return exr;
}
