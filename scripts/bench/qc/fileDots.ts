/** Frames with single pixels that stick out, of the proof over files: `image.dead_pixels`. Right ones have stars and glints, in the plate, too. */
import type { FileCase } from "./fileCase.ts";
import type { FileDefect, FileStrength } from "./fileDefects.ts";
import type { Change } from "./fileLook.ts";
import { codeFile, waves } from "./filePictures.ts";
import type { Chance } from "./random.ts";
import { manyNormals } from "./random.ts";

const SIZE = { width: 128, height: 96 } as const;
const PIXELS = SIZE.width * SIZE.height;
/** Deviation of the grain that `waves` has, and what is laid on the result anew. */
const GRAIN = 0.02;

interface Frame {
  readonly plate: Float32Array;
  readonly result: Float32Array;
}

function frameOf(random: Chance): Frame {
  const seed = Math.floor(random.between(1, 1e9));
  const plate = waves(SIZE, seed);
  const stars = random.next() < 0.5 ? Math.floor(random.between(1, 20)) : 0;
  for (let i = 0; i < stars; i += 1) plate[inner(random)] = random.between(0.97, 1);
  const grain = manyNormals(PIXELS, seed ^ 0x77);
  const gain = random.between(0.75, 1);
  return { plate, result: plate.map((value, i) => value * gain + GRAIN * 0.3 * (grain[i] as number)) };
}

/** Not at the border, where nothing is looked at. */
function inner(random: Chance): number {
  return (
    (2 + Math.floor(random.next() * (SIZE.height - 4))) * SIZE.width + 2 + Math.floor(random.next() * (SIZE.width - 4))
  );
}

function pngOf(light: Float32Array): Promise<Uint8Array> {
  const data = Uint16Array.from({ length: PIXELS * 3 }, (_, i) => {
    return Math.round(Math.min(1, Math.max(0, light[Math.floor(i / 3)] as number)) * 65_535);
  });
  return codeFile("png", { ...SIZE, channels: 3, bits: 16, data });
}

export async function dotCase(random: Chance): Promise<FileCase> {
  const { plate, result } = frameOf(random);
  return {
    kind: "a frame of grain",
    format: "png",
    result: await pngOf(result),
    publishAs: "/show/a_v001/a_v001.1001.png",
    plate: { bytes: await pngOf(plate), extension: "png" },
    expected: { ...SIZE, bitDepth: 16 },
    staged: false,
    checks: ["image.dead_pixels"],
  };
}

/** By so many deviations of the grain up or down, where there is room for it. */
const lifted = (count: number, by: number, stated: boolean): FileStrength => ({
  name: `${count} px by ${by} deviations`,
  stated,
  make: async (_, random): Promise<Change> => {
    const { plate, result } = frameOf(random);
    for (let i = 0; i < count; i += 1) {
      const at = inner(random);
      const value = result[at] as number;
      result[at] = value + (value > 0.5 ? -1 : 1) * by * GRAIN;
    }
    return { result: await pngOf(result), plate: { bytes: await pngOf(plate), extension: "png" } };
  },
});

export const DOTS: readonly FileDefect[] = [
  {
    check: "image.dead_pixels",
    name: "dead pixels",
    says: "warn",
    on: ({ checks }) => checks.includes("image.dead_pixels"),
    strengths: [lifted(12, 6, false), lifted(1, 12, false), lifted(12, 12, true), lifted(12, 20, true)],
  },
];
