/**
 * What models make of a result and its plate, for the checks that say so (`infers`): worked out before checks run, which stay
 * synchronous. One thread, one session per model in a worker's life, the plate's output kept as long as its pixels. A run can't be
 * stopped: one that takes too long is an error afterwards, and one without end costs the worker by its deadline.
 */
import { LIMITS } from "../../domain/limits.ts";
import { inspectInput } from "../../domain/qcRun.ts";
import type { QcModel, QcModels } from "../../domain/qcModels.ts";
import type { Check, CheckAnswer, CheckInput, DecodedImage, Inferred, InferProblem } from "../../plugin.ts";
import type { LookRequest } from "../programs/programs.ts";
import { modelAnswer } from "./modelAnswer.ts";
import { modelPicture, modelShape } from "./modelPicture.ts";
import type { Opened } from "./runtime.ts";
import { MODEL_HINT, openModel, runtimeWords } from "./runtime.ts";

export interface Inference {
  /** The checks with what their models say of this frame; the same list where none needs one. */
  answered(request: Pick<LookRequest, "checks" | "requests" | "input">): Promise<readonly Check[]>;
}

type Of = "result" | "plate";
type Outcome = Inferred | InferProblem;

export function createInference(models: QcModels): Inference {
  const opened = new Map<string, Promise<Opened>>();
  const kept = new WeakMap<DecodedImage, Map<string, Outcome>>();
  const open = (id: string, model: QcModel): Promise<Opened> => {
    const known = opened.get(id) ?? openModel(model, models.runtime);
    opened.set(id, known);
    return known;
  };

  async function infer(check: Check & { readonly infers: NonNullable<Check["infers"]> }, input: CheckInput) {
    const out = new Map<Of, Outcome>();
    const model = models.checks[check.id];
    for (const of of check.infers.of) {
      const image = input[of];
      // Without a model the check says what to configure; without the picture there is nothing to say.
      if (image === null || model === undefined) continue;
      const box = model.crop === "mask" ? (input.mask?.box ?? null) : null;
      const fits = box === null || (image.width === input.result?.width && image.height === input.result.height);
      const crop = fits ? box : null;
      const key = `${check.id} ${crop?.join() ?? ""}`;
      const known = kept.get(image) ?? new Map<string, Outcome>();
      const outcome = known.get(key) ?? (await look(await open(check.id, model), { check, model, image, crop }));
      kept.set(image, known.set(key, outcome));
      out.set(of, outcome);
    }
    return out;
  }

  return {
    async answered(request) {
      const out = new Map<string, Check>();
      for (const { check, input } of questionsOf(request)) {
        const outcomes = await infer(check, input);
        out.set(check.id, sees(check, outcomes));
      }
      return out.size === 0 ? request.checks : request.checks.map((check) => out.get(check.id) ?? check);
    },
  };
}

type Inferring = Check & { readonly infers: NonNullable<Check["infers"]> };

/** Those that `qcRun` would run. */
function questionsOf(
  request: Parameters<Inference["answered"]>[0],
): readonly { readonly check: Inferring; readonly input: CheckInput }[] {
  const inferring = request.checks.filter((check): check is Inferring => check.infers !== undefined);
  const asked = request.requests.filter((one) => inferring.some(({ id }) => id === one.check));
  if (asked.length === 0) return [];
  const questions: { readonly check: Inferring; readonly input: CheckInput }[] = [];
  const listening = inferring.map((check) => ({
    ...check,
    run(input: CheckInput): CheckAnswer {
      questions.push({ check, input });
      return { verdict: "error", measures: [], message: "asked" };
    },
  }));
  inspectInput(listening, asked, request.input);
  return questions;
}

function sees(check: Inferring, outcomes: ReadonlyMap<Of, Outcome>): Check {
  if (outcomes.size === 0) return check;
  return { ...check, run: (input) => check.run({ ...input, inferred: (of) => outcomes.get(of) ?? null }) };
}

async function look(
  opened: Opened,
  of: {
    readonly check: Inferring;
    readonly model: QcModel;
    readonly image: DecodedImage;
    readonly crop: Parameters<typeof modelPicture>[2];
  },
): Promise<Outcome> {
  if (opened.kind === "problem") return { output: "problem", message: opened.message, hint: opened.hint };
  const { check, model, image, crop } = of;
  const { session } = opened;
  const began = performance.now();
  try {
    const output = await session.run(modelPicture(image, model, crop), modelShape(model));
    const ms = performance.now() - began;
    if (ms > LIMITS.modelRunMs)
      return problem(`its model took ${Math.round(ms)} ms; ${LIMITS.modelRunMs} are allowed (HP-PLUGIN-LATE)`);
    const answer = modelAnswer(output, check.infers.output, { model, name: session.name });
    if (typeof answer === "string") return problem(`of its model (${session.name}) ${answer}`);
    return crop === null ? answer : { ...answer, box: crop };
  } catch (error) {
    return problem(`its model (${session.name}) broke: ${runtimeWords(error)}`);
  }
}

function problem(message: string): InferProblem {
  return { output: "problem", message, hint: MODEL_HINT };
}
