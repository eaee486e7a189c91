/**
 * What reading a frame costs, beside oiiotool, ffmpeg and vips: CPU ms per frame and peak memory of whole processes, start-up
 * included, for one frame and for ten, every reader over the same files in turn in one run. Takes those three and GNU time
 * (Debian: openimageio-tools, ffmpeg, libvips-tools, time). `node scripts/bench/readers/main.ts [--quick] [--json] [--repeats N]
 * [--only "EXR zip,DPX 10"]`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Figure } from "../measure.ts";
import { figure, print } from "../measure.ts";
import type { Kind } from "./files.ts";
import { FIRST, makeFiles } from "./files.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    repeats: { type: "string" },
    only: { type: "string" },
  },
});
const frames = values.quick ? 2 : 10;
const repeats = Number(values.repeats ?? (values.quick ? 1 : 5));
const size = values.quick ? { width: 256, height: 136 } : { width: 4096, height: 2160 };
const DECODE = fileURLToPath(new URL("./decode.ts", import.meta.url));

interface Run {
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly stdout: string;
}

/** By GNU time, which counts what a process and all that it waited for used. */
function timed(command: string, args: readonly string[], cwd: string): Run {
  const out = join(cwd, "..", "time.txt");
  const stdout = execFileSync("/usr/bin/time", ["-f", "%U %S %M", "-o", out, command, ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    // As the launcher does it: what was compiled once is read from disk.
    env: { ...process.env, NODE_COMPILE_CACHE: join(cwd, "..", "compiled") },
  });
  const words = execFileSync("cat", [out], { encoding: "utf8" }).trim().split("\n").at(-1)?.split(" ") ?? [];
  const [user = Number.NaN, system = Number.NaN, kib = Number.NaN] = words.map(Number);
  return { cpuMs: (user + system) * 1_000, peakMiB: kib / 1_024, stdout };
}

interface Reader {
  readonly name: string;
  /** Null: it has no such thing. */
  readonly args: (kind: Kind, count: number) => readonly string[] | null;
  readonly command: string;
}

function readers(scratch: string): readonly Reader[] {
  const name = (kind: Kind, i: number): string => `f.${FIRST + i}.${kind.ext}`;
  return [
    {
      name: "hotplate",
      command: process.execPath,
      args: (kind, count) => [
        DECODE,
        scratch,
        ...Array.from({ length: count }, (_, i) => join(kind.dir, name(kind, i))),
      ],
    },
    {
      name: "oiiotool --stats",
      command: "oiiotool",
      args: (kind, count) => ["--frames", `${FIRST}-${FIRST + count - 1}`, "--stats", `f.#.${kind.ext}`],
    },
    {
      name: "ffmpeg rawvideo",
      command: "ffmpeg",
      args: (kind, count) =>
        kind.pixelFormat === null
          ? null
          : `-v error -nostdin -threads 1 -start_number ${FIRST} -i f.%04d.${kind.ext} -frames:v ${count} -f rawvideo -pix_fmt ${kind.pixelFormat} -y /dev/null`.split(
              " ",
            ),
    },
    {
      name: "vips avg",
      command: "vips",
      args: (kind, count) => (kind.vips && count === 1 ? ["avg", name(kind, 0)] : null),
    },
  ];
}

function measure(dir: string): readonly Figure[] {
  const wanted = values.only?.split(",");
  const kinds = makeFiles(dir, { ...size, frames }).filter(({ name }) => wanted?.includes(name) ?? true);
  const seen = new Map<string, { readonly cpu: number[]; readonly peak: number[] }>();
  const inside = new Map<string, number[]>();
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const kind of kinds) {
      for (const count of [1, frames]) {
        for (const reader of readers(dir)) {
          const args = reader.args(kind, count);
          if (args === null) continue;
          const run = timed(reader.command, args, kind.dir);
          const key = `${kind.name}, ${count === 1 ? "one frame" : `${count} frames`}: ${reader.name}`;
          const kept = seen.get(key) ?? { cpu: [], peak: [] };
          kept.cpu.push(run.cpuMs / count);
          kept.peak.push(run.peakMiB);
          seen.set(key, kept);
          if (reader.name === "hotplate" && count > 1)
            keepInside(inside, `${kind.name}, in a warm worker: hotplate`, run);
        }
      }
    }
  }
  return [
    ...[...seen].map(([key, { cpu }]) => figure(key, "CPU ms a frame", cpu)),
    ...[...inside].map(([key, cpu]) => figure(key, "CPU ms a frame", cpu)),
    ...[...seen].map(([key, { peak }]) => figure(key, "peak MiB", peak)),
  ];
}

/** Of a batch the frames after the first: the code is compiled, as in a worker that lives. The median of them. */
function keepInside(inside: Map<string, number[]>, key: string, run: Run): void {
  const { cpuMs } = JSON.parse(run.stdout) as { readonly cpuMs: readonly number[] };
  const warm = cpuMs.slice(1).sort((a, b) => a - b);
  inside.set(key, [...(inside.get(key) ?? []), warm[Math.floor(warm.length / 2)] ?? Number.NaN]);
}

const dir = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
try {
  print("readers", dir, measure(dir), values.json);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
