/**
 * QC over any pictures, with no daemon and no store: each beside its plate's frame, a bounded number at a time, then each
 * sequence as a whole. What can't be looked at becomes a finding `error`, never a gap. Plates and pictures are only read.
 */
import { HotplateError, messageOf, systemCode } from "./domain/errors.ts";
import type { NamedPicture, PictureGroup } from "./domain/pictureGroups.ts";
import { partnerOf } from "./domain/pictureGroups.ts";
import type { QcRequest } from "./domain/plan.ts";
import type { Inspection } from "./domain/qc.ts";
import type { LookedSequence } from "./domain/qcRunReport.ts";
import type { Files, Images, InspectRequest } from "./ports.ts";

export interface LookWorld {
  readonly files: Pick<Files, "stat" | "realpath" | "hash">;
  readonly images: Pick<Images, "header" | "inspect" | "inspectSequence">;
}

export interface LookRequest {
  readonly groups: readonly PictureGroup[];
  /** Found by frame number; empty: none. */
  readonly plates: readonly NamedPicture[];
  readonly masks: readonly NamedPicture[];
  readonly maskChannel: "red" | "alpha";
  readonly maskInverted: boolean;
  /** Outside the mask every bit must be the plate's. */
  readonly composited: boolean;
  /** null: the plate's, or none. */
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly bitDepth: 8 | 16 | null;
  readonly requests: readonly QcRequest[];
  /** Pictures looked at, at the same time. */
  readonly atOnce: number;
  readonly progress?: (done: number, of: number) => void;
}

type LookedFrame = LookedSequence["frames"][number];

export async function lookAtPictures(world: LookWorld, request: LookRequest): Promise<readonly LookedSequence[]> {
  const { groups } = request;
  const work = groups.flatMap((group, at) => group.frames.map((picture) => ({ at, picture })));
  let done = 0;
  const looked = await bounded(work, request.atOnce, async ({ at, picture }) => {
    const frame = await lookAt(world, request, picture);
    done += 1;
    request.progress?.(done, work.length);
    return { at, frame };
  });
  return bounded(groups, request.atOnce, async (group, at) => {
    const frames = looked.filter((each) => each.at === at).map(({ frame }) => frame);
    return lookedSequence(world, request, { group, frames });
  });
}

async function lookedSequence(
  { images }: LookWorld,
  { requests }: LookRequest,
  of: { readonly group: PictureGroup; readonly frames: readonly LookedFrame[] },
): Promise<LookedSequence> {
  const { name, dir, isSequence, wanted } = of.group;
  const present = of.frames.map(({ frame }) => frame);
  return {
    name,
    dir,
    missing: wanted.filter((frame) => frame !== null).filter((frame) => !present.includes(frame)),
    frames: of.frames,
    sequence: isSequence ? await images.inspectSequence({ wanted, present, checks: requests, series: [] }) : null,
  };
}

async function lookAt(world: LookWorld, request: LookRequest, picture: NamedPicture): Promise<LookedFrame> {
  const { frame, path } = picture;
  const plate = partnerOf(frame, request.plates);
  try {
    const real = await world.files.realpath(path);
    const { bytes } = await world.files.stat(real);
    const asked = await inspectRequest(world, request, { picture: { frame, path: real }, plate, bytes });
    const inspection = await world.images.inspect(asked);
    const file = { path, ...(await world.files.hash(real)) };
    return { frame, file, plate: plate?.path ?? null, inspection };
  } catch (error) {
    if (systemCode(error) === null) throw error;
    // Gone, or not ours to read, since it was listed.
    const file = { path, bytes: 0, sha256: "" };
    return { frame, file, plate: plate?.path ?? null, inspection: notReadable(messageOf(error)) };
  }
}

function notReadable(message: string): Inspection {
  const words = { message, hint: "See that the file is there and may be read." };
  const finding = { check: "file.decodes", version: 1, verdict: "error", measures: [], ...words } as const;
  return { verdict: "error", findings: [finding], notApplied: [], reader: "none" };
}

async function inspectRequest(
  world: LookWorld,
  request: LookRequest,
  of: { readonly picture: NamedPicture; readonly plate: NamedPicture | null; readonly bytes: number },
): Promise<InspectRequest> {
  const { picture } = of;
  const { frame } = picture;
  const plate = of.plate === null ? null : { frame, path: await whatIsMeant(world, of.plate.path) };
  const mask = partnerOf(frame, request.masks);
  const size = request.size ?? (plate === null ? null : await sizeOf(world, plate.path));
  const lacksPlate = plate === null && request.plates.length > 0;
  return {
    path: picture.path,
    bytes: of.bytes,
    frame,
    platePath: plate?.path ?? null,
    ...(lacksPlate ? { plateProblem: `the plate has no frame ${frame ?? "for a still"}` } : {}),
    expected: {
      width: size?.width ?? null,
      height: size?.height ?? null,
      bitDepth: request.bitDepth,
      ignore: [],
    },
    checks: request.requests,
    ...(mask === null
      ? {}
      : {
          mask: {
            path: await whatIsMeant(world, mask.path),
            plan: { from: mask.path, channel: request.maskChannel, invert: request.maskInverted, feather: 0 },
          },
        }),
    composited: request.composited,
  };
}

/** Decoders follow no links: where one leads is told to them. */
async function whatIsMeant({ files }: LookWorld, path: string): Promise<string> {
  try {
    return await files.realpath(path);
  } catch (error) {
    if (systemCode(error) === null) throw error;
    // That it is gone is told by the checks that need it.
    return path;
  }
}

async function sizeOf({ images }: LookWorld, path: string): Promise<LookRequest["size"]> {
  try {
    const { width, height } = await images.header(path);
    return { width, height };
  } catch (error) {
    if (!(error instanceof HotplateError) && systemCode(error) === null) throw error;
    // That the plate can't be read is told by the checks that need it.
    return null;
  }
}

async function bounded<T, R>(
  all: readonly T[],
  atOnce: number,
  run: (one: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const out: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) out[index] = await run(all[index] as T, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, lane));
  return out;
}
