/**
 * From a manifest and its recipe to the wedges of the plan: axes, their combination, presets, substitution, limits. The
 * index comes from the combination expression, never from finishing order. Everything is counted before it is made.
 */
import type { Axis, ExpandProblem } from "./axes.ts";
import { readAxis, sweepProblem } from "./axes.ts";
import type { Combination } from "./combination.ts";
import { countPoints, parseCombination, pointAt, productOf } from "./combination.ts";
import { LIMITS } from "./limits.ts";
import type { Manifest } from "./manifestSchema.ts";
import { nearestWord } from "./nearest.ts";
import type { JsonScalar, WedgePlan } from "./plan.ts";
import type { RecipeFile, RecipeParameter } from "./recipe.ts";
import { valueTrouble } from "./recipeCheck.ts";

export interface Expanded {
  readonly wedges: readonly WedgePlan[];
  readonly problems: readonly ExpandProblem[];
  /** Variations, also when there are too many to make. */
  readonly count: number;
}

/**
 * `framesPerWedge` only words the sentence about a sweep that is too large. Without a recipe (nobody knows it) the sweep is
 * looked at as far as it goes.
 */
export function expand(manifest: Manifest, recipe: RecipeFile | null, framesPerWedge: number): Expanded {
  const problems: ExpandProblem[] = [];
  const axes = Object.entries(manifest.sweep?.axes ?? {}).flatMap(([name, written]) => {
    const read = readAxis(name, written);
    if ("code" in read) problems.push(read);
    return "code" in read ? [] : [read];
  });
  if (recipe !== null)
    problems.push(...parameterProblems(manifest, recipe, axes), ...axisProblems(manifest, recipe, axes));
  problems.push(...substitutionProblems(manifest, axes));
  const lengthOf = (name: string): number => axes.find((axis) => axis.name === name)?.length ?? 0;
  const combination = combinationOf(manifest, axes, problems);
  const unread = axes.length < Object.keys(manifest.sweep?.axes ?? {}).length;
  if (combination === null || unread) return { wedges: [], problems, count: 0 };
  const counted = countPoints(combination, lengthOf);
  if (!counted.ok) problems.push(sweepProblem(["sweep", "combine"], counted.message));
  const count = counted.ok ? counted.count : 0;
  const limit = manifest.sweep?.limit ?? LIMITS.sweepLimitDefault;
  if (count > limit) problems.push(tooLarge({ axes, count, limit, framesPerWedge, recipe }));
  if (problems.length > 0 || recipe === null) return { wedges: [], problems, count };
  const wedges: WedgePlan[] = [];
  for (let n = 0; n < count; n += 1) {
    const made = wedgeAt(n, { manifest, recipe, axes, point: pointAt(combination, n, lengthOf) });
    wedges.push(made.wedge);
    for (const problem of made.problems)
      if (!problems.some((known) => known.message === problem.message)) problems.push(problem);
  }
  return { wedges, problems, count };
}

function combinationOf(manifest: Manifest, axes: readonly Axis[], problems: ExpandProblem[]): Combination | null {
  const names = axes.map((axis) => axis.name);
  if (names.length > LIMITS.axesMax) {
    problems.push(sweepProblem(["sweep", "axes"], `there are ${names.length} axes; at most ${LIMITS.axesMax}`));
    return null;
  }
  const text = manifest.sweep?.combine;
  if (text === undefined) return productOf(names);
  const parsed = parseCombination(text, names);
  if (parsed.ok) return parsed.value;
  problems.push(
    sweepProblem(["sweep", "combine"], `combine can't be read: ${parsed.message}.`, {
      found: text,
      expected: `the axes ${names.join(", ")} with * , ( )`,
      nearest: parsed.nearest,
    }),
  );
  return null;
}

/** Names and values that the manifest itself gives. */
function parameterProblems(manifest: Manifest, recipe: RecipeFile, axes: readonly Axis[]): readonly ExpandProblem[] {
  const out: ExpandProblem[] = [];
  const known = [...Object.keys(recipe.parameters), ...Object.keys(recipe.images)];
  for (const [name, given] of givenParameters(manifest)) {
    if (Object.hasOwn(recipe.images, name)) continue;
    const parameter = parameterOf(recipe, name);
    if (parameter === undefined) {
      const nearest = nearestWord(name, known);
      out.push({
        code: "HP-RECIPE-PARAMETER",
        path: given.path,
        message: `Recipe ${recipe.name} has no parameter "${name}".`,
        found: name,
        nearest,
        expected: `one of ${known.join(", ")}`,
        action: nearest === null ? "Take it out, or choose another recipe." : `Write ${nearest} instead.`,
      });
      continue;
    }
    if (typeof given.value === "string" && parameter.type === "text") continue;
    out.push(...valueProblems(name, parameter, { value: given.value, path: given.path }));
  }
  for (const [name, image] of Object.entries(recipe.images)) {
    const given =
      givenParameters(manifest).some(([parameter]) => parameter === name) || axes.some((axis) => axis.name === name);
    if (image.required && !given)
      out.push({
        code: "HP-MANIFEST-REQUIRED",
        path: ["parameters"],
        message: `Recipe ${recipe.name} needs an image "${name}".`,
        expected: `parameters: {${name}: FILE}`,
        action: `Add parameters: {${name}: FILE}.`,
      });
  }
  return out;
}

/** Own properties only: a manifest is hostile until proven otherwise, and `__proto__` is no parameter. */
function parameterOf(recipe: RecipeFile, name: string): RecipeParameter | undefined {
  return Object.hasOwn(recipe.parameters, name) ? recipe.parameters[name] : undefined;
}

function valueProblems(
  name: string,
  parameter: RecipeParameter,
  of: { readonly value: JsonScalar; readonly path: readonly (string | number)[] },
): readonly ExpandProblem[] {
  const trouble = valueTrouble(name, parameter, of.value);
  if (trouble === null) return [];
  const choices =
    parameter.type === "choice" ? parameter.values : parameter.type === "preset" ? Object.keys(parameter.values) : [];
  const nearest = choices.length === 0 ? null : nearestWord(String(of.value), choices);
  return [
    {
      code: choices.length > 0 || typeof of.value !== "number" ? "HP-MANIFEST-TYPE" : "HP-MANIFEST-RANGE",
      path: of.path,
      message: `${name}: ${trouble}.`,
      found: JSON.stringify(of.value),
      nearest,
      ...(choices.length > 0
        ? {
            expected: `one of ${choices.join(", ")}`,
            action: nearest === null ? "Write one of them." : `Write ${nearest}.`,
          }
        : {}),
    },
  ];
}

function givenParameters(
  manifest: Manifest,
): readonly (readonly [string, { readonly value: JsonScalar; readonly path: readonly string[] }])[] {
  const short = (["prompt", "negative", "seed"] as const).flatMap((name) => {
    const value = manifest[name];
    return value === undefined ? [] : [[name, { value, path: [name] }] as const];
  });
  return [
    ...short,
    ...Object.entries(manifest.parameters ?? {}).map(
      ([name, value]) => [name, { value, path: ["parameters", name] }] as const,
    ),
  ];
}

function textsOf(manifest: Manifest): readonly { readonly text: string; readonly path: readonly string[] }[] {
  return givenParameters(manifest).flatMap(([, given]) =>
    typeof given.value === "string" ? [{ text: given.value, path: given.path }] : [],
  );
}

/** An axis must do something: set a parameter of its name, or stand as {axis} in a text. */
function axisProblems(manifest: Manifest, recipe: RecipeFile, axes: readonly Axis[]): readonly ExpandProblem[] {
  const out: ExpandProblem[] = [];
  const texts = textsOf(manifest);
  for (const axis of axes) {
    const parameter = parameterOf(recipe, axis.name);
    const used = texts.some(({ text }) => text.includes(`{${axis.name}}`));
    if (parameter === undefined && !Object.hasOwn(recipe.images, axis.name) && !used) {
      const nearest = nearestWord(axis.name, Object.keys(recipe.parameters));
      out.push(
        sweepProblem(
          ["sweep", "axes", axis.name],
          `Axis "${axis.name}" does nothing: ${recipe.name} has no such parameter and no text says {${axis.name}}.`,
          { found: axis.name, nearest, expected: `one of ${Object.keys(recipe.parameters).join(", ")}` },
        ),
      );
    }
    if (parameter === undefined || used) continue;
    for (let index = 0; index < Math.min(axis.length, LIMITS.wedgesPerStepMax); index += 1) {
      const [first] = valueProblems(axis.name, parameter, {
        value: axis.value(index),
        path: ["sweep", "axes", axis.name],
      });
      if (first !== undefined && !out.some((known) => known.message === first.message)) out.push(first);
    }
  }
  return out;
}

/** A `{word}` in a text must name an axis. */
function substitutionProblems(manifest: Manifest, axes: readonly Axis[]): readonly ExpandProblem[] {
  const out: ExpandProblem[] = [];
  const names = axes.map((axis) => axis.name);
  for (const { text, path } of textsOf(manifest)) {
    for (const match of text.matchAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
      const name = match[1] ?? "";
      if (!names.includes(name))
        out.push({
          code: "HP-MANIFEST-SUBSTITUTION",
          path,
          message: `{${name}} names no axis of the sweep.`,
          found: `{${name}}`,
          nearest: nearestWord(name, names),
          expected: names.length === 0 ? "a sweep with that axis" : `one of ${names.map((n) => `{${n}}`).join(", ")}`,
        });
    }
  }
  return out;
}

interface WedgeParts {
  readonly manifest: Manifest;
  readonly recipe: RecipeFile;
  readonly axes: readonly Axis[];
  readonly point: Readonly<Record<string, number>>;
}

function wedgeAt(
  n: number,
  parts: WedgeParts,
): { readonly wedge: WedgePlan; readonly problems: readonly ExpandProblem[] } {
  const { manifest, recipe, axes, point } = parts;
  const labels: Record<string, string> = {};
  const own: Record<string, JsonScalar> = {};
  for (const [name, given] of givenParameters(manifest)) own[name] = given.value;
  for (const axis of axes) {
    const index = point[axis.name] ?? 0;
    labels[axis.name] = axis.label(index);
    if (Object.hasOwn(recipe.parameters, axis.name) || Object.hasOwn(recipe.images, axis.name))
      own[axis.name] = axis.value(index);
  }
  for (const [name, value] of Object.entries(own)) {
    if (typeof value === "string")
      own[name] = value.replace(
        /\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
        (whole, axis: string) => substituted(axes, point, axis) ?? whole,
      );
  }
  const parameters = resolve(recipe, own);
  const problems = Object.entries(recipe.parameters).flatMap(([name, parameter]) =>
    valueProblems(name, parameter, { value: parameters[name] ?? "", path: ["parameters", name] }),
  );
  const seedName = Object.entries(recipe.parameters).find(([, parameter]) => parameter.type === "seed")?.[0];
  const seed = String(seedName === undefined ? (own["seed"] ?? labels["seed"] ?? "1000") : parameters[seedName]);
  return { wedge: { index: n + 1, axes: labels, parameters, seed }, problems };
}

function substituted(axes: readonly Axis[], point: Readonly<Record<string, number>>, name: string): string | null {
  const axis = axes.find((known) => known.name === name);
  return axis === undefined ? null : String(axis.value(point[name] ?? 0));
}

/** Defaults, then presets in the recipe's order (a later one wins), then the manifest's own values over all. */
function resolve(recipe: RecipeFile, own: Readonly<Record<string, JsonScalar>>): Readonly<Record<string, JsonScalar>> {
  const out: Record<string, JsonScalar> = {};
  for (const [name, parameter] of Object.entries(recipe.parameters))
    out[name] = asRecorded(parameter, parameter.default);
  for (const [name, parameter] of Object.entries(recipe.parameters)) {
    if (parameter.type !== "preset") continue;
    const chosen = String(own[name] ?? parameter.default);
    for (const [set, value] of Object.entries(parameter.values[chosen] ?? {})) {
      const target = recipe.parameters[set];
      if (target !== undefined) out[set] = asRecorded(target, value);
    }
  }
  for (const [name, value] of Object.entries(own)) {
    const parameter = parameterOf(recipe, name);
    out[name] = parameter === undefined ? value : asRecorded(parameter, value);
  }
  return out;
}

/** Seeds are text in every record: a number would lose digits somewhere. */
function asRecorded(parameter: RecipeParameter, value: JsonScalar): JsonScalar {
  return parameter.type === "seed" ? String(value) : value;
}

function tooLarge(of: {
  readonly axes: readonly Axis[];
  readonly count: number;
  readonly limit: number;
  readonly framesPerWedge: number;
  readonly recipe: RecipeFile | null;
}): ExpandProblem {
  const product = of.axes.map((axis) => `${axis.length} ${axis.name}`).join(" x ");
  const images = of.count * of.framesPerWedge;
  const seconds = of.recipe?.estimate === undefined ? null : images * of.recipe.estimate.gpuSeconds;
  const gpu = seconds === null ? "" : `, about ${(seconds / 3600).toFixed(seconds < 36_000 ? 1 : 0)} GPU h`;
  const number = (value: number): string => value.toLocaleString("en-US").replaceAll(",", " ");
  return {
    code: "HP-MANIFEST-LIMIT",
    path: ["sweep"],
    message: `${product} = ${number(of.count)} variations x ${of.framesPerWedge} frames = ${number(images)} images${gpu}. Limit: ${of.limit} variations.`,
    found: String(of.count),
    expected: `at most ${of.limit}`,
    action: "Fewer values, or raise sweep.limit.",
  };
}
