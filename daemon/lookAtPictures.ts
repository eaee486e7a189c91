/**
 * QC over any pictures, with no daemon and no store: each beside its plate's frame, a bounded number at a time, then each
 * sequence as a whole. What can't be looked at becomes a finding `error`, never a gap. Plates and pictures are only read.
 */
import { HotplateError, systemCode } from "./domain/errors.ts";
import { joinPath } from "./domain/paths.ts";
import { lostPath } from "./lostPath.ts";
import type { NamedPicture, Partners, PictureGroup } from "./domain/pictureGroups.ts";
import { partnerOf } from "./domain/pictureGroups.ts";
import type { QcRequest } from "./domain/plan.ts";
import type { Inspection } from "./domain/qc.ts";
import type { SeriesFrame, TraceWish } from "./domain/qcRequest.ts";
import type { LookedSequence } from "./domain/qcRunReport.ts";
import type { TraceScope } from "./domain/qcTrace.ts";
import type { Files, Images, InspectRequest } from "./ports.ts";

export interface LookWorld {
  readonly files: Pick<Files, "stat" | "realpath" | "hash">;
  readonly images: Pick<Images, "header" | "inspect" | "inspectSequence" | "inspectSet">;
  /** A folder of ours for what checks keep of frames; it goes with the command. */
  readonly scratchDir: string;
}

export interface LookRequest {
  readonly groups: readonly PictureGroup[];
  /** The groups are variations of one another: one picture of each is looked at beside those of the others. */
  readonly isSet: boolean;
  readonly plates: Partners;
  readonly masks: Partners;
  readonly maskChannel: "red" | "alpha";
  readonly maskInverted: boolean;
  /** Outside the mask every bit must be the plate's. */
  readonly composited: boolean;
  /** null: the plate's times `scale`, or none. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** Result to plate; null: nobody says how large a result must be. */
  readonly scale: number | null;
  readonly bitDepth: 8 | 16 | null;
  readonly requests: readonly QcRequest[];
  /** Pictures looked at, at the same time. */
  readonly atOnce: number;
  readonly progress?: (done: number, of: number) => void;
}

export interface Looked {
  readonly sequences: readonly LookedSequence[];
  /** null: they are no set. */
  readonly set: Inspection | null;
}

interface LookedFrame {
  readonly frame: LookedSequence["frames"][number];
  /** null: there was no picture to ask for. */
  readonly look: SeriesFrame["look"] | null;
}

export async function lookAtPictures(world: LookWorld, request: LookRequest): Promise<Looked> {
  const { groups } = request;
  const work = groups.flatMap((group, at) => group.frames.map((picture, index) => ({ group, at, picture, index })));
  let done = 0;
  const looked = await bounded(work, request.atOnce, async ({ group, at, picture, index }, number) => {
    const scopes: TraceScope[] = [];
    if (group.isSequence) scopes.push("sequence");
    // The first frame stands for its variation.
    if (request.isSet && index === 0) scopes.push("set");
    const trace = { path: joinPath(world.scratchDir, `${number}.trace`), scopes };
    const one = await lookAt(world, request, { picture, trace });
    done += 1;
    request.progress?.(done, work.length);
    return { at, ...one };
  });
  const byGroup = groups.map((_, at) => looked.filter((each) => each.at === at));
  const sequences = await bounded(groups, request.atOnce, (group, at) =>
    lookedSequence(world, request, { group, looked: byGroup[at] ?? [] }),
  );
  const checks = request.requests;
  const series = byGroup.flatMap((frames, at) => seriesOf(frames.slice(0, 1), { group: groups[at], wedge: at + 1 }));
  return { sequences, set: request.isSet ? await world.images.inspectSet({ checks, series, timed: true }) : null };
}

async function lookedSequence(
  { images }: LookWorld,
  { requests }: LookRequest,
  of: { readonly group: PictureGroup; readonly looked: readonly LookedFrame[] },
): Promise<LookedSequence> {
  const { group, looked } = of;
  const { name, dir, isSequence, wanted } = group;
  const present = looked.map(({ frame }) => frame.frame);
  const series = seriesOf(looked, { group, wedge: 1 });
  return {
    name,
    dir,
    missing: wanted.filter((frame) => frame !== null).filter((frame) => !present.includes(frame)),
    frames: looked.map(({ frame }) => frame),
    sequence: isSequence
      ? await images.inspectSequence({ wanted, present, checks: requests, series, timed: true })
      : null,
  };
}

/** Nothing says with which seeds and values they were made: where they lie is all that tells them apart, for names may be alike. */
function seriesOf(
  looked: readonly LookedFrame[],
  of: { readonly group: PictureGroup | undefined; readonly wedge: number },
): readonly SeriesFrame[] {
  const axes = of.group === undefined ? {} : { picture: of.group.name, folder: of.group.dir };
  return looked.flatMap(({ frame, look }) =>
    look === null ? [] : [{ wedge: of.wedge, frame: frame.frame, seed: "", axes, look }],
  );
}

async function lookAt(
  world: LookWorld,
  request: LookRequest,
  of: { readonly picture: NamedPicture; readonly trace: TraceWish },
): Promise<LookedFrame> {
  const { frame, path } = of.picture;
  const plate = partnerOf(of.picture, request.plates);
  const shown = { frame, plate };
  try {
    const real = await world.files.realpath(path);
    const { bytes } = await world.files.stat(real);
    const look = await lookOf(world, request, { picture: of.picture, real, plate, bytes });
    const traced = of.trace.scopes.length === 0 ? {} : { trace: of.trace };
    const inspection = await world.images.inspect({ ...look, ...traced, checks: request.requests, timed: true });
    const file = { path, ...(await world.files.hash(real)) };
    return { frame: { ...shown, file, inspection }, look: { ...look, trace: of.trace } };
  } catch (error) {
    if (systemCode(error) === null) throw error;
    // Gone, or not ours to read, since it was listed.
    const file = { path, bytes: 0, sha256: "" };
    const lost = error instanceof HotplateError ? error : await lostPath(world.files, path, error);
    return { frame: { ...shown, file, inspection: notReadable(lost) }, look: null };
  }
}

function notReadable({ message, code, hint }: HotplateError): Inspection {
  const words = { message: `${message} (${code}).`, hint };
  const finding = { check: "file.decodes", version: 1, verdict: "error", measures: [], ...words } as const;
  return { verdict: "error", findings: [finding], notApplied: [], reader: "none" };
}

async function lookOf(
  world: LookWorld,
  request: LookRequest,
  of: {
    readonly picture: NamedPicture;
    readonly real: string;
    readonly plate: string | null;
    readonly bytes: number;
  },
): Promise<Omit<InspectRequest, "checks" | "trace">> {
  const { frame } = of.picture;
  const meant = of.plate === null ? null : await whatIsMeant(world, of.plate);
  const plate = meant?.path ?? null;
  const mask = partnerOf(of.picture, request.masks);
  const meantMask = mask === null ? null : await whatIsMeant(world, mask);
  const size =
    request.size ?? (plate === null || request.scale === null ? null : await sizeOf(world, plate, request.scale));
  const lacks = meant === null ? lackWords("plate", request.plates, frame) : meant.problem;
  const noMask = meantMask === null ? lackWords("mask", request.masks, frame) : meantMask.problem;
  const maskLack = noMask === null ? {} : { maskProblem: noMask };
  return {
    path: of.real,
    bytes: of.bytes,
    frame,
    platePath: plate,
    ...(lacks === null ? {} : { plateProblem: lacks }),
    expected: {
      width: size?.width ?? null,
      height: size?.height ?? null,
      bitDepth: request.bitDepth,
      ignore: [],
    },
    ...(mask === null || meantMask === null || meantMask.path === null
      ? maskLack
      : {
          mask: {
            path: meantMask.path,
            plan: { from: mask, channel: request.maskChannel, invert: request.maskInverted, feather: 0 },
          },
        }),
    composited: request.composited,
    markBySelf: true,
  };
}

function lackWords(what: string, among: Partners, frame: number | null): string | null {
  if (among.kind === "none") return null;
  return among.kind === "names" ? `no ${what} has its name` : `the ${what} has no frame ${frame ?? "for a still"}`;
}

/** Decoders follow no links: where one leads is told to them. That it leads nowhere is told by the checks that need it. */
async function whatIsMeant(
  { files }: LookWorld,
  path: string,
): Promise<{ readonly path: string; readonly problem: null } | { readonly path: null; readonly problem: string }> {
  try {
    return { path: await files.realpath(path), problem: null };
  } catch (error) {
    if (systemCode(error) === null) throw error;
    const { message, code } = await lostPath(files, path, error);
    return { path: null, problem: `${message} (${code})` };
  }
}

async function sizeOf({ images }: LookWorld, path: string, scale: number): Promise<LookRequest["size"]> {
  try {
    const { width, height } = await images.header(path);
    return { width: Math.round(width * scale), height: Math.round(height * scale) };
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
