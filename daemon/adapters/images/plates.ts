/**
 * Plates as the colour work needs them: planes in a space that is worked out here, and the stops of an automatic exposure.
 * The last plate is kept, for 200 wedges share it. Opened read-only.
 */
import { statSync } from "node:fs";
import type { ColorPlan } from "../../domain/colorPlan.ts";
import { autoStops, colorWay } from "../../domain/colorWay.ts";
import { answerOf } from "./answer.ts";
import { bytesSource, readWhole } from "./byteSource.ts";
import type { Planes } from "./comeBack.ts";
import type { FrameTools } from "./frameTools.ts";
import { readHead } from "./head.ts";
import { isExr } from "./isExr.ts";
import { displayPicture } from "./loadFrame.ts";
import { turnPlanes } from "./ocioPlanes.ts";
import { meanLog2 } from "./roundTrip.ts";

export interface Plates {
  /** For what the built-in readers leave. */
  readonly tools: FrameTools;
  /** Over the picture (the display window), not multiplied by alpha; of a space that only OCIO knows: turned by it. */
  planes(path: string, plan: Pick<ColorPlan, "plate" | "config">): Promise<Planes>;
  /** The exposure of a plan: its own, or by the frame named (the plate's first, so that no frame flickers). */
  stops(plan: ColorPlan, reference: string | null): Promise<number>;
}

export function createPlates(tools: FrameTools): Plates {
  let kept: { readonly key: string; readonly planes: Planes } | null = null;
  let exposed: { readonly key: string; readonly stops: number } | null = null;

  async function planes(path: string, plan: Pick<ColorPlan, "plate" | "config">): Promise<Planes> {
    const key = `${identityOf(path)}\n${plan.plate?.name}\n${plan.config?.sha256}`;
    if (kept?.key === key) return kept.planes;
    kept = null;
    const read = await readPlanes(tools, path, plan);
    kept = { key, planes: read };
    return read;
  }

  return {
    tools,
    planes,
    async stops(plan, reference) {
      if (plan.exposure !== "auto") return plan.exposure;
      if (reference === null) return 0;
      const key = `${identityOf(reference)}\n${plan.plate?.name}\n${plan.config?.sha256}`;
      if (exposed?.key === key) return exposed.stops;
      // The keeper of the last plate is left alone: frames follow each other, the reference comes once.
      const frame = kept?.key === key ? kept.planes : await readPlanes(tools, reference, plan);
      const stops = autoStops(meanLog2(frame, colorWay({ ...plan, how: "edit" }, 0)));
      exposed = { key, stops };
      return stops;
    },
  };
}

/** Of a file as it is now: another one under its name is another file. */
export function identityOf(path: string): string {
  const stat = statSync(path, { bigint: true });
  return [path, stat.dev, stat.ino, stat.size, stat.mtimeNs].join("\n");
}

async function readPlanes(
  tools: FrameTools,
  path: string,
  { plate, config }: Pick<ColorPlan, "plate" | "config">,
): Promise<Planes> {
  const { bytes } = await tools.readable(readWhole(path));
  // Read here and then turned: oiiotool would take a path with # or %04d in it for the names of many files.
  if (plate !== null && plate.via !== null && config !== null)
    return turnPlanes(await answerOf(bytes), { config: config.path, from: plate.name, to: plate.via.name });
  if (!isExr(bytes)) {
    const head = readHead(bytesSource(bytes));
    // A file that carries a profile says more of its values than "8 bits are sRGB" does; a name says more than both.
    if (head.profile && head.sampleType === "uint" && plate?.by !== "manifest" && plate?.by !== "rule")
      return codesOf(await displayPicture(bytes));
  }
  return answerOf(bytes);
}

function codesOf(picture: Awaited<ReturnType<typeof displayPicture>>): Planes {
  const { width, height, channels, data } = picture;
  const plane = (channel: number): Float32Array => {
    const out = new Float32Array(width * height);
    for (let i = 0, at = channel; i < out.length; i += 1, at += channels) out[i] = (data[at] as number) / 255;
    return out;
  };
  return { width, height, colours: [plane(0), plane(1), plane(2)], alpha: channels === 4 ? plane(3) : null };
}
