/**
 * What an image job will take, by what the heads of its files say: asked in the worker before anything is decoded. A head that can't be
 * read counts nothing: whoever decodes that file says what is wrong with it. Bytes are those of samples as they are in memory
 * (light is 4 bytes, whatever the file packs), of planes, and of the file that is decoded just then.
 */
import type { InspectRequest } from "../../ports.ts";
import { withFile } from "./byteSource.ts";
import { readHead } from "./head.ts";
import type { ImageJob } from "./imageJobs.ts";
import type { Need } from "./memoryBudget.ts";
import { LUMA_BYTES } from "./memoryBudget.ts";

/** One picture: what stays of it, and what is there beside it while it is decoded. */
interface Picture {
  readonly pixels: number;
  readonly samples: number;
  readonly decoding: number;
}

const NOTHING: Picture = { pixels: 0, samples: 0, decoding: 0 };
const FLOAT_BYTES = 4;

export function memoryOf(job: ImageJob): Need {
  switch (job.kind) {
    case "inspect":
    case "trace":
      return { bytes: inspecting(job.request), alone: false };
    case "finish": {
      const { returned, fed, plate, mask, reference } = job.request;
      return { bytes: asLight([returned, fed, plate?.path, mask, reference]), alone: true };
    }
    case "feed":
      return { bytes: asLight([job.platePath]), alone: true };
    case "blend":
      return { bytes: asLight([job.request.earlier, job.request.later]), alone: true };
    case "compare":
      return { bytes: together([job.request.a, job.request.b].map(pictureAt)), alone: true };
    case "thumbnail":
      return { bytes: together([pictureAt(job.from)]), alone: true };
    case "sheet": {
      // One tile after another.
      const each = job.request.tiles.map(({ path }) => (path === null ? 0 : together([pictureAt(path)])));
      return { bytes: Math.max(0, ...each), alone: true };
    }
    case "header":
    case "checks":
    case "testPlugin":
    case "dressMovie":
    case "lackingTraces":
    case "inspectSequence":
    case "inspectSet":
      return { bytes: 0, alone: true };
  }
}

function inspecting({ path, platePath, plateProblem, mask }: InspectRequest): number {
  const plate = platePath === null || plateProblem !== undefined ? NOTHING : pictureAt(platePath);
  const pictures = [pictureAt(path), plate];
  const luma = pictures.reduce((sum, { pixels }) => sum + pixels * LUMA_BYTES, 0);
  if (mask === undefined) return together(pictures) + luma;
  // Of a mask stays a byte a pixel.
  const { pixels, samples, decoding } = pictureAt(mask.path);
  return together([...pictures, { pixels, samples: pixels, decoding: samples + decoding }]) + luma;
}

/** Pictures that are worked on as planes of light, three or more each, beside their samples; and what is written of them. */
function asLight(paths: readonly (string | null | undefined)[]): number {
  const pictures = [...new Set(paths)].map((path) => (path == null ? NOTHING : pictureAt(path)));
  const largest = Math.max(0, ...pictures.map(({ pixels }) => pixels));
  return together(pictures) + (pictures.reduce((sum, { pixels }) => sum + pixels, 0) + largest) * 3 * FLOAT_BYTES;
}

/** All of them in memory, and the worst moment of decoding one. */
function together(pictures: readonly Picture[]): number {
  const kept = pictures.reduce((sum, { samples }) => sum + samples, 0);
  return kept + Math.max(0, ...pictures.map(({ decoding }) => decoding));
}

function pictureAt(path: string): Picture {
  try {
    return withFile(path, (source) => {
      const { width, height, channels, bitDepth, sampleType, format } = readHead(source);
      const pixels = width * height;
      const bytes = sampleType === "float" ? FLOAT_BYTES : bitDepth <= 8 ? 1 : 2;
      const samples = pixels * channels * bytes;
      // OpenEXR is unpacked by channels, and then they are laid beside each other.
      return { pixels, samples, decoding: source.bytes + (format === "exr" ? samples : 0) };
    });
  } catch {
    return NOTHING;
  }
}
