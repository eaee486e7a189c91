/** Our sequences beside Python's fileseq, question by question: equal, or different on purpose and for a reason that is written. */
import { describe, expect, it } from "vitest";
import { askFileseq, fileseqAbsent, ourAnswer, sameAnswer } from "../fixtures/fileseq/ask.ts";
import type { Question } from "../fixtures/fileseq/ask.ts";
import { LISTED } from "../fixtures/fileseq/cases.ts";
import { DIFFERENCES } from "../fixtures/fileseq/differences.ts";
import { generated } from "../fixtures/fileseq/generate.ts";

const SEED = Number(process.env["HOTPLATE_TEST_SEED"] ?? 20_261_128);
const GENERATED = 2_400;
const EXAMPLES = DIFFERENCES.flatMap((difference) => difference.examples.map((example) => ({ difference, example })));

describe("deliberate differences to fileseq", () => {
  it.each(EXAMPLES)("$difference.id: we say what the table says: $example.question", ({ difference, example }) => {
    expect(ourAnswer(example.question)).toEqual(example.ours);
    expect(difference.touches(example.question)).toBe(true);
  });
});

const ABSENT = fileseqAbsent();

describe("beside Python's fileseq", () => {
  it("still differs in every example of the table: a difference that is gone comes out of it", (context) => {
    if (ABSENT !== null) return context.skip(ABSENT);
    const theirs = askFileseq(EXAMPLES.map(({ example }) => example.question));
    const gone = EXAMPLES.filter(({ example }, at) => sameAnswer(example.ours, theirs[at]));
    expect(gone.map(({ difference, example }) => [difference.id, example.question])).toEqual([]);
  });

  it(`agrees on all ${LISTED.length} listed cases`, (context) => {
    if (ABSENT !== null) return context.skip(ABSENT);
    expect(LISTED.length).toBeGreaterThanOrEqual(200);
    expect(unequal(LISTED)).toEqual([]);
  });

  it(`agrees on ${GENERATED} generated cases, seed ${SEED}, but for the differences of the table`, (context) => {
    if (ABSENT !== null) return context.skip(ABSENT);
    const questions = generated(SEED, GENERATED);
    const differing = unequal(questions);
    const unexplained = differing.filter(({ question }) => !DIFFERENCES.some((one) => one.touches(question)));
    expect(unexplained, `HOTPLATE_TEST_SEED=${SEED}`).toEqual([]);
    expect(questions.length - differing.length).toBeGreaterThanOrEqual(2_000);
  });
});

function unequal(questions: readonly Question[]): { question: Question; ours: unknown; theirs: unknown }[] {
  const theirs = askFileseq(questions);
  expect(theirs.length).toBe(questions.length);
  return questions
    .map((question, at) => ({ question, ours: ourAnswer(question), theirs: theirs[at] }))
    .filter((one) => !sameAnswer(one.ours, one.theirs));
}
