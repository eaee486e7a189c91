/**
 * What the model gave back -> the picture that is published, by the colour plan: laid onto the plate, turned back, or as it
 * is; in the result's own space. What every wedge of a plate shares (what it was fed, its mask, what the way costs) is worked
 * out once and kept for the last plate.
 */
import { LINEAR_REC709 } from "../../domain/colorSpaces.ts";
import type { RoundTrip } from "../../domain/colorRecord.ts";
import type { ColorWay } from "../../domain/colorWay.ts";
import { colorWay, resultSpace, workingSpace } from "../../domain/colorWay.ts";
import { simulatedMark } from "../../domain/simulatedMark.ts";
import type { PixelBox } from "../../plugin.ts";
import type { FinishRequest } from "../../ports.ts";
import { answerOf } from "./answer.ts";
import { readWhole } from "./byteSource.ts";
import type { Answer, Planes } from "./comeBack.ts";
import { comeBack, toSpace, turnedBack } from "./comeBack.ts";
import { editMask } from "./editMask.ts";
import type { FrameTools } from "./frameTools.ts";
import { layEdit } from "./layEdit.ts";
import type { Codes } from "./modelCodes.ts";
import { modelCodes } from "./modelCodes.ts";
import { turnPlanes } from "./ocioPlanes.ts";
import type { Plates } from "./plates.ts";
import { identityOf } from "./plates.ts";
import { roundTripStops } from "./roundTrip.ts";

export interface BroughtBack extends Planes {
  /** 1: the plate's own pixel; null: the picture does not lie on the plate. */
  readonly same: Uint8Array | null;
  /** 1: a pixel that must be the plate's. */
  readonly outside: Uint8Array | null;
  /** The plate in the result's space: what `outside` is compared with where the plate's file can't be. */
  readonly under: Planes | null;
  readonly space: { readonly name: string; readonly own: boolean };
  /** Without the count, which is taken of what is written. */
  readonly roundTrip: Omit<RoundTrip, "outsideChanged"> | null;
}
export type BringBack = (request: FinishRequest, answer: Answer, plateExr: boolean) => Promise<BroughtBack>;

interface Shared {
  readonly key: string;
  readonly plate: Planes;
  readonly way: ColorWay;
  readonly fed: Codes;
  readonly mask: Float32Array | null;
  readonly roundTrip: Omit<RoundTrip, "outsideChanged">;
}

export function createBringBack(plates: Plates): BringBack {
  let kept: Shared | null = null;

  async function sharedOf(request: FinishRequest, path: string): Promise<Shared> {
    const { color, reference } = request;
    const stops = await plates.stops(color, reference);
    const mask = color.mask === null || color.mask.from === "plate" ? null : request.mask;
    const key = JSON.stringify([identityOf(path), color, stops, mask === null ? null : identityOf(mask)]);
    if (kept?.key === key) return kept;
    kept = null;
    const plate = await plates.planes(path, color);
    const way = colorWay(color, stops);
    const fed = modelCodes(plate, way);
    const edited = await maskOf(plates.tools, request, plate);
    const p999Stops = roundTripStops({ plate, fed, way, plan: color, mask: edited });
    kept = { key, plate, way, fed, mask: edited, roundTrip: { p999Stops, exposureStops: stops } };
    return kept;
  }

  return async (request, answer, plateExr) => {
    const exr = request.format.kind === "exr";
    const { color } = request;
    const to = resultSpace(color, { exr, plateExr });
    const space = { name: to.name, own: to.own };
    if (request.plate === null || color.plate === null) {
      const alone = comeBack(answer, exr ? "light" : "codes");
      return {
        ...(exr && color.config !== null ? toSpace(alone, LINEAR_REC709, to.space) : alone),
        ...NO_PLATE,
        space,
      };
    }
    const shared = await sharedOf(request, request.plate.path);
    const codes = comeBack(answer, "codes");
    const over = codes.width === shared.plate.width && codes.height === shared.plate.height;
    const laid = over ? layEdit({ ...shared, plan: color, answer: codes, mark: markOf(request, codes) }) : null;
    const picture = laid === null ? turnedBack(codes, shared.way) : { ...codes, colours: laid.colours };
    const turned = (planes: Planes): Promise<Planes> => published(planes, { request, to });
    return {
      ...(await turned(picture)),
      same: laid?.same ?? null,
      outside: laid === null ? null : outsideOf(shared.mask, request, codes),
      under: laid === null || shared.mask === null ? null : await turned(shared.plate),
      space,
      roundTrip: shared.roundTrip,
    };
  };
}

const NO_PLATE = { same: null, outside: null, under: null, roundTrip: null } as const;

async function published(
  planes: Planes,
  of: { readonly request: FinishRequest; readonly to: ReturnType<typeof resultSpace> },
): Promise<Planes> {
  const { color } = of.request;
  const { plate, config } = color;
  if (plate !== null && plate.via !== null && config !== null && of.to.own)
    return turnPlanes(planes, { config: config.path, from: plate.via.name, to: plate.name });
  return toSpace(planes, workingSpace(plate), of.to.space);
}

async function maskOf(tools: FrameTools, { color, mask }: FinishRequest, plate: Planes): Promise<Float32Array | null> {
  if (color.mask === null) return null;
  if (color.mask.from === "plate") return editMask(plate, color.mask, plate);
  // An image that the manifest leaves out: the whole picture may change.
  if (mask === null) return null;
  return editMask(await answerOf((await tools.readable(readWhole(mask))).bytes), color.mask, plate);
}

function markOf({ simulated }: FinishRequest, { width, height }: Pick<Planes, "width" | "height">): PixelBox | null {
  return simulated ? simulatedMark(width, height) : null;
}

function outsideOf(mask: Float32Array | null, request: FinishRequest, { width, height }: Planes): Uint8Array | null {
  if (mask === null) return null;
  const outside = new Uint8Array(mask.length);
  for (let i = 0; i < outside.length; i += 1) outside[i] = (mask[i] as number) > 0 ? 0 : 1;
  const mark = markOf(request, { width, height });
  if (mark !== null)
    for (let y = mark[1]; y < mark[1] + mark[3]; y += 1)
      outside.fill(0, y * width + mark[0], y * width + mark[0] + mark[2]);
  return outside;
}
