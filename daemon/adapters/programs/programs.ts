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
import { programRequest, wholeRequest } from "../../domain/programRequest.ts";
import type { SeriesFrame } from "../../domain/qcRequest.ts";
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
  /** The same for one wedge's frames, or for one frame of every wedge. */
  answeredWhole(request: WholeLook): Promise<readonly Check[]>;
  close(): Promise<void>;
}

export interface WholeLook {
  readonly checks: readonly Check[];
  readonly requests: readonly QcRequest[];
  readonly scope: "sequence" | "set";
  readonly frames: CheckInput["frames"];
  readonly series: readonly SeriesFrame[];
}

export interface LookRequest {
  readonly checks: readonly Check[];
  readonly requests: readonly QcRequest[];
  readonly input: SharedInput;
  readonly platePath: string | null;
  readonly maskPath: string | null;
  /** When programs must have answered, by `performance.now()`; absent: LIMITS.programMsMax from now. */
  readonly until?: number;
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
  /** The question's text; `raw`: where the pixels are that were written for it. */
  readonly line: (raw: AskedFiles["raw"]) => string;
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
      const { input, platePath, maskPath } = request;
      const watched = [input.resultFile.path, platePath, maskPath].filter((path) => path !== null);
      return stoodIn(options, request.checks, {
        questions: questionsOf(byId, request),
        watched,
        pixels: input,
        askingOf,
        until: request.until ?? performance.now() + LIMITS.programMsMax,
      });
    },
    async answeredWhole(request) {
      const watched = request.series.map(({ look }) => look.path).slice(0, LIMITS.programFilesWatched);
      return stoodIn(options, request.checks, {
        questions: wholeQuestions(byId, request),
        watched,
        pixels: null,
        askingOf,
        until: performance.now() + LIMITS.programMsMax,
      });
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
  const { platePath, maskPath } = request;
  const questions: Question[] = [];
  const listening = request.checks
    .filter(({ id }) => byId.has(id))
    .map((check) => ({
      ...check,
      run(input: CheckInput): CheckAnswer {
        const program = byId.get(check.id);
        const line = (raw: AskedFiles["raw"]): string =>
          JSON.stringify(
            programRequest(program?.manifest ?? { ...check, facts: [] }, input, {
              plate: platePath,
              mask: maskPath,
              raw,
            }),
          );
        if (program !== undefined) questions.push({ program, check, line });
        return { verdict: "error", measures: [], message: "asked" };
      },
    }));
  inspectInput(listening, asked, request.input);
  return questions;
}

/** With a limit that the check does not have it is not asked: `qcRun` says so. */
function wholeQuestions(byId: ReadonlyMap<string, Program>, whole: WholeLook): readonly Question[] {
  const { scope, frames, series } = whole;
  return whole.requests.flatMap((request) => {
    const program = byId.get(request.check);
    const check = whole.checks.find(({ id }) => id === request.check);
    if (program === undefined || check === undefined || check.scope !== scope) return [];
    if (Object.keys(request.limits).some((name) => !Object.hasOwn(check.limits, name))) return [];
    const limits = { ...check.limits, ...request.limits };
    return [{ program, check, line: () => JSON.stringify(wholeRequest(check, { scope, limits, frames, series })) }];
  });
}

interface Round {
  readonly questions: readonly Question[];
  /** Files that a program could reach by name. */
  readonly watched: readonly string[];
  /** Whose pixels are written for those that ask for them. */
  readonly pixels: Pick<CheckInput, "result" | "plate" | "mask"> | null;
  readonly askingOf: (program: Program) => Asking;
  readonly until: number;
}

async function stoodIn(options: ProgramsOptions, checks: readonly Check[], round: Round): Promise<readonly Check[]> {
  if (round.questions.length === 0) return checks;
  const answers = await askAll(options, round);
  return checks.map((check) => answers.get(check.id) ?? check);
}

async function askAll(options: ProgramsOptions, round: Round): Promise<ReadonlyMap<string, Check>> {
  const answers = new Map<string, Check>();
  const raw = round.questions.some(({ program }) => program.manifest.pixels === "raw");
  const pixels = raw && round.pixels !== null ? pixelScratch(options.scratchDir, round.pixels) : null;
  const before = fingerprint(round.watched);
  try {
    const waiting = [...round.questions];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const left = round.until - performance.now();
        answers.set(next.check.id, await askOne(next, round.askingOf(next.program), { pixels, left }));
      }
    };
    await Promise.all(Array.from({ length: LIMITS.programsAtOnce }, lane));
  } finally {
    if (pixels?.kind === "written") pixels.scratch[Symbol.dispose]();
  }
  if (fingerprint(round.watched) === before) return answers;
  const names = [...answers.keys()].join(" or ");
  const wrote = failed("HP-PLUGIN-WROTE", `a file was changed while ${names} looked at it; nothing can be said of it`);
  return new Map([...answers].map(([id, check]) => [id, answeredBy(check, wrote)]));
}

type Pixels =
  | { readonly kind: "written"; readonly scratch: Disposable; readonly raw: AskedFiles["raw"] }
  | { readonly kind: "failed"; readonly said: Said };

function pixelScratch(scratchDir: string | null, input: NonNullable<Round["pixels"]>): Pixels {
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
  { program, check, line }: Question,
  asking: Asking,
  of: { readonly pixels: Pixels | null; readonly left: number },
): Promise<Check> {
  const { manifest } = program;
  const wants = manifest.pixels === "raw";
  if (wants && of.pixels?.kind === "failed") return answeredBy(check, of.pixels.said);
  const timeoutMs = Math.round(Math.min(manifest.timeoutSeconds * 1000, of.left));
  if (timeoutMs <= 0)
    return answeredBy(check, failed("HP-PLUGIN-LATE", `the programs before it took ${LIMITS.programMsMax / 1000} s`));
  const raw = wants && of.pixels?.kind === "written" ? of.pixels.raw : NO_PIXELS;
  return answeredBy(check, await asking.ask(line(raw), timeoutMs));
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

/** Changed files were written to. */
function fingerprint(paths: readonly string[]): string {
  return paths.map(printOf).join("\n");
}

function printOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(" ");
  } catch (error) {
    return systemCode(error) ?? "unknown";
  }
}
