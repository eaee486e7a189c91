/**
 * A recipe against a node catalogue: do the classes, inputs, types, options and ranges exist in that ComfyUI? Pure; says
 * all at once. A list of files (models, images) is never judged here: it differs from machine to machine.
 */
import type { Catalogue, NodeInput } from "./catalogue.ts";
import type { Problem } from "./errors.ts";
import { isLink, loadPlaces, modelPlaces, placeName, samePlace } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import { recipeProblem } from "./graphShape.ts";
import { nearestWord } from "./nearest.ts";
import type { Graph, GraphNode, Recipe, RecipeParameter } from "./recipe.ts";

type CheckedRecipe = Pick<Recipe, "file" | "graph">;
type Details = Partial<Omit<Problem, "code" | "message">>;

const invalid = (message: string, details: Details = {}): Problem =>
  recipeProblem("HP-RECIPE-INVALID", message, { action: "Change the graph in ComfyUI and export again.", ...details });

export function catalogueProblems(recipe: CheckedRecipe, catalogue: Catalogue): readonly Problem[] {
  return [
    ...graphProblems(recipe.graph, catalogue),
    ...parameterProblems(recipe, catalogue),
    ...wiringProblems(recipe, catalogue),
  ];
}

/** What no value can mend: a result that gives no files, an optional image that a graph node can't do without. */
export function wiringProblems(recipe: CheckedRecipe, catalogue: Catalogue): readonly Problem[] {
  return [...resultProblems(recipe, catalogue), ...optionalProblems(recipe, catalogue)];
}

/** The graph alone, as it stands. `by` names what put a value into a place, for the sentence. */
export function graphProblems(
  graph: Graph,
  catalogue: Catalogue,
  by: (place: Place) => string | null = () => null,
): readonly Problem[] {
  const context: Context = {
    graph,
    catalogue,
    by,
    loads: new Set(loadPlaces(graph, catalogue).map(placeKey)),
    models: new Set(modelPlaces(graph).map(placeKey)),
  };
  return Object.entries(graph).flatMap(([id, node]) => nodeProblems(id, node, context));
}

interface Context {
  readonly graph: Graph;
  readonly catalogue: Catalogue;
  readonly by: (place: Place) => string | null;
  /** Places that name a file to load, a model. */
  readonly loads: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
}

const placeKey = ({ node, input }: Place): string => JSON.stringify([node, input]);

function nodeProblems(id: string, node: GraphNode, context: Context): readonly Problem[] {
  const { graph, catalogue } = context;
  const name = placeName(graph, id);
  const known = Object.hasOwn(catalogue, node.class_type) ? catalogue[node.class_type] : undefined;
  if (known === undefined)
    return [
      recipeProblem("HP-RECIPE-CLASS", `${name}: this ComfyUI has no class ${node.class_type}.`, {
        found: node.class_type,
        nearest: nearestWord(node.class_type, Object.keys(catalogue)),
        action: "Install the node pack that has it, or use another class.",
      }),
    ];
  const missing = Object.entries(known.inputs)
    .filter(([input, { required }]) => required && !givenInput(node, input))
    .map(([input]) => invalid(`${name} lacks the input ${input}.`, { expected: input }));
  const given = Object.entries(node.inputs).flatMap(([input, value]) => {
    const kind = inputOf(known.inputs, input);
    if (kind === "dynamic") return [];
    if (kind === null)
      return [
        invalid(`${name} has no input ${input}; ComfyUI ignores it.`, {
          severity: "warning",
          found: input,
          nearest: nearestWord(input, Object.keys(known.inputs)),
        }),
      ];
    const by = context.by({ node: id, input });
    const where = `Input ${input} of ${name}${by === null ? "" : `, set by ${by},`}`;
    if (isLink(value)) return linkProblems(where, value, kind, context);
    const key = placeKey({ node: id, input });
    if (context.models.has(key)) return modelProblem(where, String(value), kind);
    if (context.loads.has(key)) return [];
    return valueProblems(where, value, kind);
  });
  return [...missing, ...given];
}

/** Dotted keys (`format.bit_depth`, `images.image0`) belong to a dynamic input of their first word. */
function givenInput(node: GraphNode, input: string): boolean {
  return Object.keys(node.inputs).some((key) => key === input || key.startsWith(`${input}.`));
}

function inputOf(inputs: Readonly<Record<string, NodeInput>>, input: string): NodeInput | "dynamic" | null {
  if (Object.hasOwn(inputs, input)) return inputs[input] ?? null;
  const parent = input.split(".")[0] ?? "";
  return parent !== input && Object.hasOwn(inputs, parent) ? "dynamic" : null;
}

function linkProblems(
  where: string,
  [from, output]: readonly [string, number],
  wanted: NodeInput,
  { graph, catalogue }: Context,
): readonly Problem[] {
  const source = Object.hasOwn(graph, from) ? graph[from] : undefined;
  const known =
    source !== undefined && Object.hasOwn(catalogue, source.class_type) ? catalogue[source.class_type] : undefined;
  if (source === undefined || known === undefined) return [];
  const type = known.outputs[output];
  if (type === undefined)
    return [
      invalid(`${where} links to output ${output} of ${placeName(graph, from)}, which has ${known.outputs.length}.`),
    ];
  if (fits(type, wanted.type)) return [];
  return [invalid(`${where} takes ${wanted.type}, but is linked to ${type}.`, { found: type, expected: wanted.type })];
}

/** A live server lists its models; a recorded catalogue has no list, and then nothing can be said. */
function modelProblem(where: string, file: string, { options }: NodeInput): readonly Problem[] {
  if (options === null || options.includes(file)) return [];
  const nearest = nearestWord(file, options);
  return [
    recipeProblem("HP-RECIPE-MODEL", `${where} needs the model "${file}", which this ComfyUI does not have.`, {
      found: file,
      nearest,
      action: `Install the model in ComfyUI's models directory${nearest === null ? "" : ", or choose the nearest"}.`,
    }),
  ];
}

function fits(type: string, wanted: string): boolean {
  const open = (name: string): boolean => name === "*" || name.startsWith("COMFY_");
  if (open(type) || open(wanted)) return true;
  const names = new Set(wanted.split(","));
  return type.split(",").some((name) => names.has(name));
}

/** A literal as ComfyUI's own validation would judge it. */
function valueProblems(where: string, value: unknown, kind: NodeInput): readonly Problem[] {
  const found = JSON.stringify(value)?.slice(0, 120) ?? "nothing";
  switch (kind.type) {
    case "INT":
    case "FLOAT": {
      if (typeof value !== "number" || (kind.type === "INT" && !Number.isInteger(value)))
        return [invalid(`${where} is not ${kind.type === "INT" ? "a whole number" : "a number"}.`, { found })];
      return rangeProblem(where, value, kind);
    }
    case "STRING":
      return typeof value === "string" ? [] : [invalid(`${where} is not text.`, { found })];
    case "BOOLEAN":
      return typeof value === "boolean" ? [] : [invalid(`${where} is not true or false.`, { found })];
    case "COMBO":
      return optionProblem(where, value, kind);
    default:
      return kind.type.startsWith("COMFY_") || kind.type === "*" || typeof value === "object"
        ? []
        : [invalid(`${where} takes a link to ${kind.type}, not a value.`, { found })];
  }
}

function rangeProblem(where: string, value: number, { min, max }: NodeInput): readonly Problem[] {
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return [];
  const expected = `${min ?? "any"} to ${max ?? "any"}`;
  return [invalid(`${where} is ${value}, outside ${expected}.`, { found: String(value), expected })];
}

function optionProblem(where: string, value: unknown, { options }: NodeInput): readonly Problem[] {
  if (options === null || options.length === 0 || options.includes(String(value))) return [];
  const expected = options.slice(0, 20).join(", ");
  return [
    invalid(`${where} is ${JSON.stringify(value)}, which is not an option.`, {
      found: String(value),
      expected,
      nearest: nearestWord(String(value), options),
    }),
  ];
}

/** The range and the choices that recipe.yaml promises must all be values that the graph node takes. */
function parameterProblems({ file, graph }: CheckedRecipe, catalogue: Catalogue): readonly Problem[] {
  // Models differ from machine to machine: which of them a task needs is judged when its values are in the graph.
  const models = modelPlaces(graph);
  return Object.entries(file.parameters)
    .flatMap(([name, parameter]) =>
      parameter.bind.flatMap((place) => {
        const kind = models.some((model) => samePlace(model, place)) ? null : kindAt(place, graph, catalogue);
        return kind === null ? [] : boundProblems(`Parameter ${name}`, parameter, kind);
      }),
    )
    .map((problem) => ({
      ...problem,
      file: "recipe.yaml",
      action: "Fix the parameter or its binding in recipe.yaml.",
    }));
}

function boundProblems(where: string, parameter: RecipeParameter, kind: NodeInput): readonly Problem[] {
  switch (parameter.type) {
    case "number":
      if (kind.type === "INT")
        return [
          invalid(`${where} is a number, but its graph node takes whole numbers.`, { expected: "type: integer" }),
        ];
      return edges(parameter).flatMap((value) => valueProblems(where, value, kind));
    case "integer":
      return edges(parameter).flatMap((value) => valueProblems(where, value, kind));
    case "text":
      return valueProblems(where, parameter.default, kind);
    case "color":
      // A color goes in as a number where the class takes one, and as text where it takes #RRGGBB: only the first is bound.
      return [0, 0xffffff].flatMap((value) => valueProblems(where, value, kind));
    case "choice":
      return parameter.values.flatMap((value) => valueProblems(where, value, kind));
    case "preset":
      return Object.keys(parameter.values).flatMap((value) => valueProblems(where, value, kind));
    case "seed":
      return kind.type === "INT" && (kind.max ?? Number.MAX_SAFE_INTEGER) >= Number.MAX_SAFE_INTEGER
        ? []
        : valueProblems(where, Number.MAX_SAFE_INTEGER, kind);
  }
}

function edges({
  min,
  max,
  default: value,
}: {
  min?: number | undefined;
  max?: number | undefined;
  default: number;
}): readonly number[] {
  return [...new Set([min ?? value, value, max ?? value])];
}

function kindAt(place: Place, graph: Graph, catalogue: Catalogue): NodeInput | null {
  const type = Object.hasOwn(graph, place.node) ? (graph[place.node]?.class_type ?? "") : "";
  const known = Object.hasOwn(catalogue, type) ? catalogue[type] : undefined;
  const kind = known === undefined ? null : inputOf(known.inputs, place.input);
  return kind === "dynamic" ? null : kind;
}

function resultProblems({ file, graph }: CheckedRecipe, catalogue: Catalogue): readonly Problem[] {
  const type = Object.hasOwn(graph, file.result.node) ? (graph[file.result.node]?.class_type ?? "") : "";
  const known = Object.hasOwn(catalogue, type) ? catalogue[type] : undefined;
  if (known === undefined || known.outputNode) return [];
  return [
    invalid(`The result's ${placeName(graph, file.result.node)} gives no files.`, {
      file: "recipe.yaml",
      expected: "an output graph node such as SaveImage",
      action: "Name the SaveImage graph node under result.",
    }),
  ];
}

/** An optional image is taken out with its links, so whoever reads it must do without. */
function optionalProblems({ file, graph }: CheckedRecipe, catalogue: Catalogue): readonly Problem[] {
  const optional = [...(file.plate === undefined ? [] : [file.plate]), ...Object.values(file.images)]
    .filter((image) => !image.required)
    .map((image) => image.bind.node);
  return Object.entries(graph).flatMap(([node, { inputs }]) =>
    Object.entries(inputs).flatMap(([input, value]) => {
      if (!isLink(value) || !optional.includes(value[0])) return [];
      if (kindAt({ node, input }, graph, catalogue)?.required !== true) return [];
      return [
        invalid(
          `Input ${input} of ${placeName(graph, node)} needs ${placeName(graph, value[0])}, whose image is optional.`,
          {
            file: "recipe.yaml",
            action: "Make the image required, or lead it into an optional input.",
          },
        ),
      ];
    }),
  );
}
