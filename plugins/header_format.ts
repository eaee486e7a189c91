/**
 * header.format: the file is as the plate's file is, or as it was promised: its channels and their order, their bits, and packed
 * without loss.
 *
 * Measures: missingChannels, those of an OpenEXR plate that the result no longer has (of another size than the plate, or where one of the two
 * is no OpenEXR: only R, G, B and Y, for the others don't fit; a plate of Y alone may become R, G, B); without a plate, those of R, G and B that a picture lacks which has the others; outOfOrder, channels that do not stand in the order of their
 * names, as OpenEXR demands; bits, of the colour channel that has the fewest; lossy, 1 where the file's packing changes what it holds.
 * Limits: missingMax; lossyMax; bitsMin: the result has the plate's bits, but never has to have more than these. Fewer bits than the
 * recipe promises fail; where it promises nothing, fewer than the plate's warn. A lossy file beside a
 * lossy plate of its kind is no worse than it; without a plate it warns. Source: what a result keeps of its plate, docs/formats.md.
 */
import type { Check, HeaderFacts } from "../daemon/plugin.ts";

/** B44 and DWA quantise; PXR24 cuts floats to 24 bits and keeps half as it is. */
const LOSSY = /^(b44a?|dwa[ab]|jpeg|jpeg2000|lossy|webp)$/;
const COLOURS = new Set(["R", "G", "B", "Y"]);

const check: Check = {
  apiVersion: 1,
  id: "header.format",
  version: 3,
  scope: "frame",
  finds:
    "another file than promised or than the plate's: channels gone (beside other files than OpenEXR: colours; without a plate: of R, G and B a part) or out of order, fewer bits, packed with loss",
  layer: "container",
  needs: [],
  limits: { missingMax: 0, lossyMax: 0, bitsMin: 16 },
  idleAt: { bitsMin: 0 },
  limitsFrom: {
    missingMax: "docs/formats.md: a result keeps every channel of its plate",
    lossyMax: "docs/formats.md: what is published loses nothing",
    bitsMin: "half, the sample type that comp works in",
  },
  applies({ header }) {
    return header("result") === null ? "the file's header can't be read (see file.decodes)" : null;
  },
  run({ header, expected, limits, plateProblem }) {
    const result = header("result");
    const plate = header("plate");
    if (result === null) return { verdict: "error", measures: [], message: "There is no header to look at." };
    if (plate === null && plateProblem !== null)
      return { verdict: "error", measures: [], message: `The plate can't be compared with: ${plateProblem}.` };
    const { missingMax = 0, lossyMax = 0, bitsMin = 16 } = limits;
    const missing = plate === null ? partOf(result) : missingOf(plate, result);
    const unordered = result.format === "exr" ? outOfOrder(result) : 0;
    const bits = bitsOf(result);
    const promised = expected.bitDepth ?? 0;
    const plateBits = plate === null || promised > 0 ? 0 : Math.min(bitsOf(plate), bitsMin);
    const lossy = isLossy(result) ? 1 : 0;
    const measures = [
      { name: "missingChannels", value: missing.length, unit: "count", limit: missingMax, must: "atMost" },
      { name: "outOfOrder", value: unordered, unit: "count", limit: 0, must: "atMost" },
      { name: "bits", value: bits, unit: "bit", limit: Math.max(promised, plateBits), must: "atLeast" },
      { name: "lossy", value: lossy, unit: "bool", limit: lossyMax, must: "atMost" },
    ] as const;
    const packing = result.compression ?? "unknown";
    const known = lossy > lossyMax && plate !== null && !isLossy(plate);
    if (missing.length > missingMax)
      return fail(
        measures,
        `Of the ${plate === null ? "picture" : "plate"}'s channels ${list(missing)} ${missing.length === 1 ? "is" : "are"} missing.`,
      );
    if (unordered > 0)
      return fail(measures, `${unordered} channels do not stand in the order of their names, as OpenEXR demands.`);
    if (bits < promised) return fail(measures, `The file has ${bits} bits a sample; ${promised} were promised.`);
    if (known)
      return fail(measures, `Packed with loss (${packing}), and its plate is not (${plate.compression ?? "unknown"}).`);
    const warn = (message: string) => ({ verdict: "warn", measures, message }) as const;
    if (lossy > lossyMax && plate === null) return warn(`Packed with loss (${packing}).`);
    if (bits < plateBits)
      return warn(`The file has ${bits} bits a sample, its plate ${bitsOf(plate)}; ${plateBits} are wanted.`);
    const message = `${result.format}, ${packing}, ${bits} bits, channels ${list(result.channels.map(({ name }) => name))}.`;
    return { verdict: "pass", measures, message };
  },
};

const HINT = "Look at output.format of the manifest or recipe, and at what saves the picture in the graph.";

function fail(measures: ReturnType<Check["run"]>["measures"], message: string): ReturnType<Check["run"]> {
  return { verdict: "fail", measures, message, hint: HINT };
}

function missingOf(plate: HeaderFacts, result: HeaderFacts): readonly string[] {
  const bothExr = plate.format === "exr" && result.format === "exr";
  const there = new Set(result.channels.map(({ name }) => name));
  const sameSize = plate.width === result.width && plate.height === result.height;
  const becameColour = ["R", "G", "B"].every((name) => there.has(name));
  return plate.channels
    .map(({ name }) => name)
    .filter(
      (name) => !there.has(name) && ((sameSize && bothExr) || COLOURS.has(name)) && !(name === "Y" && becameColour),
    );
}

/** Without a plate: of a picture in colour what it lacks. */
function partOf({ channels }: HeaderFacts): readonly string[] {
  const there = new Set(channels.map(({ name }) => name));
  const lacks = ["R", "G", "B"].filter((name) => !there.has(name));
  return lacks.length === 3 || there.has("Y") ? [] : lacks;
}

/** By the bytes of their names. */
function outOfOrder({ channels }: HeaderFacts): number {
  let count = 0;
  for (let i = 1; i < channels.length; i += 1)
    if ((channels[i]?.name ?? "") < (channels[i - 1]?.name ?? "")) count += 1;
  return count;
}

function bitsOf(header: HeaderFacts | null): number {
  const colours = header?.channels.filter(({ name }) => COLOURS.has(name)) ?? [];
  return Math.min(...(colours.length === 0 ? (header?.channels ?? []) : colours).map(({ type }) => bitsOfType(type)));
}

function bitsOfType(type: string): number {
  if (type === "half") return 16;
  return Number(/\d+$/.exec(type)?.[0] ?? 32);
}

function isLossy({ compression, channels }: HeaderFacts): boolean {
  if (compression === "pxr24") return channels.some(({ type }) => type === "float");
  return LOSSY.test(compression ?? "");
}

function list(names: readonly string[]): string {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`;
}

export default check;
