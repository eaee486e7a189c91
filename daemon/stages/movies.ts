/**
 * Proxies of a version's frames: a movie per wedge, for people in the review folder, and inside the version where the manifest
 * asks for it. Made in scratch on a local disk and put in place whole. A node without ffmpeg publishes all the same; that
 * there is no movie is said in QC's report and in STATUS.txt.
 */
import type { Shown } from "../domain/colorWay.ts";
import { shownAs } from "../domain/colorWay.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { FrameRate } from "../domain/movie.ts";
import { isSequence, movieArguments, moviePictureName } from "../domain/movie.ts";
import { moviePath } from "../domain/naming.ts";
import { baseName, joinPath, parentDir } from "../domain/paths.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { CommitEntry } from "../domain/version.ts";
import type { VersionFile } from "../domain/versionFacts.ts";
import { exists, ignore, makeDirs } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { isSimulated } from "./machineRecord.ts";
import { scratchDir } from "./scratch.ts";
import { embedOf } from "./finishResult.ts";

export interface MovieOrder {
  /** In order; null: a frame that is not there. The one before it is shown, so that times stay true. */
  readonly frames: readonly (string | null)[];
  readonly wedge: number;
  readonly show: string;
  /** By a simulated ComfyUI: the movie says so as its frames do. */
  readonly simulated: boolean;
  /** Created (EEXIST). Not durable. */
  readonly to: string;
}

/** No ffmpeg, or one that can't do this: HP-FFMPEG. */
export async function makeMovie(context: StageContext, step: StepRow, order: MovieOrder): Promise<void> {
  const { world, files } = context;
  const dir = joinPath(scratchDir(world.config.stateDir), `movie-${world.ids.uuid()}`);
  await files.mkdir(dir);
  try {
    await makePictures(context, dir, { frames: order.frames, shown: shownAs(step.plan, undefined) });
    const pointer = embedOf(context, { plan: step.plan, step, ...order }, await world.store.storeId());
    const embed = order.simulated ? { ...pointer, simulated: true as const } : pointer;
    const movie = joinPath(dir, "movie.mp4");
    const rate = await rateOf(context, step.plan);
    await ffmpeg(context, movieArguments(dir, { rate, comment: embed.assetRef, to: movie }));
    await world.images.dressMovie({ from: movie, to: order.to, embed });
  } finally {
    await files.removeTree(dir);
  }
}

async function makePictures(
  context: StageContext,
  dir: string,
  { frames, shown: how }: Pick<MovieOrder, "frames"> & { readonly shown: Shown | null },
): Promise<void> {
  let shown = frames.find((frame) => frame !== null) ?? null;
  if (shown === null) throw new HotplateError("HP-INTERNAL", "a movie without frames");
  let last: string | null = null;
  for (const [index, frame] of frames.entries()) {
    const to = joinPath(dir, moviePictureName(index + 1));
    if (last !== null && (frame === null || frame === shown)) await context.files.link(last, to);
    else {
      shown = frame ?? shown;
      await context.world.images.thumbnail(shown, to, LIMITS.movieSidePx, how);
    }
    last = to;
  }
}

/** What the manifest says, else what the plate's own header says, else the node's default. */
async function rateOf(context: StageContext, plan: StepPlan): Promise<FrameRate> {
  if (plan.output.rate !== undefined && plan.output.rate !== null) return plan.output.rate;
  const first = plan.plate?.frames[0];
  const header = first === undefined ? null : await context.world.images.header(first.path).catch(() => null);
  return header?.framesPerSecond ?? { numerator: context.world.config.proxies.fps, denominator: 1 };
}

async function ffmpeg(context: StageContext, args: readonly string[]): Promise<void> {
  const answer = await context.world.exec.run("ffmpeg", args, { timeoutMs: LIMITS.movieMs }).catch(absent);
  if (answer.exitCode === 0) return;
  const said = answer.timedOut ? `it took longer than ${LIMITS.movieMs / 1000} s` : answer.stderr.trim().slice(0, 400);
  throw new HotplateError("HP-FFMPEG", `ffmpeg made no movie: ${said || `exit code ${answer.exitCode}`}`);
}

function absent(error: unknown): never {
  const code = systemCode(error);
  if (code === "ENOENT" || code === "EACCES")
    throw new HotplateError("HP-FFMPEG", "No movie proxy: this node has no ffmpeg (Debian: ffmpeg).");
  throw error;
}

/** Asked before a version is published, so that its papers say what will be missing. null: movies can be made, or none is due. */
export async function movieLack(context: StageContext, plan: StepPlan): Promise<string | null> {
  if (!isSequence(plan.frames)) return null;
  try {
    const answer = await context.world.exec
      .run("ffmpeg", ["-version"], { timeoutMs: LIMITS.movieProbeMs })
      .catch(absent);
    return answer.exitCode === 0 ? null : "No movie proxy: this node's ffmpeg does not run.";
  } catch (error) {
    return messageOf(error);
  }
}

/** For STATUS.txt; of the last versions only, for a node may lack its ffmpeg for months. */
export function noteLack({ live }: StageContext, step: StepRow, lack: string | null): void {
  live.lacks.delete(step.id);
  if (lack !== null) live.lacks.set(step.id, lack);
  for (const oldest of live.lacks.keys()) if (live.lacks.size > LIMITS.finishedKeptMax) live.lacks.delete(oldest);
}

/** `proxy/` of a version whose manifest asks for it: a movie per wedge, or a small picture per frame. */
export async function placeProxies(
  context: StageContext,
  step: StepRow,
  of: {
    readonly show: string;
    readonly tree: string;
    readonly placed: readonly VersionFile[];
    readonly tasks: readonly Pick<TaskRow, "staged">[];
    readonly lack: string | null;
  },
): Promise<readonly CommitEntry[]> {
  const { plan } = step;
  const { proxy } = plan.output;
  if (proxy === undefined || proxy === null || of.placed.length === 0) return [];
  const { files, world } = context;
  const out: CommitEntry[] = [];
  await makeDirs(files, of.tree, joinPath(of.tree, PROXY_DIR));
  const place = async (name: string, make: (to: string) => Promise<void>): Promise<void> => {
    const path = `${PROXY_DIR}/${baseName(name).replace(/\.[^.]+$/, `.${proxy}`)}`;
    const to = joinPath(of.tree, path);
    await make(to);
    await files.sync(to);
    out.push({ path, ...(await files.hash(to)) });
  };
  const shown = shownAs(plan, undefined);
  if (proxy === "jpg") {
    for (const { path } of of.placed)
      await place(path, (to) => world.images.thumbnail(joinPath(of.tree, path), to, LIMITS.movieSidePx, shown));
    return out;
  }
  if (of.lack !== null || !isSequence(plan.frames)) return [];
  for (const { index } of plan.wedges) {
    const own = of.placed.filter(({ wedge }) => wedge === index);
    const [first] = own;
    if (first === undefined) continue;
    const frames = plan.frames.map((frame) => own.find((file) => file.frame === frame)?.path ?? null);
    const paths = frames.map((path) => (path === null ? null : joinPath(of.tree, path)));
    const name = first.path.replace(/\.-?\d+(\.[^.]+)$/, "$1");
    const { show, tasks } = of;
    const simulated = isSimulated(tasks);
    await place(name, (to) => makeMovie(context, step, { frames: paths, wedge: index, show, simulated, to }));
  }
  return out;
}
const PROXY_DIR = "proxy";

export interface WantedMovies extends Pick<MovieOrder, "show" | "simulated"> {
  /** By wedge. */
  readonly frames: ReadonlyMap<number, MovieOrder["frames"]>;
}

export interface Movies {
  /** The version is published: its movies are made for the review folder, one wedge at a time, behind all other work. */
  want(step: StepRow, of: WantedMovies): void;
  tick(): void;
}

export function createMovies(context: StageContext): Movies {
  const wanted: (Omit<MovieOrder, "to"> & { readonly step: StepRow })[] = [];
  return {
    want(step, { show, simulated, frames }) {
      if (context.live.lacks.has(step.id) || !isSequence(step.plan.frames)) return;
      for (const [wedge, paths] of frames)
        if (paths.some((path) => path !== null) && wanted.length < LIMITS.moviesWaitingMax)
          wanted.push({ step, show, simulated, wedge, frames: paths });
    },
    tick() {
      const next = wanted[0];
      if (next === undefined || !context.work.free(LANE)) return;
      wanted.shift();
      const { step, wedge } = next;
      context.work.start<string | null>({
        key: `movie:${step.id}:${wedge}`,
        lane: LANE,
        run: () => reviewMovie(context, step, next),
        done: (outcome) => {
          if (outcome.ok) {
            if (outcome.value !== null)
              context.world.log.event("info", "movie.made", { path: outcome.value, job: step.jobId });
            return;
          }
          // It is for looking at, and the frames are there: said once, never tried for ever.
          context.world.log.event("warn", "work.failed", {
            work: "movie",
            job: step.jobId,
            error: messageOf(outcome.error),
          });
        },
      });
    },
  };
}

const LANE = "movie";

/** Its path; null: somebody has put one there. */
async function reviewMovie(context: StageContext, step: StepRow, of: Omit<MovieOrder, "to">): Promise<string | null> {
  const { files, world } = context;
  const target = moviePath(step.plan.target, { version: step.version ?? 0, wedge: of.wedge });
  if (await exists(files, target)) return null;
  const temporary = joinPath(parentDir(target), `.hotplate-tmp.${world.ids.uuid()}.mp4`);
  try {
    await makeMovie(context, step, { ...of, to: temporary });
    await files.rename(temporary, target);
    return target;
  } finally {
    await files.unlink(temporary).catch(ignore("ENOENT"));
  }
}
