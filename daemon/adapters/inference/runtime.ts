/**
 * onnxruntime-node, an optional peer: hundreds of megabytes that nobody gets unless they want a check that looks through a model. It is
 * imported with the first such question. May assume nothing of it: it may be absent, of another version, or refuse a model.
 */
import { createRequire } from "node:module";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { messageOf, systemCode } from "../../domain/errors.ts";
import type { QcModel } from "../../domain/qcModels.ts";
import { sha256At } from "../images/byteSource.ts";
import type { ModelOutput } from "./modelAnswer.ts";
import { modelMisfit } from "./modelMisfit.ts";
import type { Taken } from "./modelMisfit.ts";
import { weightFiles } from "./weightFiles.ts";

export interface Session {
  /** `dino.onnx, sha256 0123456789ab`; weights in files of their own follow in the same way. */
  readonly name: string;
  run(data: Float32Array, shape: readonly number[]): Promise<ModelOutput>;
}
export type Opened =
  | { readonly kind: "session"; readonly session: Session }
  | { readonly kind: "problem"; readonly message: string; readonly hint: string };

/** What is used of the package. */
interface Runtime {
  readonly InferenceSession: {
    create(path: string, options: Readonly<Record<string, unknown>>): Promise<RuntimeSession>;
  };
  readonly Tensor: new (
    type: "float32" | "uint16",
    data: Float32Array | Uint16Array,
    dims: readonly number[],
  ) => unknown;
}
interface RuntimeSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Absent before 1.21. */
  readonly inputMetadata?: readonly Taken[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, ModelOutput>>>;
}

const PACKAGE = "onnxruntime-node";
const INSTALL = `Run npm install ${PACKAGE} in a folder of yours, and name FOLDER/node_modules/${PACKAGE} as qcModels.runtime in hotplate.yaml.`;
const HASH_SHOWN = 12;
const WORDS_MAX = 400;
export const MODEL_HINT =
  "Compare width, height, channels, layout, input and output under qcModels with what the model takes and gives (docs/plugins.md).";

/** What the runtime said, on one line and without its full stops: the figures are in the lines after the first. */
export function runtimeWords(error: unknown): string {
  const words = messageOf(error).replaceAll(/\s+/gu, " ").trim().replace(/\.+$/u, "");
  return words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX)} ...` : words;
}

/** null: it is there; else why it can't be found, without loading it. */
export function runtimeAbsent(runtimeFolder: string | undefined): string | null {
  try {
    createRequire(import.meta.url).resolve(runtimeFolder ?? PACKAGE);
    return null;
  } catch (error) {
    return messageOf(error).split("\n")[0] ?? "unknown";
  }
}

export async function openModel(model: QcModel, runtimeFolder: string | undefined): Promise<Opened> {
  const sha256 = sha256At(model.file);
  if (sha256 === null)
    return {
      kind: "problem",
      message: `its model ${model.file} can't be read`,
      hint: "Correct its file under qcModels in hotplate.yaml.",
    };
  let runtime: Runtime;
  try {
    runtime = createRequire(import.meta.url)(runtimeFolder ?? PACKAGE) as Runtime;
  } catch (error) {
    const why = messageOf(error).split("\n")[0] ?? "";
    return { kind: "problem", message: `${PACKAGE} can't be loaded: ${why}`, hint: INSTALL };
  }
  try {
    // Given as bytes: a file of weights would be mapped, and one that is written over gives other numbers, one that is cut ends the process.
    const weights = weightFiles(model.file).flatMap((path) => weightsOf(model.file, path));
    const session = await runtime.InferenceSession.create(model.file, {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      logSeverityLevel: 3,
      ...(weights.length === 0 ? {} : { externalData: weights }),
    });
    const misfit = modelMisfit(session, model);
    if (misfit !== null) return { kind: "problem", message: `its model ${model.file} ${misfit}`, hint: MODEL_HINT };
    const hashes = weights.map(({ path, data }) => hashed(path, createHash("sha256").update(data).digest("hex")));
    const name = [hashed(model.file, sha256), ...hashes].join(", ");
    return { kind: "session", session: sessionOf(runtime, session, { model, name }) };
  } catch (error) {
    return {
      kind: "problem",
      message: `its model ${model.file} can't be used: ${runtimeWords(error)}`,
      hint: "It must be a whole ONNX file that this onnxruntime-node runs, its weights (.data) beside it if they are in files of their own.",
    };
  }
}

function hashed(path: string, sha256: string): string {
  return `${basename(path)}, sha256 ${sha256.slice(0, HASH_SHOWN)}`;
}

/** None where the file can't be read: the runtime then names it. */
function weightsOf(model: string, path: string): readonly { readonly path: string; readonly data: Buffer }[] {
  try {
    return [{ path: relative(dirname(model), path), data: readFileSync(path) }];
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return [];
  }
}

function sessionOf(
  runtime: Runtime,
  session: RuntimeSession,
  { model, name }: { readonly model: QcModel; readonly name: string },
): Session {
  return {
    name,
    async run(data, shape) {
      const input = model.input ?? session.inputNames[0] ?? "";
      const output = model.output ?? session.outputNames[0] ?? "";
      const half = session.inputMetadata?.find((one) => one.name === input)?.type === "float16";
      const tensor = half
        ? // Of Float16Array, which the package makes of bits called float16 where there is one, its binding sees no bytes (1.30).
          Object.assign(new runtime.Tensor("uint16", new Uint16Array(new Float16Array(data).buffer), shape) as object, {
            type: "float16",
          })
        : new runtime.Tensor("float32", data, shape);
      const outputs = await session.run({ [input]: tensor });
      const found = outputs[output];
      if (found === undefined) throw new Error(`it has no output ${output}; it has ${session.outputNames.join(", ")}`);
      return found;
    },
  };
}
