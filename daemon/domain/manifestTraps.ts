/**
 * YAML's traps as artists meet them, each by name: ` #` that cuts a prompt short, `####.exr` read as nothing, `010` read as
 * 10, tabs, typographic quotes, `%` and `@` at the start of a value, NUL bytes. Measured on yaml 2 (docs/manifest.md).
 */
import type { Document, Pair } from "yaml";
import { isScalar, visit } from "yaml";
import type { Problem } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { MakeProblem, Place } from "./manifest.ts";

/** Traps that keep YAML from reading the text at all: found line by line, before its own words. */
export function scanText(text: string, make: MakeProblem): readonly Problem[] {
  const out: Problem[] = [];
  if (text.startsWith("\uFFFD\uFFFD") && text.includes("\u0000")) {
    const message = 'The file is UTF-16 text (Notepad calls it "Unicode").';
    out.push(make("HP-MANIFEST-ENCODING", { line: 1, col: 1 }, { message, action: "Save it again as UTF-8." }));
    return out;
  }
  if (text.includes("\u0000") || text.includes("\uFFFD")) {
    out.push(
      make(
        "HP-MANIFEST-ENCODING",
        { line: 1, col: 1 },
        { message: "The file is not UTF-8 text.", action: "Save it as UTF-8 text." },
      ),
    );
    return out;
  }
  const deep = tooDeep(text);
  if (deep !== null) {
    out.push(
      make("HP-MANIFEST-DEPTH", deep, {
        message: `Brackets or dashes nest more than ${LIMITS.yamlDepthMax} deep here; a manifest never does.`,
        action: "Close the brackets.",
      }),
    );
    return out;
  }
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const place = (col: number): Place => ({ line: index + 1, col });
    const indent = /^ *\t/.exec(line);
    if (indent !== null)
      out.push(
        make("HP-MANIFEST-TAB", place(indent[0].length), {
          message: "A tab stands at the start of this line; YAML allows only spaces there.",
          found: "a tab",
          expected: "spaces",
          action: "Replace the tab with two spaces.",
        }),
      );
    const quotes = /:\s*([\u201C\u201D\u201E\u2018\u2019\u00AB\u00BB])/.exec(line);
    if (quotes !== null) {
      const col = quotes.index + quotes[0].length;
      out.push(
        make("HP-MANIFEST-QUOTES", place(col), {
          message: "These are typographic quotes; to YAML they are letters.",
          found: quotes[1] ?? null,
          expected: '"',
          action: 'Type plain quotes: "',
        }),
      );
    }
    const special = /^[^#]*?:\s+([%@`])/.exec(line);
    if (special !== null)
      out.push(
        make("HP-MANIFEST-YAML", place(special[0].length), {
          message: `A value may not start with ${special[1]}.`,
          found: special[1] ?? null,
          ...startOf(special[1], line.slice(special[0].length)),
        }),
      );
  }
  return out;
}

/** `@approved` is a reference that lacks its product; quotes would not make it one. */
function startOf(mark: string | undefined, rest: string): { readonly expected: string; readonly action: string } {
  const which = /^(latest|approved|v\d+)\b/.exec(rest)?.[1];
  if (mark !== "@" || which === undefined)
    return { expected: "the value in quotes", action: "Put the value in quotes." };
  return { expected: `PRODUCT@${which}`, action: `Write the product before it: PRODUCT@${which}.` };
}

/**
 * The first place where brackets, or dashes on one line, are open deeper than the bound. Counted without looking at quotes:
 * a prompt that opens a hundred brackets and closes none is not a prompt.
 */
function tooDeep(text: string): Place | null {
  let open = 0;
  let dashes = 0;
  let line = 1;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "\n") {
      line += 1;
      start = at + 1;
      dashes = 0;
    } else if (character === "[" || character === "{") open += 1;
    else if ((character === "]" || character === "}") && open > 0) open -= 1;
    else if ((character === "-" || character === "?" || character === ":") && text[at + 1] === " ") dashes += 1;
    else if (character !== " ") dashes = 0;
    if (open > LIMITS.yamlDepthMax || dashes > LIMITS.yamlDepthMax) return { line, col: at - start + 1 };
  }
  return null;
}

/** Traps that YAML reads without a word, and differently from what was meant. */
export function textValueProblems(document: Document, source: string, of: Make): readonly Problem[] {
  const out: Problem[] = [];
  visit(document, {
    Pair(_key, pair: Pair) {
      const found = pairProblem(source, pair, of);
      if (found !== null) out.push(found);
    },
  });
  return out;
}

const TEXT_FIELDS: ReadonlySet<string> = new Set([
  "use",
  "name",
  "product",
  "task",
  "prompt",
  "negative",
  "path",
  "show",
  "shot",
]);

interface Make {
  readonly make: MakeProblem;
  readonly at: (offset: number | undefined) => Place;
}

function pairProblem(source: string, pair: Pair, of: Make): Problem | null {
  const { make, at } = of;
  if (!isScalar(pair.key)) return null;
  const key = String(pair.key.value);
  const value = pair.value;
  if (value === null || (isScalar(value) && value.value === null && value.source !== "null" && value.source !== "~")) {
    const comment = isScalar(value) ? value.comment : null;
    const offset = isScalar(value) && value.range ? value.range[0] : pair.key.range?.[1];
    const hash = hashAfter(source, pair.key.range?.[1]);
    if (hash !== null) {
      return make("HP-MANIFEST-EMPTY-VALUE", at(hash.offset), {
        message: `A value that starts with # is read as empty. Write ${key}: "${hash.text}".`,
        found: "nothing",
        expected: `"${hash.text}"`,
        action: `Write ${key}: "${hash.text}".`,
      });
    }
    if (comment === null || comment === undefined) {
      return make("HP-MANIFEST-EMPTY-VALUE", at(offset), {
        message: `${key} has no value.`,
        found: "nothing",
        expected: "a value",
        action: `Write a value after ${key}: or take the line out.`,
      });
    }
    return null;
  }
  if (!isScalar(value)) return null;
  const cut = cutByComment(value.comment, value);
  if (cut !== null) {
    return make("HP-MANIFEST-COMMENT", at((value.range?.[1] ?? 0) + 1), {
      message: `Everything after " #" is a comment in YAML, so ${key} ends at "${String(value.value)}".`,
      found: String(value.value),
      expected: `"${String(value.value)} #${cut}"`,
      action: "Put the value in quotes.",
    });
  }
  if (typeof value.value === "number" && TEXT_FIELDS.has(key)) {
    return make("HP-MANIFEST-NUMBER-AS-TEXT", at(value.range?.[0]), {
      message: `${key}: ${value.source ?? value.value} was read as the number ${value.value}.`,
      found: String(value.value),
      expected: `"${value.source ?? value.value}"`,
      action: `Write ${key}: "${value.source ?? value.value}".`,
    });
  }
  return null;
}

/** A comment right behind plain text, on its line, that looks like the rest of the text: `prompt: hero shot #3`. */
function cutByComment(
  comment: string | null | undefined,
  value: { readonly type?: string; readonly value: unknown },
): string | null {
  if (comment === null || comment === undefined || comment === "" || typeof value.value !== "string") return null;
  if (value.type !== "PLAIN" || comment.includes("\n")) return null;
  // "text   # a remark" is a comment as people write them; "shot #3" is not.
  return /^[^\s#]/.test(comment) ? comment.trim() : null;
}

/** `plate: ####.exr`: what stands behind the colon on that line, when it starts with #. */
function hashAfter(
  source: string,
  keyEnd: number | undefined,
): { readonly offset: number; readonly text: string } | null {
  if (keyEnd === undefined) return null;
  const end = source.indexOf("\n", keyEnd);
  const rest = /^\s*:\s*(#\S+)/.exec(source.slice(keyEnd, end < 0 ? source.length : end));
  // A lone # or "# a remark" is a comment; "####.exr" is a value.
  if (rest === null || !/[^#]/.test(rest[1] ?? "")) return null;
  return { offset: keyEnd + rest[0].length - (rest[1]?.length ?? 0), text: rest[1] ?? "" };
}
