/**
 * The work of the proof as numbered jobs, each a scene by its own seed: the same number gives the same pictures on every machine and in
 * every process. Clean jobs hold one legitimate edit; defect jobs put every defect at every strength into one scene.
 */
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import { maskFacts } from "../../../daemon/domain/maskFacts.ts";
import type { QcRequest } from "../../../daemon/domain/plan.ts";
import type { Inspection, Verdict } from "../../../daemon/domain/qc.ts";
import type { FrameFacts } from "../../../daemon/domain/qcInput.ts";
import { inspectFrame } from "../../../daemon/domain/qcRun.ts";
import type { LoadedChecks } from "../../../daemon/adapters/plugins.ts";
import type { Case, Holds, Scene } from "./cases.ts";
import { caseOf, groundOf, makeCase, sceneOn } from "./cases.ts";
import { DEFECTS } from "./defects.ts";
import type { Edit } from "./edits.ts";
import type { FreshEdit } from "./freshEdits.ts";
import { FITTING, freshEdit } from "./freshEdits.ts";
import { freshMask } from "./freshMasks.ts";
import type { FreshKind } from "./freshSources.ts";
import { FRESH_KINDS, freshGrain, freshSource } from "./freshSources.ts";
import type { Photo } from "./photos.ts";
import { photoPiece } from "./photos.ts";
import type { Kind, Size } from "./sources.ts";
import { HEIGHT, KINDS, LATER_KINDS, source, WIDTH } from "./sources.ts";
import type { UnseenEdit } from "./unseenEdits.ts";
import { keepsContent, ORDERS, unseenEdit } from "./unseenEdits.ts";
import { unseenMask } from "./unseenMasks.ts";
import type { UnseenKind } from "./unseenSources.ts";
import { UNSEEN_KINDS, unseenGrain, unseenSource } from "./unseenSources.ts";

export interface Job {
  readonly kind: "clean" | "defects";
  /**
   * fresh: plates and edits that were held out once, until their results were known. unseen: those on which no check was run before the
   * limits stood. large: procedural plates of a size at which checks look at a part of the pixels.
   */
  readonly from: "procedural" | "photos" | "fresh" | "unseen" | "large";
  readonly number: number;
  /** Of the corpus: 0 is the published one, every other number another. */
  readonly seed: number;
}

/** What the checks said of one result. */
export interface Seen {
  readonly scene: string;
  readonly seed: number;
  readonly heldOut: boolean;
  readonly large: boolean;
  readonly edit: string;
  readonly holds: Holds;
  /** true: the same picture once more, held otherwise, for the structural checks only. */
  readonly again: boolean;
  /** null: clean. */
  readonly defect: { readonly name: string; readonly strength: number } | null;
  /** Of the checks that gave one. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** The measure that the check judges by, or the first. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Bench {
  readonly loaded: LoadedChecks;
  readonly photos: readonly Photo[];
}

/** Of clean jobs: every second one an edit as the prototype had it; a tenth has no mask. */
const EDIT_ORDER: readonly Edit[] = [
  "recolour",
  "relight",
  "recolour",
  "replace",
  "recolour",
  "frame",
  "recolour",
  "cleanup",
  "recolour",
  "relight",
];
const HOLDS_ORDER: readonly Holds[] = ["codes", "codes", "codes", "codes and alpha", "codes", "codes", "light"];

const USUAL: Size = { width: WIDTH, height: HEIGHT };
const LARGE: Size = { width: 3072, height: 2048 };
const PROCEDURAL: readonly Kind[] = [...KINDS, ...LATER_KINDS];

export function sceneOf(job: Job, photos: readonly Photo[]): Scene {
  if (job.from === "fresh") return freshScene(job);
  if (job.from === "unseen") return unseenScene(job);
  const { number } = job;
  const sources: readonly (Kind | Photo)[] = job.from === "photos" ? photos : PROCEDURAL;
  const from = sources[number % sources.length] as Kind | Photo;
  const at = number + Math.floor(number / sources.length);
  const edit = job.kind === "clean" ? EDIT_ORDER[at % EDIT_ORDER.length] : at % 2 === 0 ? "recolour" : "relight";
  // Seeds of defect scenes are others than those of the clean ones.
  const seed = (job.kind === "clean" ? 1 : 500_001) + number + job.seed * 1_000_003;
  const plate =
    typeof from === "string"
      ? { name: from, heldOut: false, colour: true, bare: source(from, seed, job.from === "large" ? LARGE : USUAL) }
      : { ...from, bare: photoPiece(from, seed) };
  return sceneOn(groundOf(plate, seed, edit as Edit), seed);
}

/** Edits that leave the plate's content where it is: what defects are put into, as with the known kinds. */
const KEEPING: readonly FreshEdit[] = ["dusk", "fog", "grade", "touchup"];

function freshScene({ kind, number, seed: corpus }: Job): Scene {
  const name = FRESH_KINDS[number % FRESH_KINDS.length] as FreshKind;
  const fitting = FITTING[name].filter((edit) => kind === "clean" || KEEPING.includes(edit));
  const how = fitting[Math.floor(number / FRESH_KINDS.length) % fitting.length] as FreshEdit;
  const seed = (kind === "clean" ? 1_001 : 501_001) + number + corpus * 1_000_003;
  const bare = freshSource(name, seed);
  const mask = (from: number): Float32Array | null => freshMask(bare, from, how);
  const weights = kind === "clean" ? mask(seed) : someMask(mask, seed);
  const ground = { name, heldOut: false, colour: true, how, before: bare, edit: freshEdit(bare, how, seed) };
  return sceneOn({ ...ground, weights, grain: freshGrain(seed) }, seed);
}

function unseenScene({ kind, number, seed: corpus }: Job): Scene {
  const name = UNSEEN_KINDS[number % UNSEEN_KINDS.length] as UnseenKind;
  const fitting = ORDERS[name].filter((edit) => kind === "clean" || keepsContent(edit));
  const how = fitting[Math.floor(number / UNSEEN_KINDS.length) % fitting.length] as UnseenEdit;
  const seed = (kind === "clean" ? 2_001 : 502_001) + number + corpus * 1_000_003;
  const bare = unseenSource(name, seed);
  const { before, edit } = unseenEdit(bare, how, seed);
  const mask = (from: number): Float32Array | null => unseenMask(before, from, how);
  const weights = kind === "clean" ? mask(seed) : someMask(mask, seed);
  return sceneOn({ name, heldOut: true, colour: true, how, before, edit, weights, grain: unseenGrain(seed) }, seed);
}

/** Some defects lie outside a mask: one is needed. */
function someMask(maskOfSeed: (seed: number) => Float32Array | null, seed: number): Float32Array {
  for (let other = seed; ; other += 1) {
    const weights = maskOfSeed(other);
    if (weights !== null) return weights;
  }
}

/** One answer at a time: who runs it may stop in between. */
export function* runJob(job: Job, bench: Bench): Generator<Seen, void, void> {
  const scene = sceneOf(job, bench.photos);
  if (job.kind === "clean") {
    const own = HOLDS_ORDER[(job.number + Math.floor(job.number / 7)) % HOLDS_ORDER.length] as Holds;
    yield seenOf(scene, makeCase(scene, null, own), { bench, holds: own, defect: null });
    if (job.from === "large") return;
    // Once more for the structural checks alone, as floats with alpha; what has them already, as codes.
    const holds = own === "light" ? "codes" : "light";
    yield seenOf(scene, makeCase(scene, null, holds), { bench, holds, defect: null, again: true });
    return;
  }
  for (const kind of DEFECTS) {
    if (kind.colour === true && !scene.colour) continue;
    const holds = kind.holds ?? "codes";
    // Of large frames what is stated, of the checks that look at a part of their pixels: all would take hours.
    const which = job.from === "large" ? (SAMPLING.has(kind.check) ? [kind.must] : []) : kind.strengths.keys();
    for (const strength of which) {
      const one = caseOf(scene, kind.strengths[strength]?.defect ?? null, holds);
      if (one === null) continue;
      yield seenOf(scene, one, { bench, holds, defect: { name: kind.name, strength } });
    }
  }
}

export function seenOf(
  scene: Scene,
  one: Case,
  of: { readonly bench: Bench; readonly holds: Holds; readonly defect: Seen["defect"]; readonly again?: boolean },
): Seen {
  const { holds, defect, again = false } = of;
  const { checks } = of.bench.loaded;
  const all = requestsOf(scene, of.bench.loaded);
  const requests = again ? all.filter(({ check }) => STRUCTURAL.has(check)) : all;
  const { name, seed, heldOut, how } = scene;
  const large = scene.plate.width === LARGE.width;
  const seen = numbers(inspectFrame(checks, requests, factsOf(one)));
  return { scene: name, seed, heldOut, large, edit: how, holds, again, defect, ...seen };
}

function numbers({ findings }: Inspection): Pick<Seen, "verdicts" | "values"> {
  const verdicts = Object.fromEntries(findings.map((finding) => [finding.check, finding.verdict]));
  const values = Object.fromEntries(
    findings.flatMap(({ check, measures }) => {
      const judged = measures.find((measure) => measure.must !== undefined && measure.limit !== null) ?? measures[0];
      return judged === undefined ? [] : [[check, judged.value]];
    }),
  );
  return { verdicts, values };
}

/** Every check of single frames that this corpus knows a defect for, with the limits of a shipped profile. */
function requestsOf(scene: Scene, { book }: LoadedChecks): readonly QcRequest[] {
  const name = scene.weights === null ? "relight" : "delivery";
  const profile = book.profiles.find((each) => each.name === name);
  if (profile === undefined) throw new Error(`there is no profile ${name}`);
  return CHECKS.flatMap((check) => {
    if (!Object.hasOwn(profile.checks, check)) return [];
    // Profiles also hold words (severity): only limits are numbers.
    const limits = Object.entries(profile.checks[check] ?? {}).filter(
      (each): each is [string, number] => typeof each[1] === "number",
    );
    return [{ check, limits: Object.fromEntries(limits) }];
  });
}

export const CHECKS: readonly string[] = [...new Set(DEFECTS.map((kind) => kind.check))];
export const STRUCTURAL: ReadonlySet<string> = new Set(
  DEFECTS.filter((kind) => kind.structural).map((kind) => kind.check),
);
/** Look at every n-th row, window or block of a large frame. */
export const SAMPLING: ReadonlySet<string> = new Set([
  "image.seam",
  "image.banding",
  "image.soft",
  "image.grain",
  "image.clip",
  "image.channels",
  "plate.structure",
]);

export function factsOf({ plate, result, mask }: Case): FrameFacts {
  const { width, height } = plate;
  return {
    result,
    resultFile: { path: "result.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plate,
    plateProblem: null,
    mask: mask === null ? null : maskOf(mask),
    maskProblem: null,
    composited: mask !== null,
    expected: { width, height, bitDepth: 16, ignore: [] },
  };
}

function maskOf(mask: MaskPicture): FrameFacts["mask"] {
  return maskFacts(mask, { width: mask.width, height: mask.height, ignore: [] });
}
