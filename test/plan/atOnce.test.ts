/** All problems at once: mistakes of different kinds in one manifest are told together, and none of them invents another. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../daemon/domain/errors.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio, PLATE } from "./planWorld.ts";

const dir = tempDir();
let studio: Studio;
beforeAll(() => {
  studio = makeStudio(dir.path);
  goodPlate(studio);
});
afterAll(() => dir[Symbol.dispose]());

/** A manifest as lines by field, each right unless a mistake puts another in its place. */
const RIGHT = { use: "use: env_relight", plate: `plate: ${PLATE}`, prompt: "prompt: warm" };

interface Mistake {
  readonly code: ErrorCode;
  readonly layer: "text" | "fields" | "recipe" | "plate" | "parameters" | "sweep" | "target" | "checks";
  readonly lines: Readonly<Record<string, string>>;
}
const MISTAKES: Readonly<Record<string, Mistake>> = {
  "a field twice": { layer: "text", code: "HP-MANIFEST-DUPLICATE-KEY", lines: { name: "name: a\nname: b" } },
  "a cut prompt": { layer: "text", code: "HP-MANIFEST-COMMENT", lines: { prompt: "prompt: hero #3" } },
  "a wrong key": { layer: "fields", code: "HP-MANIFEST-FIELD", lines: { promt: "promt: x" } },
  "a value out of range": { layer: "fields", code: "HP-MANIFEST-RANGE", lines: { priority: "priority: 400" } },
  "a value of another type": { layer: "fields", code: "HP-MANIFEST-TYPE", lines: { rerun: "rerun: maybe" } },
  "a field of a later version": {
    layer: "fields",
    code: "HP-MANIFEST-NOT-YET",
    lines: { review: "review: {choose: {min: 1}}" },
  },
  "an unknown recipe": { layer: "recipe", code: "HP-RECIPE-UNKNOWN", lines: { use: "use: env_relght" } },
  "no such plate": {
    layer: "plate",
    code: "HP-PLATE-MISSING",
    lines: { plate: "plate: ../SH010/plates/SH010_PL01_v001/SH011_PL01_v001.####.png" },
  },
  "a plate outside the roots": { layer: "plate", code: "HP-PATH-ROOT", lines: { plate: "plate: /etc/x.####.png" } },
  "frames that are not there": {
    layer: "plate",
    code: "HP-PLATE-FRAMES",
    lines: { plate: `plate: {path: "${PLATE}", frames: 1001-1009}` },
  },
  "an unknown parameter": {
    layer: "parameters",
    code: "HP-RECIPE-PARAMETER",
    lines: { parameters: "parameters: {haaze: 0.4}" },
  },
  "a parameter out of range": {
    layer: "parameters",
    code: "HP-MANIFEST-RANGE",
    lines: { parameters: "parameters: {haze: 40}" },
  },
  "a word that names no axis": {
    layer: "sweep",
    code: "HP-MANIFEST-SUBSTITUTION",
    lines: { prompt: 'prompt: "{lightning}"' },
  },
  "an axis that can't be read": {
    layer: "sweep",
    code: "HP-MANIFEST-SWEEP",
    lines: { sweep: 'sweep: {axes: {seed: "9-1"}}' },
  },
  "too many variations": {
    layer: "sweep",
    code: "HP-MANIFEST-LIMIT",
    lines: { sweep: "sweep: {axes: {seed: {count: 12}}, limit: 3}" },
  },
  "a target outside the roots": { layer: "target", code: "HP-PATH-ROOT", lines: { output: "output: {to: /etc}" } },
  "an unknown check": { layer: "checks", code: "HP-MANIFEST-FIELD", lines: { qc: "qc: {checks: [image.not_blak]}" } },
};

const pairs = Object.entries(MISTAKES).flatMap(([a, first], index) =>
  Object.entries(MISTAKES)
    .slice(index + 1)
    .filter(([, second]) => first.layer !== second.layer)
    .filter(([, second]) => Object.keys(first.lines).every((field) => !(field in second.lines)))
    .map(([b, second]) => ({ a, b, first, second })),
);

/** What is not told beside another mistake, and why: it could only be guessed. */
function untold(first: string, second: string): string | null {
  const both = new Set([first, second]);
  if (both.has("an unknown recipe") && (both.has("an unknown parameter") || both.has("a parameter out of range")))
    return "parameters are the recipe's own";
  if (
    both.has("a wrong key") &&
    MISTAKES[both.has(first) && first !== "a wrong key" ? first : second]?.layer === "sweep"
  )
    return "the wrong key may have been meant for the sweep or the text";
  if (both.has("a cut prompt") && MISTAKES[first === "a cut prompt" ? second : first]?.layer === "sweep")
    return "the words that were cut off may be what the sweep is for";
  return null;
}

async function codesOf(lines: Readonly<Record<string, string>>): Promise<readonly ErrorCode[]> {
  const outcome = await studio.plan(`${Object.values({ ...RIGHT, ...lines }).join("\n")}\n`);
  return outcome.kind === "rejected"
    ? outcome.problems.filter((problem) => problem.severity === "error").map((problem) => problem.code)
    : [];
}

describe("all problems at once", () => {
  it.each(Object.entries(MISTAKES))("%s alone is one problem", async (_name, { code, lines }) => {
    expect(await codesOf(lines)).toEqual([code]);
  });

  it("tells each pair of mistakes of different kinds together, and nothing that is not there", async () => {
    expect(pairs.length).toBeGreaterThan(90);
    const wrong: unknown[] = [];
    for (const { a, b, first, second } of pairs) {
      const told = [...(await codesOf({ ...first.lines, ...second.lines }))].sort();
      const both = [first.code, second.code].sort();
      const right =
        untold(a, b) === null ? String(told) === String(both) : told.length === 1 && both.includes(told[0]!);
      if (!right) wrong.push({ a, b, told });
    }
    expect(wrong).toEqual([]);
  });

  it("says what is missing beside what is wrong, unless the wrong one may have been meant for it", async () => {
    const codes = async (text: string): Promise<readonly ErrorCode[]> => {
      const outcome = await studio.plan(text);
      return outcome.kind === "rejected" ? outcome.problems.map((problem) => problem.code) : [];
    };
    expect(await codes("use: env_relight\npriority: 400\n")).toEqual(["HP-MANIFEST-REQUIRED", "HP-MANIFEST-RANGE"]);
    expect(await codes("use: env_relight\nplat: x.png\n")).toEqual(["HP-MANIFEST-FIELD"]);
    expect(await codes("use: env_relight\nplate: {path: [x]}\n")).toEqual(["HP-MANIFEST-TYPE"]);
    expect(await codes(`plate: ${PLATE}\npriority: 400\n`)).toEqual(["HP-MANIFEST-REQUIRED", "HP-MANIFEST-RANGE"]);
    expect(await codes(`usee: env_relight\nplate: ${PLATE}\n`)).toEqual(["HP-MANIFEST-FIELD"]);
    expect(await codes(`use: slap_comp\nplate: ${PLATE}\nparameters: {opacity: 7}\n`)).toEqual([
      "HP-MANIFEST-REQUIRED",
      "HP-MANIFEST-RANGE",
    ]);
  });

  it("takes wrong values out of a hostile manifest a bounded number of times", async () => {
    const many = Array.from({ length: 400 }, (_, n) => `k${n}: ${n}`).join("\n");
    const outcome = await studio.plan(`use: env_relight\n__proto__: {x: 1}\nconstructor: 1\n${many}\n`);
    expect(outcome).toMatchObject({ kind: "rejected" });
  });
});
