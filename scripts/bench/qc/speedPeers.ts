/** The tools that look at pictures beside us: how each is asked, what it costs to decode alone, and which of our checks does the like. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SpeedFiles } from "./speedFiles.ts";
import { FIRST } from "./speedFiles.ts";

export interface Peer {
  readonly name: string;
  readonly command: string;
  readonly package: string;
  /** What a person would type. */
  readonly args: readonly string[];
  /** Frames that one process looks at. */
  readonly frames: number;
  /** The same files decoded by the same library, nothing looked at. */
  readonly floor: { readonly command: string; readonly args: readonly string[] };
  /** It says that pictures differ by these; anything else is a failure of the bench. */
  readonly exits: readonly number[];
  /** Of ours that look for the like. */
  readonly ours: readonly string[];
  /** What they work on and share with others; charged whole to each. */
  readonly planes: readonly string[];
  /** In which of the two runs ours are timed. */
  readonly with: "mask" | "no mask";
  readonly looksAt: string;
}

export interface Cost {
  /** Of a whole process, per frame. */
  readonly cpuMs: number;
  readonly peakMiB: number;
}

/** CPU time is what counts; one thread each, so that nobody's threads wait for another's. */
const ONE_THREAD = { OPENIMAGEIO_THREADS: "1", MAGICK_THREAD_LIMIT: "1", OMP_NUM_THREADS: "1" };
const PLANES = ["planes of the result", "planes of the plate"];

export function peers(files: SpeedFiles): readonly Peer[] {
  const { frames } = files;
  return [...differences(frames), ...filters(frames)];
}

function differences(frames: number): readonly Peer[] {
  const range = (n: number): readonly string[] => ["--threads", "1", "--frames", `${FIRST}-${FIRST + n - 1}`];
  const read = (n: number): Peer["floor"] => ({
    command: "oiiotool",
    args: [...range(n), "--native", "-i:now=1", "r.#.png", "-i:now=1", "p.#.png"],
  });
  const oiio = {
    package: "openimageio-tools",
    exits: [0, 1, 2],
    ours: ["mask.preserved"],
    planes: [],
    with: "mask",
  } as const;
  const looksAt = "the largest, mean and RMS difference over all pixels, how many are above a limit";
  const [one, other] = [`r.${FIRST}.png`, `p.${FIRST}.png`];
  const magick = installed("magick") ? { command: "magick", before: ["compare"] } : { command: "compare", before: [] };
  return [
    { ...oiio, name: "idiff", command: "idiff", args: [one, other], frames: 1, floor: read(1), looksAt },
    {
      ...oiio,
      name: "oiiotool --diff",
      command: "oiiotool",
      args: [...range(frames), "r.#.png", "p.#.png", "--diff"],
      frames,
      floor: read(frames),
      looksAt,
    },
    {
      ...oiio,
      name: "ImageMagick compare",
      command: magick.command,
      package: "imagemagick",
      args: [...magick.before, "-metric", "RMSE", one, other, "null:"],
      frames: 1,
      floor: { command: magick.command === "magick" ? "magick" : "convert", args: [one, other, "null:"] },
      looksAt: "the RMS difference over all pixels",
    },
  ];
}

function filters(frames: number): readonly Peer[] {
  const start = "-v error -nostdin -filter_threads 1 -filter_complex_threads 1".split(" ");
  const input = (kind: string) => ["-threads", "1", "-start_number", String(FIRST), "-i", `${kind}.%04d.png`];
  const [both, none] = [
    [...start, ...input("r"), ...input("p")],
    ["-f", "null", "-"],
  ];
  const ffmpeg = { command: "ffmpeg", package: "ffmpeg", frames, exits: [0], with: "no mask" } as const;
  const single = (name: string, chain: string): Pick<Peer, "name" | "args" | "floor"> => ({
    name: `ffmpeg ${name}`,
    args: [...start, ...input("r"), "-vf", chain, ...none],
    floor: { command: "ffmpeg", args: [...start, ...input("r"), ...none] },
  });
  const ssim = "[0:v]format=yuv444p[a];[1:v]format=yuv444p[b];[a][b]ssim=stats_file=/dev/null";
  return [
    {
      ...ffmpeg,
      name: "ffmpeg ssim",
      args: [...both, "-lavfi", ssim, ...none],
      floor: { command: "ffmpeg", args: [...both, "-map", "0:v", "-map", "1:v", ...none] },
      ours: ["plate.structure"],
      planes: PLANES,
      looksAt: "structural similarity of Y, U and V over the whole frame, reduced to 8 bits",
    },
    {
      ...ffmpeg,
      ...single("signalstats", "format=yuv444p,signalstats"),
      ours: ["image.not_black", "image.not_solid", "image.clip"],
      planes: ["planes of the result"],
      looksAt: "least, mean, largest Y, U, V, saturation and hue of the result alone, reduced to 8 bits",
    },
    {
      ...ffmpeg,
      ...single("blackdetect", "format=gray,blackdetect"),
      ours: ["image.not_black"],
      planes: ["planes of the result"],
      looksAt: "the share of dark pixels of the result alone, reduced to 8 bits",
    },
    {
      ...ffmpeg,
      ...single("blurdetect", "format=gray,blurdetect"),
      ours: ["image.soft"],
      planes: PLANES,
      looksAt: "the width of edges of the result alone, reduced to 8 bits",
    },
  ];
}

export function installed(command: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$0"', command]).status === 0;
}

/** By GNU time, which counts what a process and all that it waited for used. */
export function cost(of: Pick<Peer, "command" | "args" | "exits" | "frames">, dir: string): Cost {
  const out = join(dir, "time.txt");
  const args = ["-f", "%U %S %M", "-o", out, of.command, ...of.args];
  // As the launcher does it: what was compiled once is read from disk.
  const env = { ...process.env, ...ONE_THREAD, NODE_COMPILE_CACHE: join(dir, "compiled") };
  const { status, stderr } = spawnSync("/usr/bin/time", args, { cwd: dir, env, encoding: "utf8" });
  if (status === null || !of.exits.includes(status))
    throw new Error(`${of.command} ${of.args.join(" ")} ended with ${status}: ${stderr}`);
  const words = readFileSync(out, "utf8").trim().split("\n").at(-1)?.split(" ") ?? [];
  const [user = Number.NaN, system = Number.NaN, kib = Number.NaN] = words.map(Number);
  return { cpuMs: ((user + system) * 1_000) / of.frames, peakMiB: kib / 1_024 };
}
