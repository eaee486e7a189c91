/** The words of STATUS.txt where tasks failed: the causes, each once, with its code. */
import { expect, test } from "vitest";
import type { AnsweredJob, AnswerPaths } from "../../daemon/domain/answer.ts";
import { answerFailures, statusAnswer } from "../../daemon/domain/answer.ts";

const counts = { blocked: 0, ready: 0, running: 0, committing: 0, done: 0, failed: 0, deferred: 0, canceled: 0 };
const job = (more: Partial<AnsweredJob>): AnsweredJob => ({
  id: "job_1",
  state: "failed",
  counts: { ...counts, failed: 3 },
  plan: { notes: [] },
  steps: [{ reason: "3 tasks failed or were rejected" }],
  ...more,
});
const extras = (failures: AnswerPaths["failures"]): AnswerPaths => ({
  ahead: 0,
  etaSeconds: null,
  trouble: null,
  versions: [],
  failures,
  now: 0,
});
const missing = { code: "HP-RECIPE-MODEL", message: 'the model "a.safetensors" is not there.' };
const memory = { code: "HP-COMFY-MEMORY", message: "The GPU ran out of memory." };

test("a failed job's answer names each cause once, with its first wedge and how many share it", () => {
  const failures = answerFailures([
    { wedge: 2, failure: missing },
    { wedge: 3, failure: memory },
    { wedge: 4, failure: missing },
    { wedge: 5, failure: missing },
    { wedge: 6, failure: null },
  ]);
  const lines = statusAnswer("relight.yaml", job({}), extras(failures)).split("\n");
  expect(lines).toContain('  failed:   w002 and 2 more: HP-RECIPE-MODEL  the model "a.safetensors" is not there.');
  expect(lines).toContain("  failed:   w003: HP-COMFY-MEMORY  The GPU ran out of memory.");
  expect(lines).toContain("  why:      3 tasks failed or were rejected");
});

test("a finished job with some failed wedges says why they failed, too", () => {
  const done = job({ state: "done", counts: { ...counts, done: 7, failed: 1 }, steps: [{ reason: null }] });
  const text = statusAnswer("relight.yaml", done, extras(answerFailures([{ wedge: 8, failure: memory }])));
  expect(text).toMatch(/^DONE {2}relight\.yaml\n/);
  expect(text).toContain("  failed:   w008: HP-COMFY-MEMORY  The GPU ran out of memory.\n");
});

test("no more than three causes are told in the folder", () => {
  const many = Array.from({ length: 9 }, (_, index) => ({
    wedge: index + 1,
    failure: { code: "HP-COMFY-FAILED", message: `cause ${index}` },
  }));
  const text = statusAnswer("relight.yaml", job({}), extras(answerFailures(many)));
  expect(text.match(/^ {2}failed:/gm)).toHaveLength(3);
});
