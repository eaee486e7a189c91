/**
 * Sequences of names, of the proof over files: frames of a plan, and names in a folder as `hotplate qc run` finds them, among other files.
 * What is missing at a folder's beginning or end nobody can know: there it is a plan, or a written range, that knows.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFiles } from "../../../daemon/adapters/files.ts";
import { findPictures } from "../../../daemon/findPictures.ts";
import type { FileWorld } from "./fileCases.ts";
import type { Verdicts } from "./fileLook.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import { verdictsOf } from "./seriesLook.ts";

const CHECKS = ["frames.complete"] as const;

export interface Frames {
  readonly wanted: readonly (number | null)[];
  readonly present: readonly (number | null)[];
}

function plan(random: Chance): readonly (number | null)[] {
  if (random.next() < 0.1) return [null];
  const [first, count, step] = [
    Math.floor(random.between(-8, 20_000)),
    Math.floor(random.between(1, 240)),
    random.pick([1, 1, 1, 2, 4, 10]),
  ];
  const range = Array.from({ length: count }, (_, i) => first + i * step);
  // A partial job: single frames and pieces.
  return random.next() < 0.2 ? range.filter((_, i) => i % 7 < 3 || i === 0) : range;
}

export function rightPlan(seed: number): Frames {
  const wanted = plan(chance(seed));
  return { wanted, present: [...wanted] };
}

type Spoil = (frames: readonly number[], random: Chance) => readonly number[];

const longPlan = (random: Chance): readonly number[] => {
  const first = Math.floor(random.between(1, 9_000));
  return Array.from({ length: Math.floor(random.between(12, 240)) }, (_, i) => first + i);
};

const at = (frames: readonly number[], random: Chance): number => 1 + Math.floor(random.next() * (frames.length - 2));
const without = (frames: readonly number[], gone: number): readonly number[] => frames.filter((_, i) => i !== gone);

export const PLAN_SPOILS: Readonly<Record<string, Spoil>> = {
  "the first is missing": (frames) => without(frames, 0),
  "one in between is missing": (frames, random) => without(frames, at(frames, random)),
  "the last is missing": (frames) => frames.slice(0, -1),
  "all but one are missing": (frames) => frames.slice(0, 1),
  "all are missing": () => [],
  "one too many": (frames) => [...frames, (frames.at(-1) ?? 0) + 1],
  "another for one": (frames, random) => [...without(frames, at(frames, random)), (frames.at(-1) ?? 0) + 7],
};

export function spoiltPlan(seed: number, spoil: Spoil): Frames {
  const random = chance(seed);
  const wanted = longPlan(random);
  return { wanted, present: spoil(wanted, random) };
}

export async function lookAtFrames({ images }: FileWorld, { wanted, present }: Frames): Promise<Verdicts> {
  const checks = CHECKS.map((check) => ({ check, limits: {} }));
  const { findings } = await images.inspectSequence({ checks, wanted, present, series: [] });
  return verdictsOf(findings, CHECKS);
}

interface Named {
  readonly base: string;
  readonly extension: string;
  readonly padding: number;
  readonly frames: readonly number[];
}

function named(random: Chance, step: number): Named {
  const first = random.pick([1, 86, 997, 1_001, 9_990]);
  return {
    base: random.pick(["env_v007.", "SH010_beauty_", "x-", "sky.replace.v2.", "a1001_"]),
    extension: random.pick(["exr", "png", "dpx", "tif", "jpg"]),
    padding: random.pick([4, 5, 7]),
    frames: Array.from({ length: Math.floor(random.between(12, 60)) }, (_, i) => first + i * step),
  };
}

const nameOf = ({ base, extension, padding }: Named, frame: number): string =>
  `${base}${String(frame).padStart(padding, "0")}.${extension}`;

/** Beside them: notes, hidden files, a still, and a sequence of its own. */
const BESIDE = [
  "notes.txt",
  ".DS_Store",
  "Thumbs.db",
  "still.png",
  "ref.0001.jpg",
  "ref.0002.jpg",
  "ref.0003.jpg",
] as const;

export interface NamedSpoil {
  readonly frames: Spoil;
  /** Further names, or others than the frames say. */
  readonly names?: (of: Named, frames: readonly number[], random: Chance) => readonly string[];
  /** Written on the command line, as `x.[1001-1010].exr`; else the folder is named. */
  readonly range?: true;
}

export const NAME_SPOILS: Readonly<Record<string, NamedSpoil>> = {
  "a hole of one": { frames: (frames, random) => without(frames, at(frames, random)) },
  "a hole of five": { frames: (frames) => frames.filter((_, i) => i < 3 || i > 7) },
  "one written with another padding": {
    frames: (frames, random) => without(frames, at(frames, random)),
    names: (of, frames) => [nameOf({ ...of, padding: of.padding + 1 }, frames[2] as number)],
  },
  "one of another extension": {
    frames: (frames, random) => without(frames, at(frames, random)),
    names: (of, frames) => [nameOf({ ...of, extension: of.extension === "png" ? "exr" : "png" }, frames[2] as number)],
  },
  "one called otherwise": {
    frames: (frames, random) => without(frames, at(frames, random)),
    names: (of, frames) => [nameOf({ ...of, base: `${of.base}copy.` }, frames[2] as number)],
  },
  "the first of a written range": { frames: (frames) => frames.slice(1), range: true },
  "the last of a written range": { frames: (frames) => frames.slice(0, -1), range: true },
};

/** `spoil` null: nothing is. The verdict on the sequence that is meant; null where it is taken for none. */
export async function lookAtNames(
  world: FileWorld,
  seed: number,
  of: { readonly spoil: NamedSpoil | null; readonly number: number },
): Promise<Verdicts> {
  const random = chance(seed);
  const { spoil } = of;
  // A written range names every number from its first to its last.
  const name = named(random, spoil?.range === true ? 1 : random.pick([1, 1, 2]));
  const frames = spoil === null ? name.frames : spoil.frames(name.frames, random);
  const dir = join(world.dir, `names.${of.number}`);
  mkdirSync(dir);
  try {
    const more = spoil?.names?.(name, name.frames, random) ?? [];
    const names = new Set([...frames.map((frame) => nameOf(name, frame)), ...more, ...BESIDE]);
    for (const each of names) writeFileSync(join(dir, each), "");
    const first = name.frames[0] as number;
    const written = `${name.base}[${padded(name, first)}-${padded(name, name.frames.at(-1) as number)}].${name.extension}`;
    const found = await findPictures(createFiles(), [spoil?.range === true ? join(dir, written) : dir]);
    // One that is written otherwise may part the sequence in two: what is said of either counts.
    const groups = found.groups.filter((each) => each.name.startsWith(name.base) && each.isSequence);
    const said: Verdicts[] = [];
    for (const group of groups)
      said.push(await lookAtFrames(world, { wanted: group.wanted, present: group.frames.map(({ frame }) => frame) }));
    return said.find((each) => each["frames.complete"] !== "pass") ?? said[0] ?? { "frames.complete": null };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const padded = ({ padding }: Named, frame: number): string => String(frame).padStart(padding, "0");
