/** What the doctor says of models that checks look through: whether their files and the runtime can be found. Nothing is loaded. */
import { statSync } from "node:fs";
import { runtimeAbsent } from "../adapters/inference/runtime.ts";
import { systemCode } from "../domain/errors.ts";
import type { QcModels } from "../domain/qcModels.ts";
import type { Line } from "./doctor.ts";

export function modelLines({ runtime, checks }: QcModels): readonly Line[] {
  const models = Object.entries(checks);
  if (models.length === 0) return [];
  const absent = runtimeAbsent(runtime);
  const fix =
    "npm install onnxruntime-node in a folder of yours, and name it as qcModels.runtime; until then such checks are errors";
  const found = runtime ?? "as Node finds it";
  const first: Line =
    absent === null
      ? { state: "OK", what: "onnxruntime-node", found, fix: null }
      : { state: "WARN", what: "onnxruntime-node", found: `${found}: ${absent}`, fix };
  return [first, ...models.map(([id, { file }]) => modelLine(id, file))];
}

function modelLine(id: string, file: string): Line {
  const what = `model of ${id}`;
  const fix = `correct qcModels.checks.${id}.file; until then ${id} is an error`;
  try {
    if (statSync(file).isFile()) return { state: "OK", what, found: file, fix: null };
    return { state: "WARN", what, found: `${file} is no file`, fix };
  } catch (error) {
    return { state: "WARN", what, found: `${file} can't be read (${systemCode(error) ?? "unknown"})`, fix };
  }
}
