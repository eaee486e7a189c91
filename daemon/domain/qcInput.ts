/** What a check is given, completed with what is computed of the pixels: once per image, and only when a check asks. Pure. */
import type { CheckInput, DecodedImage, InferProblem, PlateSized } from "../plugin.ts";
import { cellFacts, cellGrid, cellsInside } from "./cellFacts.ts";
import type { FramePlanes } from "./framePlanes.ts";
import { framePlanes } from "./framePlanes.ts";
import type { PlanesOf } from "./planeKeeper.ts";
import { pixelRuns } from "./pixelRuns.ts";
import { boxesAt, insideAt, reducedTo, sizesApart } from "./plateSize.ts";

export type FrameFacts = Omit<
  CheckInput,
  | "limits"
  | "luma"
  | "lumaPlane"
  | "blocks"
  | "cells"
  | "atPlateSize"
  | "runs"
  | "frames"
  | "series"
  | "digest"
  | "sha256"
  | "header"
  | "inferred"
> & {
  /** Of decoded samples, hex. */
  readonly digestOf?: (image: DecodedImage) => string;
  readonly headerOf?: CheckInput["header"];
  /** Keeps planes over many results; without it they are made anew. */
  readonly planesOf?: PlanesOf;
  readonly sha256Of?: () => string | null;
};
/** Without the limits of the check that it is for. */
export type SharedInput = Omit<CheckInput, "limits">;

export function frameInput(facts: FrameFacts): SharedInput {
  const imageOf = (of: "result" | "plate"): DecodedImage | null => (of === "result" ? facts.result : facts.plate);
  const ignoreOf = (of: "result" | "plate") => (of === "result" ? facts.expected.ignore : []);
  const runs = remember((of) => {
    const image = imageOf(of);
    return image === null ? new Int32Array(0) : pixelRuns(image.width, image.height, ignoreOf(of));
  });
  const { digestOf, headerOf, sha256Of, planesOf, ...seen } = facts;
  const planes = remember((of) => {
    const image = imageOf(of);
    if (image === null) return null;
    return planesOf === undefined ? framePlanes(image, runs(of)) : planesOf(of, image, runs(of));
  });
  const digests = remember((of) => {
    const image = imageOf(of);
    return image === null || digestOf === undefined ? null : digestOf(image);
  });
  const hashes = remember(() => sha256Of?.() ?? null);
  const headers = remember((of) => headerOf?.(of) ?? null);
  const blocks: CheckInput["blocks"] = (of) => planes(of)?.blocks ?? null;
  const atPlateSize = plateSized(facts, planes);
  return {
    ...seen,
    frames: null,
    series: null,
    runs,
    digest: digests,
    header: headers,
    sha256: () => hashes("result"),
    inferred: notConfigured,
    luma: (of) => planes(of)?.facts ?? null,
    lumaPlane: (of) => planes(of)?.luma ?? null,
    blocks,
    atPlateSize,
    cells: cellsFrom(facts, { runs, blocks, atPlateSize }),
  };
}

function plateSized(
  { result, plate, mask, expected }: FrameFacts,
  planes: (of: "result" | "plate") => FramePlanes | null,
): CheckInput["atPlateSize"] {
  let kept: PlateSized | string | null = null;
  const make = (): PlateSized | string => {
    if (result === null || plate === null) return "there are no two pictures to compare";
    const apart = sizesApart(result, plate);
    if (apart !== null) return apart;
    const inside = mask?.inside ?? null;
    const own = result.width === plate.width ? planes("result") : null;
    if (own !== null) return { image: result, luma: own.luma, blocks: own.blocks, inside, scale: 1 };
    const image = reducedTo(plate, result);
    const { luma, blocks } = framePlanes(image, ignoredAt({ result, expected }, image));
    const scale = result.width / plate.width;
    return { image, luma, blocks, inside: inside === null ? null : insideAt(plate, result, inside), scale };
  };
  return () => (kept ??= make());
}

/** The pixels to look at of the result at another size. */
function ignoredAt({ result, expected }: Pick<FrameFacts, "result" | "expected">, image: DecodedImage): Int32Array {
  const boxes = result === null ? [] : boxesAt(image, result, expected.ignore);
  return pixelRuns(image.width, image.height, boxes);
}

/** As long as nobody who has models stands in for it. */
function notConfigured(): InferProblem {
  return {
    output: "problem",
    message: "no model is configured for it",
    hint: "Name a model of yours for this check under qcModels in hotplate.yaml (docs/plugins.md).",
  };
}

/** Both pictures in the cells of one grid. */
function cellsFrom(facts: FrameFacts, of: Pick<CheckInput, "runs" | "blocks" | "atPlateSize">): CheckInput["cells"] {
  const { result, plate, mask } = facts;
  const isFloat = (image: DecodedImage | null) => image === null || image.samples instanceof Float32Array;
  const linear = isFloat(result) && isFloat(plate);
  let inside: Float32Array | null = null;
  return remember((which) => {
    const image = which === "result" ? result : plate;
    const [guide, blocks] = [plate ?? result, of.blocks(which)];
    if (image === null || guide === null || blocks === null) return null;
    const grid = cellGrid(guide, blocks.size);
    // The mask is of the result's size; without a result there is nothing inside or outside of it.
    const own = result === null ? null : of.blocks("result");
    if (inside === null)
      inside =
        result === null || own === null
          ? new Float32Array(grid.columns * grid.rows).fill(1)
          : cellsInside(result, { blocks: own, grid, mask });
    const sized = which === "result" && plate !== null ? of.atPlateSize() : "";
    // The mean of a block's codes is no light: blocks must be of one size for edges that move to be the same in both.
    if (typeof sized !== "string" && sized.scale > 1)
      return cellFacts(sized.image, {
        blocks: sized.blocks,
        grid,
        runs: ignoredAt(facts, sized.image),
        linear,
        inside,
      });
    return cellFacts(image, { blocks, grid, runs: of.runs(which), linear, inside });
  });
}

function remember<T>(make: (of: "result" | "plate") => T): (of: "result" | "plate") => T {
  const kept = new Map<string, T>();
  return (of) => {
    const known = kept.get(of);
    if (known !== undefined) return known;
    const made = make(of);
    kept.set(of, made);
    return made;
  };
}

/** For checks that look at many frames: there is no picture in memory. */
export const NO_FRAME: Omit<SharedInput, "frames"> = {
  series: null,
  digest: () => null,
  header: () => null,
  sha256: () => null,
  inferred: () => null,
  result: null,
  resultFile: { path: "", bytes: 0, frame: null },
  decodeProblem: null,
  plate: null,
  plateProblem: null,
  expected: { width: null, height: null, bitDepth: null, ignore: [] },
  mask: null,
  maskProblem: null,
  composited: false,
  luma: () => null,
  lumaPlane: () => null,
  blocks: () => null,
  cells: () => null,
  atPlateSize: () => "there are no pixels to compare",
  runs: () => new Int32Array(0),
};
