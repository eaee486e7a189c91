/**
 * recipe.yaml against itself: defaults inside ranges, presets that set what exists, names that do not collide. What the
 * schema alone can't say. Pure; says all at once.
 */
import type { Problem } from "./errors.ts";
import { graphValue } from "./graph.ts";
import { recipeProblem } from "./graphShape.ts";
import { nearestWord } from "./nearest.ts";
import type { JsonScalar } from "./plan.ts";
import type { RecipeFile, RecipeParameter } from "./recipe.ts";

/** Fields of a manifest's top level: an image or a parameter of that name would be unreachable. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(["plate"]);

export function checkParameters(file: RecipeFile): readonly Problem[] {
  return [
    ...Object.entries(file.parameters).flatMap(([name, parameter]) => parameterProblems(name, parameter, file)),
    ...nameProblems(file),
    ...resultProblems(file),
    ...colorProblems(file),
    ...framesProblems(file),
  ];
}

function colorProblems(file: RecipeFile): readonly Problem[] {
  const { mask, result, color } = file;
  const problems: Problem[] = [];
  if (mask !== undefined && mask.from !== "plate" && !Object.hasOwn(file.images, mask.from)) {
    const images = Object.keys(file.images);
    const nearest = nearestWord(mask.from, ["plate", ...images]);
    problems.push(
      fault(`mask.from "${mask.from}" is no image of this recipe.`, {
        nearest,
        action:
          nearest === null
            ? `Write plate${images.length === 0 ? "" : ` or ${images.join(", ")}`}.`
            : `Write ${nearest}.`,
      }),
    );
  }
  const over = file.plate !== undefined && result.scale === 1 && result.width === undefined;
  if (color?.how === "edit" && !over)
    problems.push(
      fault("color.how: edit needs a plate and a result of its size (scale: 1).", { action: "Take it out." }),
    );
  if (mask !== undefined && !over)
    problems.push(fault("mask needs a plate and a result of its size (scale: 1).", { action: "Take it out." }));
  return problems;
}

/** Why a value is not one of this parameter's, in words; null when it is. Ranges included. */
export function valueTrouble(name: string, parameter: RecipeParameter, value: JsonScalar): string | null {
  if ((parameter.type === "number" || parameter.type === "integer") && typeof value === "number") {
    if (parameter.min !== undefined && value < parameter.min) return `${value} is below its min ${parameter.min}`;
    if (parameter.max !== undefined && value > parameter.max) return `${value} is above its max ${parameter.max}`;
  }
  try {
    graphValue(name, parameter, value);
    return null;
  } catch (error) {
    // graphValue refuses by throwing; its sentence is the answer.
    return error instanceof Error ? error.message.replace(`Parameter ${name}: `, "").replace(/\.$/, "") : String(error);
  }
}

function parameterProblems(name: string, parameter: RecipeParameter, file: RecipeFile): readonly Problem[] {
  const problems: Problem[] = [];
  const trouble = valueTrouble(name, parameter, parameter.default);
  if (trouble !== null) problems.push(fault(`The default of parameter ${name}: ${trouble}.`));
  if ("min" in parameter && parameter.min !== undefined && parameter.max !== undefined && parameter.min > parameter.max)
    problems.push(fault(`Parameter ${name}: its min ${parameter.min} is above its max ${parameter.max}.`));
  if (parameter.type === "preset") problems.push(...presetProblems(name, parameter, file));
  const used = parameter.bind.length > 0 || parameter.type === "preset" || sizes(file).includes(name);
  const recordOnly = parameter.type === "text" && parameter.recordOnly;
  if (!used && !recordOnly)
    problems.push(
      fault(`Parameter ${name} is bound to nothing, so its value would do nothing.`, {
        action: "Bind it, or (text only) say recordOnly: true.",
      }),
    );
  if (parameter.bind.length > 0 && recordOnly) problems.push(fault(`Parameter ${name} is recordOnly, but bound.`));
  return problems;
}

function presetProblems(
  name: string,
  parameter: Extract<RecipeParameter, { type: "preset" }>,
  file: RecipeFile,
): readonly Problem[] {
  return Object.entries(parameter.values).flatMap(([preset, values]) =>
    Object.entries(values).flatMap(([key, value]) => {
      const other = Object.hasOwn(file.parameters, key) ? file.parameters[key] : undefined;
      const where = `Preset ${preset} of parameter ${name}`;
      if (other === undefined)
        return [
          fault(`${where} sets "${key}", which is no parameter.`, {
            found: key,
            nearest: nearestWord(key, Object.keys(file.parameters)),
          }),
        ];
      if (other.type === "preset") return [fault(`${where} sets "${key}", which is a preset itself.`)];
      const trouble = valueTrouble(key, other, value);
      return trouble === null ? [] : [fault(`${where} sets ${key}: ${trouble}.`)];
    }),
  );
}

function nameProblems(file: RecipeFile): readonly Problem[] {
  const names = [...Object.keys(file.parameters), ...Object.keys(file.images)];
  return [
    ...names.filter((name) => RESERVED_NAMES.has(name)).map((name) => fault(`"${name}" is a manifest's own field.`)),
    ...Object.keys(file.images)
      .filter((name) => Object.hasOwn(file.parameters, name))
      .map((name) => fault(`The image ${name} has the name of a parameter.`)),
  ];
}

function framesProblems(file: RecipeFile): readonly Problem[] {
  const { frames } = file;
  if (frames === undefined) return [];
  if (file.plate === undefined)
    return [fault("frames takes several frames of a plate at once, but the recipe takes no plate.")];
  const half = Math.floor(frames.perTask / 2);
  return [
    ...(frames.overlap > half
      ? [
          fault(`frames.overlap is ${frames.overlap}, more than half of perTask.`, {
            found: String(frames.overlap),
            expected: `at most ${half}`,
          }),
        ]
      : []),
    ...(frames.how === "batch" && !file.allowedClasses.includes("ImageBatch")
      ? [
          fault("frames.how: batch puts ImageBatch into the graph, which is not in allowedClasses.", {
            expected: "ImageBatch",
            action: "Add ImageBatch to allowedClasses.",
          }),
        ]
      : []),
  ];
}

function sizes(file: RecipeFile): readonly string[] {
  return [file.result.width, file.result.height].filter((size) => typeof size === "string");
}

function resultProblems(file: RecipeFile): readonly Problem[] {
  const named = sizes(file).flatMap((name) => {
    const parameter = Object.hasOwn(file.parameters, name) ? file.parameters[name] : undefined;
    if (parameter?.type === "integer") return [];
    return [
      fault(`result names "${name}" for a size, which is no integer parameter.`, {
        found: name,
        nearest: nearestWord(name, Object.keys(file.parameters)),
      }),
    ];
  });
  const tied = file.result.scale !== null;
  if (tied && file.plate === undefined)
    return [...named, fault("result.scale is relative to a plate, but the recipe takes none; say scale: null.")];
  return named;
}

function fault(message: string, details: Partial<Omit<Problem, "code" | "message">> = {}): Problem {
  return recipeProblem("HP-RECIPE-INVALID", message, { file: "recipe.yaml", action: "Fix recipe.yaml.", ...details });
}
