/**
 * Frames as one video file and back, by ffmpeg: its arguments, as text. A clip is lossless (FFV1 version 3 in Matroska, planar
 * RGB, every picture a key frame with a checksum): decoded by ComfyUI 0.19's LoadVideo it gave back every code of every frame
 * (measured, docs/comfyui.md). The rate means nothing to a graph that counts frames; it only has to be there.
 */
const FRAMES_PER_SECOND = 24;
/** Digits of a picture's name beside a clip. */
const DIGITS = 5;

/** The n-th picture, from 1. */
export function clipPictureName(n: number): string {
  return `${String(n).padStart(DIGITS, "0")}.png`;
}

/** Pictures `dir/00001.png`... of one size -> `to`, which must not be there. */
export function clipArguments(dir: string, to: string): readonly string[] {
  const lossless = ["-c:v", "ffv1", "-level", "3", "-g", "1", "-slicecrc", "1", "-pix_fmt", "gbrp"];
  return [
    ...QUIET,
    "-framerate",
    String(FRAMES_PER_SECOND),
    "-start_number",
    "1",
    "-i",
    `${dir}/%0${DIGITS}d.png`,
    ...lossless,
    "-threads",
    "1",
    "-n",
    to,
  ];
}

/**
 * A video -> `dir/00001.png`..., one per frame that it holds, at most `max`. No frame is doubled or left out for the sake of
 * a rate. Only files are opened, and only as videos: a playlist in a video's clothes can fetch nothing and name no other file.
 */
export function splitArguments(video: string, of: { readonly dir: string; readonly max: number }): readonly string[] {
  const exact = ["-sws_flags", "accurate_rnd+full_chroma_int+full_chroma_inp"];
  return [
    ...QUIET,
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    "matroska,mov,avi",
    "-i",
    video,
    "-map",
    "0:v:0",
    "-fps_mode",
    "passthrough",
    "-frames:v",
    String(of.max),
    ...exact,
    "-threads",
    "1",
    "-n",
    `${of.dir}/%0${DIGITS}d.png`,
  ];
}

const QUIET: readonly string[] = ["-nostdin", "-hide_banner", "-v", "error"];

const VIDEO_PATTERN = /\.(mp4|mov|mkv|webm|avi)$/i;

/** Does ComfyUI name a video here, and not a picture? */
export function isVideo(fileName: string): boolean {
  return VIDEO_PATTERN.test(fileName);
}
