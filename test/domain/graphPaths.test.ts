/** No text of a graph that is sent leads out of the attempt's own places, whatever a node pack calls its loader. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import { bindGraph } from "../../daemon/domain/graph.ts";
import type { GraphValues } from "../../daemon/domain/graph.ts";
import { pathProblems, strayWords } from "../../daemon/domain/graphPaths.ts";
import type { Graph } from "../../daemon/domain/recipe.ts";
import { tiny } from "../fixtures/recipes.ts";

const VALUES: GraphValues = {
  parameters: {},
  plateInput: "hotplate/a1.png",
  images: {},
  plateWidth: 64,
  plateHeight: 48,
  prefix: "hotplate/a1",
};
const judge = (graph: Graph, catalogue: Catalogue | null = null): string =>
  pathProblems(graph, { placed: ["hotplate/a1.png"], catalogue })
    .map((problem) => problem.message)
    .join("\n");
const one = (class_type: string, inputs: Record<string, unknown>, title?: string): Graph => ({
  "7": { class_type, inputs, ...(title === undefined ? {} : { _meta: { title } }) },
});

describe("a text that leads out", () => {
  test.each([
    ["/etc/passwd", "is a path"],
    ["  /etc/passwd", "is a path"],
    ["../../other/plate.png", "is a path"],
    ["a/../../b", "is a path"],
    ["..", "is a path"],
    ["a\\..\\b", "is a path"],
    ["C:\\shows\\x.exr", "is a path"],
    ["p:/shows/x.exr", "is a path"],
    ["P:x.exr", "is a path"],
    ["\\\\nas01\\shows\\x.exr", "is a path"],
    ["\\\\?\\C:\\x", "is a path"],
    ["~/x", "is a path"],
    ["~root/x", "is a path"],
    ["$HOME/x", "is a path"],
    ["%APPDATA%\\x", "is a path"],
    ["file:///etc/passwd", "is an address"],
    ["https://example.com/x.png", "is an address"],
    ["s3://bucket/x", "is an address"],
    ["x.png [output]", "names one of ComfyUI's own directories"],
    ["x.png [temp] ", "names one of ComfyUI's own directories"],
    ["x.png [input]", "names one of ComfyUI's own directories"],
    ["a\u0000b", "holds a NUL byte"],
  ])("%j %s", (text, why) => {
    expect(strayWords(text)).toBe(why);
  });

  test.each(["screen", "x-axis: vertically", "90 degrees", "0.5", "sub/model.safetensors", "16:9", "a...b", "h264"])(
    "%j leads nowhere",
    (text) => {
      expect(strayWords(text)).toBeNull();
    },
  );
});

describe("a loader is refused what was not placed for it", () => {
  test.each([
    ["ComfyUI's own", "LoadImage", { image: "other.png" }],
    ["an absolute path", "LoadImage", { image: "/shows/plate.exr" }],
    ["a suffix", "LoadImageMask", { image: "hotplate/a1.png [output]", channel: "red" }],
    ["a number", "LoadVideo", { file: 7 }],
    ["a pack's, by its value", "VHS_LoadVideoPath", { video: "/shows/x.mov" }],
    ["a pack's without the word load", "FrameReader", { source: "clip_0001.mov" }],
    ["a pack's folder", "ReadSequence", { directory: "shots" }],
    ["a pack's saver", "SaveEXRFrames", { output_dir: "renders", images: ["1", 0] }],
    ["a pack's file name", "TextWriter", { filename: "notes" }],
    ["an address", "Fetch", { url: "example.com/x" }],
    ["a prompt of a class that opens files", "LoadPromptsFromFile", { prompt: "prompts.txt" }],
  ])("%s", (_what, type, inputs) => {
    expect(judge(one(type, inputs, "Wall"))).toMatch(/^Graph node 7 "Wall" \(\w+\) would load .* not placed/);
  });

  test("inside lists and nested values", () => {
    for (const value of [["/etc/passwd", 1, 2], { __value__: ["x.png"] }, { a: { b: ["..\\up"] } }, { "/etc": 1 }])
      expect(judge(one("AnyPack", { things: value }))).toMatch(/Input things of graph node 7 \(AnyPack\) .*private/);
  });

  test("over a link, whatever computes the path", () => {
    const text: Graph = { "8": { class_type: "PrimitiveString", inputs: { value: "other" } } };
    for (const [type, input] of [
      ["LoadImage", "image"],
      ["AnyPack", "video_path"],
    ] as const)
      expect(judge({ ...text, ...one(type, { [input]: ["8", 0] }) })).toMatch(/takes a path over a link/);
  });

  test("where only the ComfyUI knows that an input is a file", () => {
    const catalogue: Catalogue = {
      Picker: {
        inputs: { what: { type: "COMBO", required: true, options: ["a", "b"], upload: true } },
        outputs: ["IMAGE"],
        outputNode: false,
      },
    };
    expect(judge(one("Picker", { what: "a" }))).toBe("");
    expect(judge(one("Picker", { what: "a" }), catalogue)).toMatch(/would load "a"/);
  });
});

test("words, models, prompts, pictures over links and what was placed are let through", () => {
  const catalogue: Catalogue = {
    Saver: {
      inputs: { file: { type: "COMBO", required: true, options: ["mp4", "webm"] } },
      outputs: [],
      outputNode: true,
    },
    FromFile: { inputs: { file: { type: "VIDEO", required: true, options: null } }, outputs: [], outputNode: false },
  };
  expect(
    judge(
      {
        ...one("LoadImage", { image: "hotplate/a1.png" }),
        "8": { class_type: "CLIPTextEncode", inputs: { text: "/imagine a still.png, see https://x.org [output]" } },
        "9": { class_type: "LoraLoader", inputs: { lora_name: "film/grain.safetensors", strength_model: 1 } },
        "10": { class_type: "Saver", inputs: { file: "mp4" } },
        "11": { class_type: "FromFile", inputs: { file: ["7", 0] } },
        "12": { class_type: "SaveImage", inputs: { filename_prefix: "hotplate/a1", images: ["7", 0] } },
        "13": { class_type: "ReadSequence", inputs: { directory: "" } },
      },
      catalogue,
    ),
  ).toBe("");
});

test("every kind of prefix is rewritten, each to one of its own", () => {
  const recipe = tiny((_file, graph) => {
    graph["10"] = { class_type: "SaveVideo", inputs: { images: ["1", 0], filename_prefix: "/abs" } };
    graph["11"] = { class_type: "PackSave", inputs: { images: ["1", 0], save_prefix: "..\\x", file_prefix: "C:\\y" } };
  });
  const graph = bindGraph(recipe, VALUES);
  expect([
    graph["9"]?.inputs["filename_prefix"],
    graph["10"]?.inputs["filename_prefix"],
    graph["11"]?.inputs["save_prefix"],
    graph["11"]?.inputs["file_prefix"],
  ]).toEqual(["hotplate/a1", "hotplate/a1-x1", "hotplate/a1-x2", "hotplate/a1-x3"]);
});

test("a prefix that comes over a link is refused", () => {
  const recipe = tiny((_file, graph) => {
    graph["10"] = { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: ["4", 0] } };
  });
  expect(() => bindGraph(recipe, VALUES)).toThrow(/filename_prefix of graph node 10 is a link/);
});

describe("whatever a recipe holds", () => {
  const step = fc.constantFrom("..", "shots", "a b", "plate.exr", "x", ".");
  const start = fc.constantFrom("/", "\\\\nas\\", "C:\\", "p:/", "~/", "file://", "$HOME/", "../", "..\\", "");
  const end = fc.constantFrom("", " [output]", "[temp]", "/..", "\\..", ".png", ".mov ");
  const path = fc
    .tuple(start, fc.array(step, { minLength: 1, maxLength: 4 }), fc.constantFrom("/", "\\"), end)
    .map(([first, parts, by, last]) => first + parts.join(by) + last);
  const input = fc.constantFrom("image", "video", "file", "video_path", "output_dir", "url", "x", "source", "things");
  const type = fc.constantFrom("LoadImage", "LoadVideo", "VHS_LoadVideoPath", "AnyPack", "SaveEXR", "Reader");
  const nest = fc.constantFrom<(text: string) => unknown>(
    (text) => text,
    (text) => ({ deep: { er: [text] } }),
    (text) => ({ __value__: [text, text, text] }),
  );

  test("a bound graph holds a path only where it was placed, or is not sent", () => {
    let refused = 0;
    fc.assert(
      fc.property(path, input, type, nest, (text, name, class_type, nested) => {
        const recipe = tiny((_file, graph) => {
          graph["40"] = { class_type, inputs: { [name]: nested(text) } };
        });
        try {
          const sent = JSON.stringify(bindGraph(recipe, VALUES)["40"]?.inputs[name]);
          // What is left names nothing outside, no file, and no folder by the name of its input.
          expect(sent).not.toMatch(
            /\.\.[\\/"]|"(\/|\\\\|~|[A-Za-z]:[\\/])|\[(output|temp)\]|:\/\/|\.(png|mov|exr)\s*"/,
          );
          expect(["file", "video_path", "output_dir", "url"].includes(name) && sent.startsWith('"')).toBe(false);
        } catch (error) {
          if (!/would load|private/.test(String(error))) throw error;
          refused += 1;
        }
      }),
      { seed: 31, numRuns: 600 },
    );
    expect(refused).toBeGreaterThan(300);
  });
});
