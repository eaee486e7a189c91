/**
 * Does one image job inside a worker. Headers load no decoder: sharp and the checks are imported when the first job needs
 * them, so that a worker that only reads headers starts in milliseconds and stays small.
 */
import { askedNow } from "../../domain/notLoaded.ts";
import type { SetRequest } from "../../domain/qcRequest.ts";
import type { Exec, ImageHeader } from "../../ports.ts";
import { NO_MODELS } from "../../domain/qcModels.ts";
import type { Inference } from "../inference/inference.ts";
import type { LoadedChecks, LoadWatch } from "../plugins.ts";
import type { Programs } from "../programs/programs.ts";
import { readWhole, withFile } from "./byteSource.ts";
import { colorHints } from "./colorHints.ts";
import { exrRate } from "./exrAttributes.ts";
import { publicHeader, readHead } from "./head.ts";
import type { FrameTools } from "./frameTools.ts";
import type { Finish } from "./finish.ts";
import type { ImageJob, ImageJobKind, ImageResults, WorkerSetUp } from "./imageJobs.ts";
import type { Plates } from "./plates.ts";
import type { Inspector } from "./inspectFile.ts";
import { writeNew } from "./writeNew.ts";

export type Perform = (job: ImageJob) => Promise<ImageResults[ImageJobKind]>;

interface Loaded extends Omit<LoadedChecks, "programs"> {
  readonly programs: Omit<Programs, "close">;
  readonly inspector: Inspector;
}

/** `loads` tells whoever can end this process which file it is about to load; `speaks` whose words it prints. */
export function createPerformer(setUp: WorkerSetUp, outside: Omit<LoadWatch, "leftOut">): Perform {
  const watch: LoadWatch = { leftOut: new Map(setUp.leftOut), ...outside };
  let checks: Promise<Loaded> | null = null;
  let decoder: Promise<void> | null = null;
  let tools: Promise<FrameTools> | null = null;
  let plates: Promise<Plates> | null = null;
  let finisher: Promise<Finish> | null = null;

  const withTools = () => (tools ??= toolsOf(setUp));
  const loaded = () => (checks ??= load(setUp, watch, withTools));
  const withDecoder = () => (decoder ??= import("./loadFrame.ts").then(({ setUpSharp }) => setUpSharp()));

  const withPlates = () =>
    (plates ??= import("./plates.ts").then(async ({ createPlates }) => createPlates(await withTools())));

  return async (job) => {
    switch (job.kind) {
      case "header":
        return headerOf(job.path, withTools);
      case "dressMovie":
        return dressMovie(job);
      case "checks":
        return (await loaded()).book;
      case "testPlugin":
        return (await import("../pluginKit/testPlugin.ts")).testPlugin(job.file, watch);
      case "lackingTraces":
      case "inspectSequence":
      case "inspectSet":
        return judge(ofNow(job, await loaded()), await loaded());
      case "finish":
        await withDecoder();
        finisher ??= Promise.all([import("./finish.ts"), withPlates()]).then(([{ createFinish }, kept]) =>
          createFinish(kept),
        );
        return (await finisher)(job.request);
      case "compare":
        await withDecoder();
        return (await import("./compareFrames.ts")).compareFrames(job.request);
      case "feed":
        await withDecoder();
        return (await import("./feed.ts")).feed(await withPlates(), job);
      case "inspect":
      case "trace":
      case "blend":
      case "thumbnail":
      case "sheet":
        await withDecoder();
        return performPixels(job, loaded, await withTools());
    }
  };
}

async function dressMovie(job: ImageJob & { readonly kind: "dressMovie" }): Promise<null> {
  const [{ withMovieXmp }, { xmpPacket }] = await Promise.all([
    import("./movieXmp.ts"),
    import("../../domain/xmpPacket.ts"),
  ]);
  writeNew(job.to, withMovieXmp(readWhole(job.from), xmpPacket(job.embed)));
  return null;
}

function ofNow<T extends { readonly request: Pick<SetRequest, "checks"> }>(job: T, { book }: Loaded): T {
  return { ...job, request: { ...job.request, checks: askedNow(job.request.checks, book) } };
}

type OverFrames = "lackingTraces" | "inspectSequence" | "inspectSet";

async function judge(job: ImageJob & { readonly kind: OverFrames }, loaded: Loaded): Promise<ImageResults[OverFrames]> {
  const { lackingTraces, judgeFrames, judgeWedges } = await import("./judgeSeries.ts");
  if (job.kind === "lackingTraces") return lackingTraces(loaded.checks, job.scope, job.request);
  return job.kind === "inspectSet" ? judgeWedges(loaded, job.request) : judgeFrames(loaded, job.request);
}

/** Checks, and what asks programs and models, each loaded only where there is one. */
async function load(setUp: WorkerSetUp, watch: LoadWatch, withTools: () => Promise<FrameTools>): Promise<Loaded> {
  const [{ loadChecks }, { createInspector }] = await Promise.all([
    import("../plugins.ts"),
    import("./inspectFile.ts"),
  ]);
  const loaded = await loadChecks(setUp.checkFolders, setUp.models, watch);
  const programs =
    loaded.programs.length === 0
      ? NO_PROGRAMS
      : (await import("../programs/programs.ts")).createPrograms({
          programs: loaded.programs,
          exec: EXEC,
          scratchDir: setUp.scratchDir,
        });
  const models = setUp.models ?? NO_MODELS;
  const inference =
    Object.keys(models.checks).length === 0
      ? NO_PROGRAMS
      : (await import("../inference/inference.ts")).createInference(models);
  return {
    ...loaded,
    programs,
    inspector: createInspector({ checks: loaded.checks, programs, inference, tools: await withTools() }),
  };
}

async function headerOf(path: string, tools: () => Promise<FrameTools>): Promise<ImageHeader> {
  const { head, ...said } = withFile(path, (source) => {
    const read = readHead(source);
    return { head: read, color: colorHints(source, read), framesPerSecond: exrRate(source, read) };
  });
  if (head.beyond !== undefined) (await tools()).demand(head);
  return { ...publicHeader(head), ...said };
}

/** Where no check is a program, or looks through a model. */
const NO_PROGRAMS: Omit<Programs, "close"> & Inference = {
  answered: async ({ checks }) => checks,
  answeredWhole: async ({ checks }) => checks,
};

/** What runs programs is loaded with the first program. */
const EXEC: Exec = { run: async (...of) => (await import("../exec.ts")).createExec().run(...of) };

/** Tools are looked for and started only where a file needs one. */
async function toolsOf({ scratchDir }: WorkerSetUp): Promise<FrameTools> {
  const { createFrameTools } = await import("./frameTools.ts");
  return createFrameTools({
    exec: EXEC,
    scratchDir: scratchDir ?? "",
    path: scratchDir === null ? "" : process.env["PATH"],
  });
}

async function performPixels(
  job: Exclude<
    ImageJob,
    {
      readonly kind: "header" | "checks" | "testPlugin" | "dressMovie" | "finish" | "compare" | "feed" | OverFrames;
    }
  >,
  loaded: () => Promise<Loaded>,
  tools: FrameTools,
): Promise<ImageResults[ImageJobKind]> {
  switch (job.kind) {
    case "inspect":
      return (await loaded()).inspector.inspect(ofNow(job, await loaded()).request);
    case "trace":
      await (await loaded()).inspector.trace(ofNow(job, await loaded()).request);
      return null;
    case "blend":
      await (await import("./blend.ts")).blend(job.request);
      return null;
    case "thumbnail":
      await (await import("./thumbnail.ts")).thumbnail(tools, job);
      return null;
    case "sheet":
      await (await import("./sheet.ts")).sheet(tools, job.request, job.to);
      return null;
  }
}
