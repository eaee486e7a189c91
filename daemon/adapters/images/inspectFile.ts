/**
 * Looks at one result: read once, decoded once, every frame check over the same samples. The plate is decoded when a check
 * needs it, or for a second look when one found something, and the last plate is kept: 200 wedges share one. Both files
 * are opened read-only.
 */
import { statSync } from "node:fs";
import { HotplateError, systemCode, messageOf } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Inspection } from "../../domain/qc.ts";
import { maskFacts } from "../../domain/maskFacts.ts";
import type { FrameFacts, SharedInput } from "../../domain/qcInput.ts";
import { frameInput } from "../../domain/qcInput.ts";
import { saysSimulated, simulatedMark } from "../../domain/simulatedMark.ts";
import { createPlaneKeeper } from "../../domain/planeKeeper.ts";
import { inspectInput, needsPlate, wantsPlate } from "../../domain/qcRun.ts";
import { traceFrame, tracingChecks } from "../../domain/qcTrace.ts";
import type { Check, DecodedImage, HeaderFacts, PixelBox } from "../../plugin.ts";
import type { TraceWish } from "../../domain/qcRequest.ts";
import type { InspectRequest } from "../../ports.ts";
import { sha256At, withFile } from "./byteSource.ts";
import { coloursOf, noColours } from "./exrColours.ts";
import { parseExrHeader } from "./exrHeader.ts";
import type { Inference } from "../inference/inference.ts";
import type { Programs } from "../programs/programs.ts";
import type { FrameTools } from "./frameTools.ts";
import { timedChecks } from "./checkTimes.ts";
import { headerFactsAt, headerFactsIn } from "./headerFacts.ts";
import { isExr } from "./isExr.ts";
import type { MaskOf } from "./inspectMask.ts";
import { createMaskOf } from "./inspectMask.ts";
import type { Loaded } from "./loadFrame.ts";
import { loadFrame, notLoaded } from "./loadFrame.ts";
import type { ReadBytes, ReadRoom } from "./readRoom.ts";
import { createReadRoom } from "./readRoom.ts";
import { sampleDigest } from "./sampleDigest.ts";
import { tracePrint, writeTraces } from "./traceFile.ts";

export interface Inspector {
  /** Keeps the traces that are asked for along the way; one that can't be written is made when it is needed. */
  inspect(request: InspectRequest): Promise<Inspection>;
  /** Decodes for the traces alone. */
  trace(request: InspectRequest): Promise<void>;
}

export interface InspectorParts {
  readonly checks: readonly Check[];
  /** Of the checks, those that are programs. */
  readonly programs: Pick<Programs, "answered">;
  /** For those that look through a model. */
  readonly inference: Inference;
  readonly tools: FrameTools;
}

/** A file that was read, decoded where it can be; its header is told of the bytes at hand. */
interface Opened {
  readonly loaded: Loaded;
  readonly header: HeaderFacts | null;
}

/** What an inspector reads by, kept for its life. */
interface Means {
  readonly tools: FrameTools;
  readonly masks: MaskOf;
  readonly room: ReadRoom;
}

export function createInspector({ checks, programs, inference, tools }: InspectorParts): Inspector {
  let kept: { readonly identity: string; readonly opened: Opened } | null = null;
  const means: Means = { tools, masks: createMaskOf(tools), room: createReadRoom() };
  const planesOf = createPlaneKeeper();

  async function plateOf(path: string): Promise<Opened> {
    try {
      const stat = statSync(path, { bigint: true });
      const identity = [path, stat.dev, stat.ino, stat.size, stat.mtimeNs].join("\n");
      if (kept?.identity === identity) return kept.opened;
      kept = null;
      using file = means.room(path);
      const opened = await openBy(tools, file.bytes);
      kept = { identity, opened };
      return opened;
    } catch (error) {
      // The result is what is judged; that its plate can't be read is told by the checks that need it.
      const loaded: Loaded =
        error instanceof HotplateError ? notLoaded(error) : { kind: "unreadable", message: messageOf(error) };
      return { loaded, header: null };
    }
  }

  /** `until`: when programs must have answered, of both looks together: the worker has a deadline of its own. */
  async function look(request: InspectRequest, input: SharedInput, until: number): Promise<Inspection> {
    const answered = await programs.answered({
      checks,
      requests: request.checks,
      input,
      platePath: request.platePath,
      maskPath: request.mask?.path ?? null,
      until,
    });
    const seeing = await inference.answered({ checks: answered, requests: request.checks, input });
    const timed = timedChecks(seeing, request.timed === true);
    return timed.told(inspectInput(timed.checks, request.checks, input));
  }

  /** With the plate where one of these checks can't do without it. */
  async function fullFacts(request: InspectRequest, facts: FrameFacts, wanted: readonly Check[]): Promise<FrameFacts> {
    if (request.plateProblem !== undefined) return { ...facts, planesOf, plateProblem: request.plateProblem };
    if (request.platePath === null || !needsPlate(wanted, request.checks)) return { ...facts, planesOf };
    return withPlate({ ...facts, planesOf }, await plateOf(request.platePath));
  }

  return {
    async inspect(request) {
      const until = performance.now() + LIMITS.programMsMax;
      const facts = await lookAt(means, request);
      const tracing = tracingChecks(checks, request.checks, request.trace?.scopes ?? []);
      const wanted = [...checks.filter((check) => check.scope === "frame"), ...tracing];
      const input = frameInput(await fullFacts(request, facts, wanted));
      if (request.trace !== undefined && tracing.length > 0) keep(request, { ...request.trace, tracing, input });
      const first = await look(request, input, until);
      const looked = input.plate !== null || input.plateProblem !== null;
      if (looked || request.platePath === null || !wantsPlate(first)) return first;
      return look(request, frameInput(withPlate({ ...facts, planesOf }, await plateOf(request.platePath))), until);
    },
    async trace(request) {
      const { trace } = request;
      if (trace === undefined) return;
      const tracing = tracingChecks(checks, request.checks, trace.scopes);
      const input = frameInput(await fullFacts(request, await lookAt(means, request), tracing));
      writeTraces(trace.path, tracePrint({ ...request, trace }), traceFrame(tracing, request.checks, input));
    },
  };
}

/** A disk that is full, or away for a moment, costs a decoding later and nothing now. */
function keep(
  request: InspectRequest,
  of: TraceWish & { readonly tracing: readonly Check[]; readonly input: SharedInput },
): void {
  const { path, scopes, tracing, input } = of;
  try {
    writeTraces(path, tracePrint({ ...request, trace: { path, scopes } }), traceFrame(tracing, request.checks, input));
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}

function withPlate(facts: FrameFacts, { loaded, header }: Opened): FrameFacts {
  const { headerOf } = facts;
  const seen: FrameFacts = { ...facts, headerOf: (of) => (of === "plate" ? header : (headerOf?.(of) ?? null)) };
  return loaded.kind === "frame" ? { ...seen, plate: loaded.image } : { ...seen, plateProblem: loaded.message };
}

/** A file that is not there throws ENOENT: the task must be done again, which is no matter of its picture. */
async function lookAt(means: Means, request: InspectRequest): Promise<FrameFacts> {
  const { path, bytes, frame, expected } = request;
  const { loaded, header } = await openResult(means, path, bytes);
  const windows = loaded.kind === "frame" ? loaded.image.windows : null;
  const ignore = request.markBySelf === true ? ownMark(path, loaded) : expected.ignore;
  const plateWindows = windows === null || request.platePath === null ? null : windowsOf(request.platePath);
  return {
    result: loaded.kind === "frame" ? loaded.image : null,
    resultFile: {
      path,
      bytes,
      frame,
      ...(request.sha256 === undefined ? {} : { staged: request.sha256 }),
      ...(request.publishAs === undefined ? {} : { publishAs: request.publishAs }),
    },
    decodeProblem: loaded.kind === "frame" ? null : loaded,
    plate: null,
    plateProblem: null,
    ...(await maskOf(request, loaded, { ignore, read: means.masks })),
    composited: request.composited ?? false,
    digestOf: sampleDigest,
    // A plate whose pixels nobody needed was not read yet.
    headerOf: (of) => (of === "result" ? header : request.platePath === null ? null : headerFactsAt(request.platePath)),
    sha256Of: () => sha256At(path),
    expected: {
      ...expected,
      windows: plateWindows !== null && sameSize(plateWindows.display, windows?.display) ? plateWindows : null,
      ignore: windows === null ? ignore : ignore.map((box) => inData(box, windows)),
    },
  };
}

/** The mark of a picture that says of itself that it is simulated. */
function ownMark(path: string, loaded: Loaded): readonly PixelBox[] {
  if (loaded.kind !== "frame" || !saysSimulated(headerFactsAt(path)?.texts ?? [])) return [];
  const { windows, width, height } = loaded.image;
  const [, , shownWidth, shownHeight] = windows?.display ?? [0, 0, width, height];
  return [simulatedMark(shownWidth, shownHeight)];
}

/** One that can't be read, or does not fit, is told by the checks that need it. */
async function maskOf(
  request: InspectRequest,
  loaded: Loaded,
  of: { readonly ignore: readonly PixelBox[]; readonly read: MaskOf },
): Promise<Pick<FrameFacts, "mask" | "maskProblem">> {
  if (request.mask === undefined || loaded.kind !== "frame")
    return { mask: null, maskProblem: request.maskProblem ?? null };
  const { width, height } = loaded.image;
  try {
    const picture = await of.read(request.mask);
    if (picture.width !== width || picture.height !== height)
      return {
        mask: null,
        maskProblem: `it has ${picture.width} x ${picture.height} px, the result ${width} x ${height}`,
      };
    return { mask: maskFacts(picture, { width, height, ignore: of.ignore }), maskProblem: null };
  } catch (error) {
    const { message } = error instanceof HotplateError ? notLoaded(error) : { message: messageOf(error) };
    return { mask: null, maskProblem: message };
  }
}

type Windows = NonNullable<DecodedImage["windows"]>;

/** Of an OpenEXR plate, from its first bytes. Whatever else the plate is, or is wrong with it: none. */
function windowsOf(platePath: string): Windows | null {
  try {
    return withFile(platePath, (source) => {
      if (!isExr(source.take(0, Math.min(4, source.bytes)))) return null;
      const { data, display } = parseExrHeader(source);
      return { data, display };
    });
  } catch {
    // The checks that need the plate's pixels tell what is wrong with it.
    return null;
  }
}

function sameSize(a: PixelBox, b: PixelBox | undefined): boolean {
  return b !== undefined && a[2] === b[2] && a[3] === b[3];
}

/** Rectangles count from the corner of what is shown; samples from that of the data window. */
function inData([x, y, width, height]: PixelBox, { data, display }: Windows): PixelBox {
  return [x + display[0] - data[0], y + display[1] - data[1], width, height];
}

async function openResult({ tools, room }: Means, path: string, bytes: number): Promise<Opened> {
  const broken = (message: string): Opened => ({
    loaded: { kind: "broken", message },
    header: headerFactsAt(path),
  });
  let read: ReadBytes;
  try {
    read = room(path);
  } catch (error) {
    if (error instanceof HotplateError) return { loaded: notLoaded(error), header: headerFactsAt(path) };
    if (systemCode(error) === null) return broken(messageOf(error));
    throw error;
  }
  using file = read;
  return file.bytes.length === bytes
    ? await openBy(tools, file.bytes)
    : broken(`the file has ${file.bytes.length} bytes; ${bytes} were staged`);
}

/** Holds nothing of the bytes afterwards: decoded samples are in memory of their own. */
async function openBy(tools: FrameTools, data: Uint8Array): Promise<Opened> {
  const header = headerFactsIn(data);
  return { loaded: await loadBy(tools, data), header };
}

/** By the built-in readers and sharp, or by a tool of this machine; which of them it was stands in `reader`. */
async function loadBy(tools: FrameTools, data: Uint8Array): Promise<Loaded> {
  try {
    const { bytes, by } = await tools.readable(data);
    const loaded = await loadFrame(bytes);
    // A mask may be alpha alone; of a result or plate nothing else may be taken for its colours.
    if (loaded.kind === "frame" && isExr(bytes) && coloursOf(loaded.image.channelNames) === null)
      return notLoaded(noColours(loaded.image.channelNames));
    return by === null || loaded.kind !== "frame" ? loaded : { kind: "frame", image: { ...loaded.image, reader: by } };
  } catch (error) {
    if (!(error instanceof HotplateError)) throw error;
    return notLoaded(error);
  }
}
