/**
 * What the built-in readers leave, by the tools of this machine: the structure of a file is proven first, then ffmpeg where it is
 * exact, then oiiotool; a tool that fails is followed by the next. Whatever decoded a frame is named in the record. No tool here:
 * HP-PLATE-DECODER with the package to install, never a guess.
 */
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Exec } from "../../ports.ts";
import { bytesSource } from "./byteSource.ts";
import { proveStructure } from "./exrChunks.ts";
import { beyondBuiltIn, exrTools } from "./exrHead.ts";
import { parseExrFile } from "./exrHeader.ts";
import { EXR_READER } from "./exrPicture.ts";
import type { Exr } from "./exrRead.ts";
import { encodeExr } from "./exrWrite.ts";
import type { Head } from "./head.ts";
import { isExr } from "./isExr.ts";
import type { ToolFrame } from "./toolFfmpeg.ts";
import { decodeByFfmpeg, ffmpegScratchBytes } from "./toolFfmpeg.ts";
import type { Tool, ToolName } from "./toolFind.ts";
import { createToolBook, findTool, TOOL_PACKAGE } from "./toolFind.ts";
import { decodeByOiio, oiioScratchBytes } from "./toolOiio.ts";
import { openScratch } from "./toolScratch.ts";

export interface ReadableFrame {
  /** Bytes that the built-in readers and sharp read. */
  readonly bytes: Uint8Array;
  /** The tool and its version that decoded them, and what reads its answer; null: they are the file's own. */
  readonly by: string | null;
}

export interface FrameTools {
  /** The file's own bytes where no tool is needed; else an uncompressed EXR of the same picture. */
  readable(original: Uint8Array): Promise<ReadableFrame>;
  /** The same for frames of one sequence by one process, where all need the same tool. */
  readableChunk(originals: readonly Uint8Array[]): Promise<readonly ReadableFrame[]>;
  /** Throws HP-PLATE-DECODER where no tool of this machine reads what the head says. */
  demand(head: Head): void;
}

export interface FrameToolsOptions {
  readonly exec: Exec;
  /** On a local disk; made when it is needed. */
  readonly scratchDir: string;
  /** Directories in which tools are looked for, as PATH has them. */
  readonly path: string | undefined;
}

export function createFrameTools(options: FrameToolsOptions): FrameTools {
  const book = createToolBook(options.exec, options.path);

  async function readableChunk(originals: readonly Uint8Array[]): Promise<readonly ReadableFrame[]> {
    const frames = originals.map(frameOf);
    const needy = frames.filter((frame) => frame !== null);
    if (needy.length === 0) return originals.map((bytes) => ({ bytes, by: null }));
    if (needy.length < frames.length || needy.length > LIMITS.imageToolFramesMax) return oneByOne(originals);
    return decode(needy);
  }

  async function oneByOne(originals: readonly Uint8Array[]): Promise<readonly ReadableFrame[]> {
    const out: ReadableFrame[] = [];
    for (const original of originals) out.push(...(await readableChunk([original])));
    return out;
  }

  async function decode(frames: readonly ToolFrame[]): Promise<readonly ReadableFrame[]> {
    for (const { bytes, file } of frames) proveStructure(bytes, file);
    const names = toolsFor(frames);
    let failure: HotplateError | null = null;
    for (const name of names) {
      const tool = await book.find(name);
      if (tool === null) continue;
      try {
        const exrs = await decodeBy(options, tool, frames);
        return exrs.map((exr) => ({ bytes: plain(exr), by: `${tool.words}, ${EXR_READER}` }));
      } catch (error) {
        if (!(error instanceof HotplateError)) throw error;
        failure = error;
      }
    }
    throw failure ?? missing(frames[0] === undefined ? "it" : (beyondBuiltIn(frames[0].file) ?? "it"), names);
  }

  return {
    readableChunk,
    async readable(original) {
      const [frame] = await readableChunk([original]);
      return frame ?? { bytes: original, by: null };
    },
    demand(head) {
      const { beyond } = head;
      if (beyond === undefined) return;
      if (beyond.tools.every((name) => findTool(name, options.path) === null)) throw missing(beyond.what, beyond.tools);
    },
  };
}

function frameOf(bytes: Uint8Array): ToolFrame | null {
  if (!isExr(bytes)) return null;
  const file = parseExrFile(bytesSource(bytes));
  return beyondBuiltIn(file) === null ? null : { bytes, file };
}

/** Those that read every frame, the preferred one first. */
function toolsFor(frames: readonly ToolFrame[]): readonly ToolName[] {
  const lists = frames.map(({ file }) => exrTools(file));
  return (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
}

async function decodeBy(
  { exec, scratchDir }: FrameToolsOptions,
  tool: Tool,
  frames: readonly ToolFrame[],
): Promise<readonly Exr[]> {
  const ffmpeg = tool.name === "ffmpeg";
  using scratch = openScratch(scratchDir, ffmpeg ? ffmpegScratchBytes(frames) : oiioScratchBytes(frames));
  return ffmpeg
    ? await decodeByFfmpeg(exec, tool, { frames, dir: scratch.dir })
    : await decodeByOiio(exec, tool, { frames, dir: scratch.dir });
}

/** For the one way on which every consumer reads: as bytes of a file. */
function plain({ header, planes }: Exr): Uint8Array {
  const { data, display } = header;
  return encodeExr({ data, display, compression: "none", planes, attributes: [] });
}

function missing(what: string, names: readonly ToolName[]): HotplateError {
  const list = names.join(" or ");
  return new HotplateError("HP-PLATE-DECODER", `${what} is read by ${list}, which is not installed on this node`, {
    hint: `Install it there (Debian: apt install ${names.map((name) => TOOL_PACKAGE[name]).join(" or ")}), or convert the plate to ZIP EXR.`,
  });
}
