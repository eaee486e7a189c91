/** The shipped layouts: proven free of second readings, their examples true, and each template a two-way street. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shippedLayouts } from "../../daemon/adapters/layouts.ts";
import { compileLayout } from "../../daemon/domain/pathLayoutCompile.ts";
import type { PathLayout } from "../../daemon/domain/pathLayout.ts";
import { DESTINATIONS } from "../../daemon/domain/pathLayout.ts";
import { pathsSchema, readBook } from "../../daemon/domain/pathBook.ts";
import { formatPath, parsePath } from "../../daemon/domain/pathTemplateParse.ts";
import { tokensOf } from "../fixtures/pathTokens.ts";

const NAMES = ["beside", "toolkit", "ayon", "vendor_series", "vendor_feature"];
const shipped = shippedLayouts();

/** With what all layouts share; proven because something is said of it. */
function layout(name: string): PathLayout {
  const { book, problems } = readBook(pathsSchema.parse({ layout: name, layouts: { [name]: {} } }), {
    shipped,
    env: {},
  });
  expect(problems).toEqual([]);
  return book!.every.layout;
}

it("are these, and what they share", () => {
  expect(Object.keys(shipped).toSorted()).toEqual([...NAMES, "shared"].toSorted());
});

describe.each(NAMES)("layout %s", (name) => {
  it("can't be read in two ways, has no two templates for one path, and its examples hold", () => {
    const { templates, places } = layout(name);
    expect(templates.length).toBeGreaterThan(4);
    expect(Object.keys(places)).toEqual(DESTINATIONS.filter((to) => (to === "beside") === (name === "beside")));
  });

  it("has an example for every template but those that a tracker or farm manager reads alike", () => {
    const examples = { ...shipped["shared"]?.examples, ...shipped[name]?.examples };
    const lacking = layout(name).templates.filter(
      (template) => !Object.keys(examples).some((key) => key === template.name || template.name.endsWith(`.${key}`)),
    );
    // The sheet lies in the version's folder; one destination's example shows it for all.
    expect(lacking.map((template) => template.name.split(".")[1])).toEqual(lacking.map(() => "sheet"));
  });

  for (const template of layout(name).templates) {
    it(`${template.name}: a printed path reads back as its tokens, and a read one prints as itself`, () => {
      fc.assert(
        fc.property(tokensOf(template), fc.boolean(), (tokens, shout) => {
          const printed = formatPath(template, tokens);
          // Half of an optional part, or a value that only a spelling has (frame -0): nothing to print.
          fc.pre(printed.ok);
          const shown = printed.ok ? printed.path : "";
          const statics = template.nodes.flatMap((node) => (node.kind === "text" ? [node.text] : []));
          const path =
            shout && statics[0] !== undefined && shown.startsWith(statics[0])
              ? statics[0].toUpperCase() + shown.slice(statics[0].length)
              : shown;
          const { parses } = parsePath(template, path);
          expect(parses).toHaveLength(1);
          const there = parses[0]?.tokens ?? {};
          expect(formatPath(template, there, parses[0]?.spelling)).toEqual({ ok: true, path });
          // Tokens of an optional part that lacks another are not in the path.
          for (const [token, value] of Object.entries(there)) expect([token, value]).toEqual([token, tokens[token]]);
          expect(formatPath(template, there)).toEqual(printed);
        }),
        { numRuns: 60 },
      );
    });
  }
});

it("are refused when an example is wrong", () => {
  const text = {
    ...shipped["shared"]!,
    templates: { ...shipped["shared"]!.templates, ...shipped["toolkit"]!.templates },
  };
  const wrong = compileLayout(
    "t",
    { ...text, examples: { work: ["sequences/TUN/010/comp/work/images/env/v003/010_env_v004.1001.exr"] } },
    { base: "", env: null, prove: true },
  );
  expect(wrong.problems.map(({ at, message }) => [at, message])).toEqual([
    [
      ["examples", "work", 0],
      'example of work does not fit: at "v004.1001.exr" it wants {version} to be v003 as before',
    ],
  ]);
});
