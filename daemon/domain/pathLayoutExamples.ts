/** A layout's own examples, held against it at every start: the TD sees what is wrong, not the artist. */
import type { LayoutProblem, LayoutText } from "./pathLayout.ts";
import type { PathTemplate } from "./pathTemplateParse.ts";
import { parsePath } from "./pathTemplateParse.ts";

export function exampleProblems(
  text: LayoutText,
  of: { readonly templates: readonly PathTemplate[]; readonly extended: Readonly<Record<string, string>> },
): readonly LayoutProblem[] {
  return Object.entries(text.examples).flatMap(([name, examples]) =>
    examples.flatMap((example, index) => {
      const { path, tokens } = typeof example === "string" ? { path: example, tokens: undefined } : example;
      const at = ["examples", name, index];
      const template = of.templates.find((one) => one.name === name || one.name.endsWith(`.${name}`));
      if (template === undefined) return [{ at, message: `${name} is no template here`, found: name }];
      const answer = parsePath(template, path);
      const [parse, more] = answer.parses;
      if (parse === undefined)
        return [
          {
            at,
            message: `example of ${name} does not fit: at "${path.slice(Math.max(0, answer.failure.at))}" it wants ${answer.failure.wanted}`,
            found: path,
          },
        ];
      if (more !== undefined && !text.ambiguous.includes(name))
        return [{ at, message: `example of ${name} can be read in two ways`, found: path }];
      const wrong = Object.entries(tokens ?? {}).find(([token, value]) => parse.tokens[token] !== value);
      const extra = tokens === undefined ? undefined : Object.keys(parse.tokens).find((token) => !(token in tokens));
      if (wrong === undefined && extra === undefined) return [];
      const token = wrong?.[0] ?? extra ?? "";
      return [
        {
          at,
          message: `example of ${name}: ${token} is read as ${parse.tokens[token] ?? "nothing"}`,
          found: parse.tokens[token] ?? "nothing",
          expected: tokens?.[token] ?? "not there",
        },
      ];
    }),
  );
}
