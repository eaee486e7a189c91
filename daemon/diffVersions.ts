/**
 * How two versions, or two wedges, differ: what went in (parameters, recipe, models, inputs), where they ran, what QC said,
 * and the pixels of the frames that both have. It reads; a picture of the worst frame is made where it is asked for.
 */
import { canonicalJson } from "./domain/canonicalJson.ts";
import { LIMITS } from "./domain/limits.ts";
import type { FrameLikeness, LikenessSummary } from "./domain/likeness.ts";
import { likenessSummary, SAME_PIXELS } from "./domain/likeness.ts";
import { joinPath } from "./domain/paths.ts";
import type { Images } from "./ports.ts";
import type { FramePaper, VersionPapers, WedgePaper } from "./readVersion.ts";

export interface Difference {
  /** `prompt`, `models`, `engine.version`. */
  readonly what: string;
  readonly a: unknown;
  readonly b: unknown;
}
export interface WedgeDifference {
  readonly a: string;
  readonly b: string;
  readonly differences: readonly Difference[];
}

export interface VersionDiff {
  readonly a: string;
  readonly b: string;
  readonly equal: boolean;
  /** Parameters, recipe, models, inputs, disclosure. */
  readonly made: readonly Difference[];
  /** Engine, node packs, GPU, driver, torch: alone they make no two results different. */
  readonly ran: readonly Difference[];
  readonly wedges: readonly WedgeDifference[];
  readonly qc: readonly Difference[];
  readonly pixels: {
    readonly summary: LikenessSummary;
    readonly frames: readonly (FrameLikeness & { readonly other: string })[];
    /** Frames that only one of them has. */
    readonly onlyA: number;
    readonly onlyB: number;
    /** Not compared, for there are too many. */
    readonly left: number;
    /** Where the picture of the worst frame lies. */
    readonly picture: string | null;
  } | null;
}

export interface DiffOptions {
  /** null: pixels are left alone. */
  readonly images: Pick<Images, "compare"> | null;
  /** A new file for the picture of the frame that differs most. */
  readonly picture: string | null;
}

export async function diffVersions(a: VersionPapers, b: VersionPapers, options: DiffOptions): Promise<VersionDiff> {
  const pairs = wedgePairs(a, b);
  const made = differences(madeOf(a), madeOf(b));
  const qc = differences({ verdict: a.asset.qc.verdict }, { verdict: b.asset.qc.verdict });
  const wedges = pairs.flatMap(([one, two]): readonly WedgeDifference[] => {
    const found = differences(wedgeFacts(one), wedgeFacts(two));
    return found.length === 0 ? [] : [{ a: one.wedge, b: two.wedge, differences: found }];
  });
  const qcOfWedges = pairs.flatMap(([one, two]) =>
    differences({ [`${one.wedge} verdict`]: one.qc }, { [`${one.wedge} verdict`]: two.qc }),
  );
  const pixels = options.images === null ? null : await pixelsOf(a, b, { pairs, images: options.images, options });
  const equalPixels =
    pixels === null ||
    (pixels.onlyA + pixels.onlyB + pixels.left === 0 &&
      pixels.frames.every(({ sameFile, likeness }) => sameFile || (likeness.kind === "compared" && likeness.same)));
  return {
    a: a.asset.ref,
    b: b.asset.ref,
    equal: made.length + wedges.length + qc.length + qcOfWedges.length === 0 && equalPixels,
    made,
    ran: differences(ranOf(a), ranOf(b)),
    wedges,
    qc: [...qc, ...qcOfWedges],
    pixels,
  };
}

function madeOf({ asset }: VersionPapers): Readonly<Record<string, unknown>> {
  const { recipe, graph, parameters, models, inputs, disclosure, color } = asset;
  return {
    recipe: `${recipe.name}@${recipe.version} ${recipe.sha256.slice(0, 12)}`,
    graph: graph.sha256,
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`parameters.${name}`, value])),
    models: models.map(({ name, sha256 }) => `${name} ${sha256 ?? "of unknown hash"}`).toSorted(),
    inputs: inputs.map(({ role, ref, frames, sha256root }) => `${role} ${ref} ${frames} ${sha256root ?? "?"}`),
    color,
    disclosure,
  };
}

function ranOf({ asset }: VersionPapers): Readonly<Record<string, unknown>> {
  const { engine, machine, nodePacks } = asset;
  return {
    "engine.version": engine.version,
    "engine.simulated": engine.simulated,
    nodePacks: nodePacks.map(({ name, commit }) => (commit === null ? name : `${name} ${commit}`)).toSorted(),
    "machine.node": machine.node,
    "machine.gpu": machine.gpu,
    "machine.driver": machine.driver,
    "machine.torch": machine.torch,
    "machine.flags": machine.flags,
  };
}

function wedgeFacts(wedge: WedgePaper): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(Object.entries(wedge.parameters).map(([name, value]) => [`parameters.${name}`, value])),
    seed: wedge.seed,
  };
}

function differences(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): Difference[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names
    .filter((name) => canonicalJson(a[name] ?? null) !== canonicalJson(b[name] ?? null))
    .map((what) => ({ what, a: a[what] ?? null, b: b[what] ?? null }));
}

type Pair = readonly [WedgePaper, WedgePaper];

/** One wedge each, where each side names or has one; else wedges of the same name. */
function wedgePairs(a: VersionPapers, b: VersionPapers): readonly Pair[] {
  const [one, two] = [chosen(a), chosen(b)];
  const [first] = one;
  const [second] = two;
  if (one.length === 1 && two.length === 1 && first !== undefined && second !== undefined) return [[first, second]];
  return one.flatMap((wedge): readonly Pair[] => {
    const other = two.find((candidate) => candidate.wedge === wedge.wedge);
    return other === undefined ? [] : [[wedge, other]];
  });
}

function chosen({ wedge, wedges }: VersionPapers): readonly WedgePaper[] {
  return wedge === null ? wedges : wedges.filter((one) => one.wedge === wedge);
}

async function pixelsOf(
  a: VersionPapers,
  b: VersionPapers,
  of: {
    readonly pairs: readonly Pair[];
    readonly images: Pick<Images, "compare">;
    readonly options: DiffOptions;
  },
): Promise<NonNullable<VersionDiff["pixels"]>> {
  const framesOf = (version: VersionPapers, wedge: WedgePaper): readonly FramePaper[] =>
    version.frames.filter((frame) => frame.wedge === wedge.wedge);
  let onlyA = 0;
  let onlyB = 0;
  const both: (readonly [FramePaper, FramePaper])[] = [];
  for (const [one, two] of of.pairs) {
    const [mine, theirs] = [framesOf(a, one), framesOf(b, two)];
    const found = mine.flatMap((frame): readonly (readonly [FramePaper, FramePaper])[] => {
      const other = theirs.find((candidate) => candidate.frame === frame.frame);
      return other === undefined ? [] : [[frame, other]];
    });
    both.push(...found);
    onlyA += mine.length - found.length;
    onlyB += theirs.length - found.length;
  }
  const frames: (FrameLikeness & { readonly other: string })[] = [];
  for (const [one, two] of both.slice(0, LIMITS.diffFramesMax)) {
    const paths = { a: joinPath(a.dir, one.path), b: joinPath(b.dir, two.path) };
    frames.push({ path: one.path, other: two.path, ...(await likenessOf(of.images, one, { two, paths })) });
  }
  const left = Math.max(0, both.length - LIMITS.diffFramesMax);
  const picture = await drawWorst(frames, { a, b, ...of });
  return { summary: likenessSummary(frames), frames, onlyA, onlyB, left, picture };
}

async function likenessOf(
  images: Pick<Images, "compare">,
  one: FramePaper,
  of: { readonly two: FramePaper; readonly paths: { readonly a: string; readonly b: string } },
): Promise<Pick<FrameLikeness, "sameFile" | "likeness">> {
  // The lists are believed: whether files are still what they say is for `verify`.
  const sameFile = one.sha256 === of.two.sha256;
  if (sameFile) return { sameFile, likeness: { kind: "compared", width: 0, height: 0, ...SAME_PIXELS } };
  return { sameFile, likeness: await images.compare({ ...of.paths, picture: null }) };
}

async function drawWorst(
  frames: readonly (FrameLikeness & { readonly other: string })[],
  of: {
    readonly a: VersionPapers;
    readonly b: VersionPapers;
    readonly images: Pick<Images, "compare">;
    readonly options: DiffOptions;
  },
): Promise<string | null> {
  const { picture } = of.options;
  const ssim = ({ likeness }: FrameLikeness): number => (likeness.kind === "compared" ? likeness.ssim : 2);
  const [worst] = frames
    .filter(({ likeness }) => likeness.kind === "compared")
    .toSorted((one, two) => ssim(one) - ssim(two));
  if (picture === null || worst === undefined) return null;
  await of.images.compare({ a: joinPath(of.a.dir, worst.path), b: joinPath(of.b.dir, worst.other), picture });
  return picture;
}
