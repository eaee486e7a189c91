/**
 * Asks the checks that are programs about one frame, before the checks that are objects run: what they said stands in for them
 * there (`qcRun` knows no difference). A bounded number at a time, in a bounded time for all of them, in scratch that goes
 * afterwards; whatever went wrong is the answer `error`, with its code.
 */
import { statSync } from "node:fs";
import { messageOf, systemCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { QcRequest } from "../../domain/plan.ts";
import { readProgramAnswer } from "../../domain/programAnswer.ts";
import type { AskedFiles } from "../../domain/programRequest.ts";
import { programRequest } from "../../domain/programRequest.ts";
import type { SharedInput } from "../../domain/qcInput.ts";
import { inspectInput } from "../../domain/qcRun.ts";
import type { Check, CheckAnswer, CheckInput } from "../../plugin.ts";
import type { Exec } from "../../ports.ts";
import { openScratch } from "../images/toolScratch.ts";
import { createAskOnce } from "./askOnce.ts";
import type { Program } from "./loadProgram.ts";
import { pixelBytes, writePixels } from "./pixelFiles.ts";
import type { Asking, Said } from "./said.ts";
import { failed } from "./said.ts";
import { createServedProgram } from "./servedProgram.ts";

export interface Programs {
  /** The checks with those that are programs answered for this frame; the same list where none is asked. */
  answered(request: LookRequest): Promise<readonly Check[]>;
  close(): Promise<void>;
}

export interface LookRequest {
  readonly checks: readonly Check[];
  readonly requests: readonly QcRequest[];
  readonly input: SharedInput;
  readonly platePath: string | null;
  readonly maskPath: string | null;
}

export interface ProgramsOptions {
  readonly programs: readonly Program[];
  readonly exec: Exec;
  /** On a local disk, made when pixels are asked for. */
  readonly scratchDir: string | null;
}

interface Question {
  readonly program: Program;
  /** As it stands in the list. */
  readonly check: Check;
  readonly input: CheckInput;
}

export function createPrograms(options: ProgramsOptions): Programs {
  const byId = new Map(options.programs.map((program) => [program.manifest.id, program]));
  const asking = new Map<string, Asking>();
  const askingOf = (program: Program): Asking => {
    const { id, mode } = program.manifest;
    const known =
      asking.get(id) ?? (mode === "serve" ? createServedProgram(program) : createAskOnce(options.exec, program));
    asking.set(id, known);
    return known;
  };
  return {
    async answered(request) {
      const questions = questionsOf(byId, request);
      if (questions.length === 0) return request.checks;
      const answers = await askAll(options, questions, { request, askingOf });
      return request.checks.map((check) => answers.get(check.id) ?? check);
    },
    async close() {
      await Promise.all([...asking.values()].map((one) => one.close()));
    },
  };
}

/** Those that `qcRun` would run: with their limits, and not where what they need is missing. */
function questionsOf(byId: ReadonlyMap<string, Program>, request: LookRequest): readonly Question[] {
  const asked = request.requests.filter(({ check }) => byId.has(check));
  if (asked.length === 0) return [];
  const questions: Question[] = [];
  const listening = request.checks
    .filter(({ id }) => byId.has(id))
    .map((check) => ({
      ...check,
      run(input: CheckInput): CheckAnswer {
        const program = byId.get(check.id);
        if (program !== undefined) questions.push({ program, check, input });
        return { verdict: "error", measures: [], message: "asked" };
      },
    }));
  inspectInput(listening, asked, request.input);
  return questions;
}

interface Round {
  readonly request: LookRequest;
  readonly askingOf: (program: Program) => Asking;
}

async function askAll(
  options: ProgramsOptions,
  questions: readonly Question[],
  round: Round,
): Promise<ReadonlyMap<string, Check>> {
  const answers = new Map<string, Check>();
  const raw = questions.filter(({ program }) => program.manifest.pixels === "raw");
  const pixels = raw[0] === undefined ? null : pixelScratch(options.scratchDir, raw[0].input);
  const before = fingerprint(round.request);
  const deadline = performance.now() + LIMITS.programMsMax;
  try {
    const waiting = [...questions];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const left = deadline - performance.now();
        answers.set(next.program.manifest.id, await askOne(next, round, { pixels, left }));
      }
    };
    await Promise.all(Array.from({ length: LIMITS.programsAtOnce }, lane));
  } finally {
    if (pixels?.kind === "written") pixels.scratch[Symbol.dispose]();
  }
  if (fingerprint(round.request) === before) return answers;
  const names = [...answers.keys()].join(" or ");
  const wrote = failed("HP-PLUGIN-WROTE", `a file was changed while ${names} looked at it; nothing can be said of it`);
  return new Map([...answers].map(([id, check]) => [id, answeredBy(check, wrote)]));
}

type Pixels =
  | { readonly kind: "written"; readonly scratch: Disposable; readonly raw: AskedFiles["raw"] }
  | { readonly kind: "failed"; readonly said: Said };

function pixelScratch(scratchDir: string | null, input: CheckInput): Pixels {
  try {
    if (scratchDir === null) throw new Error("this node has no scratch directory");
    const scratch = openScratch(scratchDir, pixelBytes(input));
    return { kind: "written", scratch, raw: writePixels(scratch.dir, input) };
  } catch (error) {
    return { kind: "failed", said: failed("HP-PLUGIN-RUN", `its pixels could not be written: ${messageOf(error)}`) };
  }
}

const NO_PIXELS: AskedFiles["raw"] = { result: null, plate: null, mask: null };

async function askOne(
  { program, check, input }: Question,
  round: Round,
  of: { readonly pixels: Pixels | null; readonly left: number },
): Promise<Check> {
  const { manifest } = program;
  const wants = manifest.pixels === "raw";
  if (wants && of.pixels?.kind === "failed") return answeredBy(check, of.pixels.said);
  const timeoutMs = Math.round(Math.min(manifest.timeoutSeconds * 1000, of.left));
  if (timeoutMs <= 0)
    return answeredBy(check, failed("HP-PLUGIN-LATE", `the programs before it took ${LIMITS.programMsMax / 1000} s`));
  const files: AskedFiles = {
    plate: round.request.platePath,
    mask: round.request.maskPath,
    raw: wants && of.pixels?.kind === "written" ? of.pixels.raw : NO_PIXELS,
  };
  const line = JSON.stringify(programRequest(manifest, input, files));
  return answeredBy(check, await round.askingOf(program).ask(line, timeoutMs));
}

const ERROR_HINT = "Try it by hand with hotplate plugin test; docs/plugins.md says what a program must do.";

/** The check as an object that says what its program said. */
function answeredBy(check: Check, said: Said): Check {
  const broken = (code: string, sentence: string, hint: string): Check => ({
    ...check,
    run: () => ({ verdict: "error", measures: [], message: `${check.id}: ${sentence} (${code}).`, hint }),
  });
  if (said.kind === "failed") return broken(said.code, said.sentence, ERROR_HINT);
  const answer = readProgramAnswer(said.text);
  switch (answer.kind) {
    case "answer":
      return { ...check, run: () => answer.answer };
    case "notApplied":
      return { ...check, applies: () => answer.because };
    case "fault":
      return broken("HP-PLUGIN-ANSWER", answer.sentence, answer.hint);
  }
}

/** Of the files that a program could reach by name: changed ones were written to. */
function fingerprint({ input, platePath, maskPath }: LookRequest): string {
  return [input.resultFile.path, platePath, maskPath].map((path) => (path === null ? "" : printOf(path))).join("\n");
}

function printOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(" ");
  } catch (error) {
    return systemCode(error) ?? "unknown";
  }
}
