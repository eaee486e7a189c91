/** The frames that readers race over: one picture in every kind, ten times each under the names of a sequence. */
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paintFrame } from "./paintFrame.ts";
import { plainExr } from "./plainExr.ts";

export interface Kind {
  readonly name: string;
  readonly dir: string;
  readonly ext: string;
  /** ffmpeg's native pixel format for it; null: it reads it otherwise than asked for. */
  readonly pixelFormat: string | null;
  readonly vips: boolean;
}

export const FIRST = 1001;

/** Written by oiiotool, so that nobody reads his own files. */
export function makeFiles(
  dir: string,
  of: { readonly width: number; readonly height: number; readonly frames: number },
): readonly Kind[] {
  const plain = join(dir, "plain.exr");
  writeFileSync(plain, plainExr(paintFrame(of.width, of.height, 1)));
  const exr = ["none", "zip", "zips", "rle", "piz", "dwaa"].map((compression) => ({
    kind: { name: `EXR ${compression}`, ext: "exr", pixelFormat: "gbrpf32le", vips: true },
    args: ["--compression", compression],
  }));
  const encoded = ["--clamp:max=1", "--powc", "0.4545"];
  const others = [
    { kind: { name: "DPX 10", ext: "dpx", pixelFormat: "gbrp10le", vips: false }, args: [...encoded, "-d", "uint10"] },
    { kind: { name: "PNG 16", ext: "png", pixelFormat: "rgb48be", vips: true }, args: [...encoded, "-d", "uint16"] },
    {
      kind: { name: "TIFF 16", ext: "tif", pixelFormat: "rgb48le", vips: true },
      args: [...encoded, "-d", "uint16", "--compression", "none"],
    },
  ];
  return [...exr, ...others].map(({ kind, args }) => {
    const folder = join(dir, kind.name.replace(" ", "-"));
    mkdirSync(folder);
    const first = join(folder, `f.${FIRST}.${kind.ext}`);
    execFileSync("oiiotool", [plain, ...args, "-o", first]);
    for (let i = 1; i < of.frames; i += 1) linkSync(first, join(folder, `f.${FIRST + i}.${kind.ext}`));
    return { ...kind, dir: folder };
  });
}
