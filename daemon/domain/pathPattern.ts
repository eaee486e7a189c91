/**
 * Reads the pattern of a token (`match: "(PL|FG)\\d{2}"`): literals, classes, groups, `|`, `* + ? {n,m}`, `\d \w`. What
 * can't be compared with another pattern is refused by name: look-around, back references, anchors.
 */
import { LIMITS } from "./limits.ts";
import type { Language, Range, Sketch } from "./pathRegular.ts";
import { determined, ranges, without } from "./pathRegular.ts";

export type PatternReading =
  | { readonly ok: true; readonly language: Language }
  | { readonly ok: false; readonly message: string };

const DIGIT: readonly Range[] = [[48, 57]];
const WORD: readonly Range[] = [...DIGIT, [65, 90], [95, 95], [97, 122]];
const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  d: DIGIT,
  w: WORD,
  D: without(DIGIT),
  W: without(WORD),
};

class PatternError extends Error {}

/** A piece of the automaton: from its first state to its last. */
interface Piece {
  readonly start: number;
  readonly end: number;
}

export function readPattern(source: string): PatternReading {
  if (source.length > LIMITS.pathPatternCharactersMax)
    return { ok: false, message: `it is longer than ${LIMITS.pathPatternCharactersMax} characters` };
  const sketch: Sketch = { arrows: [], states: 0 };
  try {
    const reader = new Reader(source, sketch);
    const whole = reader.whole();
    const language = determined(sketch, whole.start, whole.end);
    if (language === null) return { ok: false, message: "it is too large" };
    if (language.accepts[0] === true)
      return { ok: false, message: "it matches nothing at all, too: a token is never empty" };
    return { ok: true, language };
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, message: error.message };
    throw error;
  }
}

class Reader {
  private at = 0;
  private depth = 0;
  private readonly source: string;
  private readonly sketch: Sketch;

  constructor(source: string, sketch: Sketch) {
    this.source = source;
    this.sketch = sketch;
  }

  whole(): Piece {
    const piece = this.alternatives();
    if (this.at < this.source.length) throw new PatternError(`")" at ${this.at + 1} closes nothing`);
    return piece;
  }

  private peek(): string {
    return this.source[this.at] ?? "";
  }

  private state(): number {
    if (this.sketch.states >= LIMITS.pathStatesMax) throw new PatternError("it is too large");
    this.sketch.states += 1;
    return this.sketch.states - 1;
  }

  private arrow(from: number, to: number, on: readonly Range[] | null = null): void {
    this.sketch.arrows.push({ from, to, on });
  }

  private alternatives(): Piece {
    const out = { start: this.state(), end: this.state() };
    for (;;) {
      const one = this.run();
      this.arrow(out.start, one.start);
      this.arrow(one.end, out.end);
      if (this.peek() !== "|") return out;
      this.at += 1;
    }
  }

  private run(): Piece {
    const start = this.state();
    let end = start;
    while (this.at < this.source.length && this.peek() !== "|" && this.peek() !== ")") {
      const piece = this.repeated();
      this.arrow(end, piece.start);
      end = piece.end;
    }
    return { start, end };
  }

  private repeated(): Piece {
    const from = this.at;
    let piece = this.atom();
    const bounds = this.quantifier();
    if (bounds === null) return piece;
    const after = this.at;
    const [least, most] = bounds;
    // Each copy is read anew: pieces share no state.
    const copies: Piece[] = [];
    for (let i = 0; i < Math.max(least, most ?? 1); i += 1) {
      if (i > 0) {
        this.at = from;
        piece = this.atom();
      }
      copies.push(piece);
    }
    this.at = after;
    if (/[*+?{]/.test(this.peek())) throw new PatternError(`"${this.peek()}" at ${this.at + 1} repeats a repetition`);
    return this.chained(copies, least, most);
  }

  private chained(copies: readonly Piece[], least: number, most: number | null): Piece {
    const out = { start: this.state(), end: this.state() };
    let at = out.start;
    copies.forEach((piece, index) => {
      if (index >= least) this.arrow(at, out.end);
      this.arrow(at, piece.start);
      at = piece.end;
    });
    const last = copies.at(-1);
    if (most === null && last !== undefined) this.arrow(last.end, last.start);
    this.arrow(at, out.end);
    return out;
  }

  private quantifier(): readonly [number, number | null] | null {
    const mark = this.peek();
    if (mark === "*" || mark === "+" || mark === "?") {
      this.at += 1;
      return mark === "*" ? [0, null] : mark === "+" ? [1, null] : [0, 1];
    }
    if (mark !== "{") return null;
    const braces = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(this.source.slice(this.at));
    if (braces === null) throw new PatternError(`"{" at ${this.at + 1} is no {n}, {n,} or {n,m}`);
    this.at += braces[0].length;
    const least = Number(braces[1]);
    const most = braces[2] === undefined ? least : braces[3] === "" ? null : Number(braces[3]);
    if (most !== null && (most < least || most === 0)) throw new PatternError(`${braces[0]} can't be counted`);
    return [least, most];
  }

  private atom(): Piece {
    const char = this.peek();
    if (char === "(") return this.group();
    if (char === "[") return this.on(this.charClass());
    if (char === "\\") return this.on(this.escaped());
    if (char === ".") {
      this.at += 1;
      return this.on(without([]));
    }
    if (char === "^" || char === "$")
      throw new PatternError(`"${char}" is not needed: a pattern always means the whole token`);
    if (/[*+?{]/.test(char)) throw new PatternError(`"${char}" at ${this.at + 1} repeats nothing`);
    if (char === "/") throw new PatternError('"/" is never part of a token');
    this.at += 1;
    const unit = char.charCodeAt(0);
    return this.on([[unit, unit]]);
  }

  private on(of: readonly Range[]): Piece {
    const piece = { start: this.state(), end: this.state() };
    this.arrow(piece.start, piece.end, ranges(of));
    return piece;
  }

  private group(): Piece {
    if (/^\(\?[=!<]/.test(this.source.slice(this.at)))
      throw new PatternError("look-ahead and look-behind can't be compared with other tokens; write the words out");
    this.at += this.source.startsWith("(?:", this.at) ? 3 : 1;
    this.depth += 1;
    if (this.depth > 20) throw new PatternError("its groups are too deep");
    const inner = this.alternatives();
    if (this.peek() !== ")") throw new PatternError("a ( is not closed");
    this.at += 1;
    this.depth -= 1;
    return inner;
  }

  private escaped(): readonly Range[] {
    const char = this.source[this.at + 1] ?? "";
    this.at += 2;
    if (char === "") throw new PatternError("it ends in a backslash");
    const known = CLASSES[char];
    if (known !== undefined) return known;
    if (/[1-9kbBpPuxsS]/.test(char)) throw new PatternError(`\\${char} can't be used; \\d and \\w can`);
    const unit = char.charCodeAt(0);
    return [[unit, unit]];
  }

  private charClass(): readonly Range[] {
    this.at += 1;
    const negated = this.peek() === "^";
    if (negated) this.at += 1;
    const out: Range[] = [];
    while (this.peek() !== "]" || out.length === 0) {
      if (this.at >= this.source.length) throw new PatternError("a [ is not closed");
      if (this.peek() === "]") throw new PatternError("a [] holds nothing");
      const low = this.classChar();
      const isRange = this.peek() === "-" && this.source[this.at + 1] !== "]" && typeof low === "number";
      if (!isRange) {
        out.push(...(typeof low === "number" ? [[low, low] as const] : low));
        continue;
      }
      this.at += 1;
      const high = this.classChar();
      if (typeof high !== "number" || typeof low !== "number" || high < low)
        throw new PatternError(`a range in [] ends before it begins`);
      out.push([low, high]);
    }
    this.at += 1;
    return negated ? without(out) : out;
  }

  private classChar(): number | readonly Range[] {
    if (this.peek() !== "\\") {
      this.at += 1;
      return this.source.charCodeAt(this.at - 1);
    }
    const of = this.escaped();
    const only = of[0];
    return of.length === 1 && only !== undefined && only[0] === only[1] ? only[0] : of;
  }
}
