/**
 * The core video graph nodes of ComfyUI 0.19: LoadVideo, GetVideoComponents, CreateVideo, SaveVideo. Decoding and encoding are
 * ffmpeg's, as they are libav's in the real one; without ffmpeg these graph nodes fail and say so. As in the real one frames
 * arrive as 8-bit RGB, a lossless file loses nothing, and SaveVideo writes H.264 4:2:0, which does lose and takes even sizes only.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Inputs } from "./nodeInputs.ts";
import { images, NodeRaised, num } from "./nodeInputs.ts";
import type { SlotFiles } from "./pictureFiles.ts";
import { markedSamples, savePlace } from "./pictureFiles.ts";
import type { Plane, Value } from "./tensor.ts";
import { plane } from "./tensor.ts";
import { loadPath } from "./validateInput.ts";
import type { OutputFile } from "./words.ts";

const OUTPUT_BYTES_MAX = 2 ** 31;

/** Only the file: the real one, too, opens it when its frames are asked for. */
export function loadVideo(name: string, slot: SlotFiles): Value {
  const path = loadPath(name, { inputDir: join(slot.slotDir, "input"), version: slot.version }) ?? "";
  return { kind: "video", path, frames: [], fps: 0 };
}

export function createVideo(inputs: Inputs): Value {
  return { kind: "video", path: null, frames: images(inputs, "images"), fps: num(inputs, "fps") };
}

/** IMAGE, AUDIO, FLOAT. */
export function videoComponents(inputs: Inputs): readonly Value[] {
  const video = videoOf(inputs);
  const { frames, fps } = video.path === null ? video : decoded(video.path);
  return [
    { kind: "image", frames },
    { kind: "opaque", tag: "audio" },
    { kind: "number", value: fps },
  ];
}

function videoOf(inputs: Inputs): Extract<Value, { kind: "video" }> {
  const value = inputs["video"] as Value | undefined;
  if (value?.kind === "video") return value;
  throw new NodeRaised("AttributeError", "'str' object has no attribute 'get_components'\n");
}

function decoded(path: string): { readonly frames: readonly Plane[]; readonly fps: number } {
  const entries = "stream=width,height,r_frame_rate";
  const probe = run("ffprobe", [
    "-v",
    "error",
    "-select_streams",
    "v:0",
    "-show_entries",
    entries,
    "-of",
    "csv=p=0",
    path,
  ]);
  const [width = 0, height = 0, rate = "24/1"] = probe.toString().trim().split(",");
  const [over, under] = String(rate).split("/").map(Number);
  const size = { width: Number(width), height: Number(height) };
  const raw = run("ffmpeg", [
    "-nostdin",
    "-v",
    "error",
    "-i",
    path,
    "-map",
    "0:v:0",
    "-fps_mode",
    "passthrough",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    "-",
  ]);
  const length = size.width * size.height * 3;
  if (!(length > 0)) throw invalidData(path);
  const frames = Array.from({ length: Math.floor(raw.length / length) }, (_, index) => {
    const frame = plane(size.width, size.height, 3);
    for (let at = 0; at < length; at += 1) frame.data[at] = (raw[index * length + at] ?? 0) / 255;
    return frame;
  });
  return { frames, fps: (over ?? 24) / (under ?? 1) };
}

/** H.264 in MP4, as `auto` means; every frame carries the mark. */
export function saveVideo(inputs: Inputs, slot: SlotFiles): OutputFile {
  const video = videoOf(inputs);
  const { frames, fps } = video.path === null ? video : decoded(video.path);
  const [first] = frames;
  if (first === undefined) throw new NodeRaised("IndexError", "list index out of range\n");
  if (first.width % 2 === 1 || first.height % 2 === 1)
    throw new NodeRaised(
      "av.error.ExternalError",
      `[Errno 542398533] Generic error in an external library: 'avcodec_open2("libx264", {})'\n`,
    );
  const prefix = String(inputs["filename_prefix"] as string | undefined);
  const place = savePlace({ prefix, type: "output", size: first }, slot);
  const filename = `${place.name}_${String(place.counter).padStart(5, "0")}_.mp4`;
  const raw = Buffer.concat(frames.map((frame) => markedSamples(frame, 8) as Uint8Array));
  const size = `${first.width}x${first.height}`;
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", String(fps), "-i", "-"];
  run(
    "ffmpeg",
    ["-nostdin", "-v", "error", ...input, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-n", join(place.dir, filename)],
    raw,
  );
  return { filename, subfolder: place.subfolder, type: "output" };
}

function run(program: string, args: readonly string[], input?: Uint8Array): Buffer {
  const answer = spawnSync(program, args, { maxBuffer: OUTPUT_BYTES_MAX, ...(input === undefined ? {} : { input }) });
  if (answer.error !== undefined && (answer.error as NodeJS.ErrnoException).code === "ENOENT")
    throw new NodeRaised("ModuleNotFoundError", `the simulated ComfyUI needs ${program} for this graph node\n`);
  if (answer.status !== 0) throw invalidData(args.find((one) => one.includes("/")) ?? "");
  return answer.stdout;
}

function invalidData(path: string): NodeRaised {
  return new NodeRaised(
    "av.error.InvalidDataError",
    `[Errno 1094995529] Invalid data found when processing input: '${path}'\n`,
  );
}
