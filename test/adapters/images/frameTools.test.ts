/** What tools decode is exact or an error: real tools where they are installed, and lying ones, which need nothing installed. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createExec } from "../../../daemon/adapters/exec.ts";
import type { FrameTools } from "../../../daemon/adapters/images/frameTools.ts";
import { createFrameTools } from "../../../daemon/adapters/images/frameTools.ts";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { readHead } from "../../../daemon/adapters/images/head.ts";
import type { Plane } from "../../../daemon/adapters/images/exrRead.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { HotplateError, systemCode } from "../../../daemon/domain/errors.ts";
import type { Exec } from "../../../daemon/ports.ts";
import type { TestExr } from "../../fixtures/exrWriter.ts";
import { hardExr, rgbHalf, sceneLinear, writeExr } from "../../fixtures/exrWriter.ts";
import { tempDir } from "../../fixtures/tempDir.ts";
import { hasTool, NO_FFMPEG, NO_OIIOTOOL } from "../../fixtures/tools.ts";

type Dir = ReturnType<typeof tempDir>;
type ToolName = "ffmpeg" | "oiiotool";

/** A directory that holds these tools of the machine and no other. */
function only(dir: Dir, ...names: readonly ToolName[]): string {
  const path = dir.file(`bin-${names.join("-")}`);
  mkdirSync(path);
  for (const name of names)
    symlinkSync(execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(), `${path}/${name}`);
  return path;
}

/** A tool of our own making: a shell script. */
function fake(dir: Dir, name: ToolName, script: string): string {
  const path = dir.file("fake");
  mkdirSync(path, { recursive: true });
  const version = `case "$1" in -version|--version) echo "${name} version 9.8.7"; exit 0;; esac\n`;
  writeFileSync(`${path}/${name}`, `#!/bin/sh\n${version}${script}\n`);
  chmodSync(`${path}/${name}`, 0o755);
  return path;
}

function toolsIn(dir: Dir, path: string, exec: Exec = createExec()): FrameTools {
  return createFrameTools({ exec, scratchDir: dir.file("scratch"), path });
}

/** Rewrites a file by oiiotool. */
function converted(dir: Dir, exr: TestExr, ...args: readonly string[]): Buffer {
  const [from, to] = [dir.file("from.exr"), dir.file("to.exr")];
  writeFileSync(from, writeExr(exr));
  execFileSync("oiiotool", [from, ...args, "-o", to]);
  return readFileSync(to);
}

/** The same file's picture as oiiotool gives it in memory types of its own, uncompressed. */
function reference(dir: Dir, bytes: Uint8Array, ...args: readonly string[]): readonly Plane[] {
  const [from, to] = [dir.file("ref.exr"), dir.file("plain.exr")];
  writeFileSync(from, bytes);
  execFileSync("oiiotool", [from, ...args, "--scanline", "--compression", "none", "-o", to]);
  return readExr(readFileSync(to)).planes;
}

async function failure(work: Promise<unknown>): Promise<Error> {
  const [result] = await Promise.allSettled([work]);
  if (result.status === "rejected" && result.reason instanceof Error) return result.reason;
  throw new Error("it did not fail");
}

const RGB: TestExr = { data: [0, 0, 64, 48], compression: "zip", channels: rgbHalf() };
const RGBA: TestExr = { ...RGB, channels: [...rgbHalf(), { name: "A", type: "half", value: () => 0.5 }] };
const FLOAT: TestExr = {
  ...RGB,
  channels: ["R", "G", "B"].map((name, i) => ({ name, type: "float", value: sceneLinear(i + 1) }) as const),
};

describe("ffmpeg", () => {
  const kinds = ["pxr24", "b44", "b44a"].flatMap((compression) =>
    [RGB, RGBA, FLOAT].map((exr) => [compression, `${exr.channels.length} ${exr.channels[0]!.type}`, exr] as const),
  );
  test.for(kinds)("reads %s, %s channels, as OpenImageIO does, to the bit", async ([compression, , exr], ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    if (!hasTool("ffmpeg")) return ctx.skip(NO_FFMPEG);
    using dir = tempDir();
    const bytes = converted(dir, exr, "--compression", compression);
    const { bytes: readable, by } = await toolsIn(dir, only(dir, "ffmpeg")).readable(bytes);
    expect(by).toMatch(/^ffmpeg \d+\.\d.*, hotplate exr \d/);
    expect(readExr(readable).planes).toEqual(reference(dir, bytes));
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
    return undefined;
  });

  test("reads a chunk of frames in their order, in one process", async (ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    if (!hasTool("ffmpeg")) return ctx.skip(NO_FFMPEG);
    using dir = tempDir();
    const frames = [1, 2, 3, 4].map((seed) =>
      converted(
        dir,
        {
          ...RGB,
          channels: ["R", "G", "B"].map((name) => ({ name, type: "half", value: sceneLinear(seed) }) as const),
        },
        "--compression",
        "pxr24",
      ),
    );
    const counting: string[] = [];
    const exec = createExec();
    const tools = toolsIn(dir, only(dir, "ffmpeg"), {
      run: async (command, args, options) => {
        counting.push(command);
        return exec.run(command, args, options);
      },
    });
    const read = await tools.readableChunk(frames);
    expect(read.map(({ bytes }) => readExr(bytes).planes)).toEqual(frames.map((bytes) => reference(dir, bytes)));
    expect(counting.filter((command) => command === "/bin/sh")).toHaveLength(1);
    return undefined;
  });
});

describe("oiiotool", () => {
  const kinds: readonly (readonly [name: string, exr: TestExr, args: readonly string[]])[] = [
    ["DWAA", RGB, ["--compression", "dwaa"]],
    ["DWAB, float", FLOAT, ["--compression", "dwab"]],
    ["PXR24 with a matte and odd windows", { ...hardExr("zip") }, ["--compression", "pxr24"]],
    ["tiles", RGBA, ["--tile", "16", "16"]],
    ["tiles with PIZ and odd windows", hardExr("none"), ["--tile", "24", "40", "--compression", "piz"]],
  ];
  test.for(kinds)("reads %s", async ([, exr, args], ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    const bytes = converted(dir, exr, ...args);
    expect(readHead(bytesSource(bytes)).beyond?.tools).toContain("oiiotool");
    const { bytes: readable, by } = await toolsIn(dir, only(dir, "oiiotool")).readable(bytes);
    expect(by).toMatch(/^oiiotool \d+\.\d/);
    const { planes, header } = readExr(readable);
    expect(planes).toEqual(reference(dir, bytes));
    expect(header.data).toEqual(exr.data);
    expect(header.display).toEqual(exr.display ?? exr.data);
    return undefined;
  });

  test.for([
    ["mip-mapped", "-m"],
    ["rip-mapped", "-r"],
  ] as const)("reads the full picture of %s tiles", async ([, flag], ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    if (!hasTool("exrmaketiled")) return ctx.skip("exrmaketiled is not installed (Debian: openexr)");
    using dir = tempDir();
    writeFileSync(dir.file("in.exr"), writeExr({ ...RGB, data: [0, 0, 61, 43] }));
    execFileSync("exrmaketiled", [flag, "-t", "16", "8", dir.file("in.exr"), dir.file("tiled.exr")]);
    const bytes = readFileSync(dir.file("tiled.exr"));
    const { planes } = readExr((await toolsIn(dir, only(dir, "oiiotool")).readable(bytes)).bytes);
    expect(planes).toEqual(readExr(readFileSync(dir.file("in.exr"))).planes);
    // Every tile of every level must be there.
    const cut = bytes.subarray(0, bytes.length - 1);
    expect(systemCode(await failure(toolsIn(dir, "").readable(cut)))).toBe("HP-PLATE-BROKEN");
    return undefined;
  });

  test("keeps NaN, infinities, negatives and what is above 1 of the hard file", async (ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    const bytes = converted(dir, hardExr("zip"), "--tile", "16", "16");
    const { planes } = readExr((await toolsIn(dir, only(dir, "oiiotool")).readable(bytes)).bytes);
    const red = planes.find((plane) => plane.name === "R")!.data;
    const at = (x: number) => red[4 * 256 + 8 + x];
    expect([at(0), at(1), at(2), at(3), at(4)]).toEqual([NaN, Infinity, -Infinity, -0.25, 100]);
  });

  test("reads the part of a multi-part file that holds the picture", async (ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    writeFileSync(
      dir.file("depth.exr"),
      writeExr({ ...RGB, channels: [{ name: "Z", type: "float", value: sceneLinear(7) }] }),
    );
    writeFileSync(dir.file("rgb.exr"), writeExr(RGB));
    execFileSync("oiiotool", [dir.file("depth.exr"), dir.file("rgb.exr"), "--siappend", "-o", dir.file("multi.exr")]);
    const bytes = readFileSync(dir.file("multi.exr"));
    expect(readHead(bytesSource(bytes))).toMatchObject({ width: 64, height: 48, channels: 3, bitDepth: 16 });
    const { planes } = readExr((await toolsIn(dir, only(dir, "oiiotool")).readable(bytes)).bytes);
    expect(planes).toEqual(readExr(writeExr(RGB)).planes);
    return undefined;
  });

  test("takes over where ffmpeg fails", async (ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    const bytes = converted(dir, RGB, "--compression", "b44");
    const path = `${fake(dir, "ffmpeg", "echo boom >&2; exit 0")}:${only(dir, "oiiotool")}`;
    const { by, bytes: readable } = await toolsIn(dir, path).readable(bytes);
    expect(by).toMatch(/^oiiotool/);
    expect(readExr(readable).planes).toEqual(reference(dir, bytes));
    return undefined;
  });
});

/** A scanline PXR24 file without a tool: stored as it is, which a writer does where packing gains nothing. */
function storedAs(compression: number, exr: TestExr = RGB): Buffer {
  const lines = compression === 5 ? "zip" : "piz";
  return writeExr({ ...exr, compression: lines, stored: true, lie: { compression } });
}

describe("no tool, or a lying one", () => {
  test("without a tool the head is refused by name, with the packages to install", () => {
    using dir = tempDir();
    const tools = toolsIn(dir, "");
    for (const [bytes, kind, wanted] of [
      [storedAs(5), "PXR24", "ffmpeg or openimageio-tools"],
      [storedAs(8), "DWAA", "openimageio-tools"],
    ] as const) {
      const head = readHead(bytesSource(bytes));
      const call = () => tools.demand(head);
      expect(call).toThrow(HotplateError);
      expect(call).toThrow(new RegExp(`${kind}.*not installed`));
      try {
        call();
      } catch (error) {
        expect(error).toMatchObject({ code: "HP-PLATE-DECODER", hint: expect.stringContaining(wanted) as string });
      }
    }
  });

  test("without a tool it is not decoded either, and what is built in needs none", async () => {
    using dir = tempDir();
    const tools = toolsIn(dir, "");
    expect(systemCode(await failure(tools.readable(storedAs(9))))).toBe("HP-PLATE-DECODER");
    const plain = writeExr(RGB);
    expect(await tools.readable(plain)).toEqual({ bytes: plain, by: null });
    expect(existsSync(dir.file("scratch"))).toBe(false);
  });

  test("a cut file is damage before any tool is started", async () => {
    using dir = tempDir();
    const tools = toolsIn(dir, fake(dir, "oiiotool", `touch ${dir.file("started")}`));
    const bytes = storedAs(8);
    for (const share of [0.3, 0.6, 0.99]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      expect(systemCode(await failure(tools.readable(cut)))).toBe("HP-PLATE-BROKEN");
    }
    expect(existsSync(dir.file("started"))).toBe(false);
  });

  test.each([
    ["prints an error and exits 0", "echo 'decode_block() failed' >&2", /decode_block/],
    ["exits 1 without a word", "exit 1", /exit 1/],
    ["writes too few bytes", "head -c 1000 /dev/zero > out.raw", /1000 bytes of 36864/],
    ["writes too many bytes", "head -c 50000 /dev/zero > out.raw", /50000 bytes of 36864/],
  ])("ffmpeg that %s has decoded nothing", async (_name, script, words) => {
    using dir = tempDir();
    const error = await failure(toolsIn(dir, fake(dir, "ffmpeg", script)).readable(storedAs(5)));
    expect([systemCode(error), words.test(error.message)]).toEqual(["HP-PLATE-BROKEN", true]);
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
  });

  test.each([
    ["writes nothing", "exit 0", /no frame/],
    ["writes another picture", "cp ../../other.exr out.0000.exr", /other windows or channels/],
    ["writes half a picture", "head -c 3000 ../../other.exr > out.0000.exr", /ends|outside|has/],
    ["says that it can't", "echo 'unsupported compression' >&2; exit 1", /unsupported/],
  ])("oiiotool that %s has decoded nothing", async (_name, script, words) => {
    using dir = tempDir();
    writeFileSync(dir.file("other.exr"), writeExr({ ...RGB, data: [0, 0, 63, 48], compression: "none" }));
    const error = await failure(toolsIn(dir, fake(dir, "oiiotool", script)).readable(storedAs(8)));
    expect(systemCode(error)).toMatch(/^HP-PLATE-(BROKEN|KIND)$/);
    expect(error.message).toMatch(words);
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
  });

  test("frames that differ in their headers are not given to ffmpeg, which would scale them", async () => {
    using dir = tempDir();
    const tools = toolsIn(dir, fake(dir, "ffmpeg", `touch ${dir.file("started")}`));
    const frames = [storedAs(5), storedAs(5, { ...RGB, data: [0, 0, 32, 48] })];
    const error = await failure(tools.readableChunk(frames));
    expect(error.message).toMatch(/differ in size/);
    expect(existsSync(dir.file("started"))).toBe(false);
  });

  test("a tool that makes no end is ETIMEDOUT, one that was killed is HP-IMAGE-WORKER: neither blames the picture", async () => {
    using dir = tempDir();
    const path = fake(dir, "oiiotool", "exit 0");
    const version = { exitCode: 0, stdout: "9.8.7", stderr: "", timedOut: false };
    const ending = (answer: { readonly exitCode: number | null; readonly timedOut: boolean }): Exec => ({
      run: async (command) => (command === "/bin/sh" ? { ...version, ...answer } : version),
    });
    const late = toolsIn(dir, path, ending({ exitCode: null, timedOut: true }));
    expect(systemCode(await failure(late.readable(storedAs(8))))).toBe("ETIMEDOUT");
    const killed = toolsIn(dir, path, ending({ exitCode: null, timedOut: false }));
    expect(systemCode(await failure(killed.readable(storedAs(8))))).toBe("HP-IMAGE-WORKER");
  });

  test("tools get files of ours to read, a bounded address space, and no path of a plate", async () => {
    using dir = tempDir();
    const script = `ulimit -v > ${dir.file("limit")}; echo "$@" > ${dir.file("args")}; ls > ${dir.file("files")}; exit 1`;
    await failure(toolsIn(dir, fake(dir, "oiiotool", script)).readable(storedAs(8)));
    expect(Number(readFileSync(dir.file("limit"), "utf8"))).toBe(12 * 1024 * 1024);
    expect(readFileSync(dir.file("files"), "utf8").trim()).toBe("in.0000.exr");
    expect(readFileSync(dir.file("args"), "utf8")).toMatch(
      /--cache 64 --frames 0-0 in\.#\.exr --subimage 0 --selectmip 0 --scanline/,
    );
  });

  test("what a killed worker left in scratch is swept by the next; what a live one has there stays", async () => {
    using dir = tempDir();
    const gone = Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }));
    mkdirSync(dir.file(`scratch/${gone}-abc`), { recursive: true });
    mkdirSync(dir.file(`scratch/${process.pid}-abc`));
    mkdirSync(dir.file("scratch/notes"));
    await failure(toolsIn(dir, fake(dir, "oiiotool", "exit 1")).readable(storedAs(8)));
    expect(readdirSync(dir.file("scratch")).sort()).toEqual([`${process.pid}-abc`, "notes"].sort());
  });

  test("channels of whole numbers of 32 bits fit no tool's type: refused by name", () => {
    const ids: TestExr = { ...RGB, channels: [...rgbHalf(), { name: "id", type: "uint", value: (x) => x }] };
    expect(() => readHead(bytesSource(storedAs(5, ids)))).toThrow(/PXR24.*whole numbers/);
  });
});
