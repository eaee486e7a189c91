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
import { makeCase, makeScene } from "./cases.ts";
import { DEFECTS } from "./defects.ts";
import type { Edit } from "./edits.ts";
import type { Photo } from "./photos.ts";
import type { Kind } from "./sources.ts";
import { HELD_OUT, KINDS } from "./sources.ts";

export interface Job {
  readonly kind: "clean" | "defects";
  readonly from: "procedural" | "photos";
  readonly number: number;
}

/** What the checks said of one result. */
export interface Seen {
  readonly scene: string;
  readonly seed: number;
  readonly heldOut: boolean;
  readonly edit: Edit;
  readonly holds: Holds;
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

export function sceneOf(job: Job, photos: readonly Photo[]): Scene {
  const sources: readonly (Kind | Photo)[] = job.from === "photos" ? photos : [...KINDS, ...HELD_OUT];
  const source = sources[job.number % sources.length] as Kind | Photo;
  const round = Math.floor(job.number / sources.length);
  const at = job.number + round;
  const edit = job.kind === "clean" ? EDIT_ORDER[at % EDIT_ORDER.length] : at % 2 === 0 ? "recolour" : "relight";
  // Seeds of defect scenes are others than those of the clean ones.
  return makeScene(source, (job.kind === "clean" ? 1 : 500_001) + job.number, edit as Edit);
}

export function runJob(job: Job, bench: Bench): readonly Seen[] {
  const scene = sceneOf(job, bench.photos);
  if (job.kind === "clean") {
    const holds = HOLDS_ORDER[(job.number + Math.floor(job.number / 7)) % HOLDS_ORDER.length] as Holds;
    return [seenOf(scene, makeCase(scene, null, holds), { bench, holds, defect: null })];
  }
  return DEFECTS.flatMap((kind) => {
    if (kind.colour === true && !scene.colour) return [];
    const holds = kind.holds ?? "codes";
    return kind.strengths.map(({ defect }, strength) =>
      seenOf(scene, makeCase(scene, defect, holds), { bench, holds, defect: { name: kind.name, strength } }),
    );
  });
}

export function seenOf(
  scene: Scene,
  one: Case,
  of: { readonly bench: Bench; readonly holds: Holds; readonly defect: Seen["defect"] },
): Seen {
  const { holds, defect } = of;
  const inspection = inspectFrame(of.bench.loaded.checks, requestsOf(scene, of.bench.loaded), factsOf(one));
  return {
    scene: scene.name,
    seed: scene.seed,
    heldOut: scene.heldOut,
    edit: scene.how,
    holds,
    defect,
    ...numbers(inspection),
  };
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
  const name = scene.how === "frame" ? "relight" : "delivery";
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
