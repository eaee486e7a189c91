/** A template's text and its tokens' types become one thing that paths can be read by; what is not declared is named. */
import { nearestWord } from "./nearest.ts";
import type { FlatNode, TemplateProblem, TemplateWords } from "./pathTemplate.ts";
import { readTemplate } from "./pathTemplate.ts";
import type { PathTemplate, TypedFlat, TypedNode } from "./pathTemplateParse.ts";
import type { TokenType } from "./pathToken.ts";
import { languageAt } from "./pathToken.ts";

export type TypedReading =
  | { readonly ok: true; readonly template: PathTemplate }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

export function typedTemplate(
  name: string,
  text: string,
  of: TemplateWords & { readonly types: Readonly<Record<string, TokenType>> },
): TypedReading {
  const read = readTemplate(text, of);
  if (!read.ok) return { ok: false, problems: [read.problem] };
  const problems: TemplateProblem[] = [];
  const typed = (node: FlatNode): readonly TypedFlat[] => {
    if (node.kind === "text") return [node];
    const type = of.types[node.name];
    if (type === undefined) {
      const nearest = nearestWord(node.name, Object.keys(of.types));
      problems.push({
        message: `{${node.name}} has no type`,
        found: `{${node.name}}`,
        expected: `one of ${Object.keys(of.types).join(", ")}`,
        nearest: nearest === null ? null : `{${nearest}}`,
      });
      return [];
    }
    const language = languageAt(type, node.width);
    if (language === null) {
      problems.push({ message: `{${node.name}:0>${node.width}}: only a number or a frame has a width` });
      return [];
    }
    return [{ kind: "token", name: node.name, type, language, width: node.width, many: node.many }];
  };
  const nodes = read.nodes.flatMap((node): readonly TypedNode[] =>
    node.kind === "optional" ? [{ kind: "optional", nodes: node.nodes.flatMap(typed) }] : typed(node),
  );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, template: { name, text, nodes } };
}
