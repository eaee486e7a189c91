/** The words of STATUS.txt where tasks failed: the causes, each once, with its code. */
import { expect, test } from "vitest";
import type { AnsweredJob, AnswerPaths } from "../../daemon/domain/answer.ts";
import { answerFailures, duplicateAnswer, statusAnswer } from "../../daemon/domain/answer.ts";
import { fromForeign, otherForms } from "../../daemon/domain/pathForms.ts";

const counts = { blocked: 0, ready: 0, running: 0, committing: 0, done: 0, failed: 0, deferred: 0, canceled: 0 };
const job = (more: Partial<AnsweredJob>): AnsweredJob => ({
  id: "job_1",
  state: "failed",
  counts: { ...counts, failed: 3 },
  plan: {
    notes: [],
    steps: [
      {
        recipe: { name: "env_relight", version: "1.0.0" },
        plate: { pattern: "SH010_PL01_v001.####.exr" },
        wedges: Array(24).fill(null),
        frames: [1001, 1030, 1058],
        gpuSecondsPerTask: 2,
      },
    ],
  },
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

test("an accepted drop is told what will run, how much it makes and costs, and what is before it", () => {
  const accepted = job({ state: "waiting", counts: { ...counts, ready: 72 }, steps: [{ reason: null }] });
  const text = statusAnswer("relight.yaml", accepted, { ...extras([]), ahead: 5, etaSeconds: 400 });
  expect(text).toBe(
    [
      "ACCEPTED  relight.yaml",
      "",
      "  job:      job_1",
      "  runs:     env_relight 1.0.0 on SH010_PL01_v001.####.exr",
      "  makes:    24 variations x 3 frames = 72 images",
      "  GPU time: about 2 min by the recipe's estimate",
      "  tasks:    0/72 rendered",
      "  before:   5 tasks are before it",
      "  about:    7 min to go",
      "",
      "This file follows the job; look again any time.",
      "",
    ].join("\n"),
  );
});

test("places are told in the spelling of every machine that people read them on", () => {
  const roots = [{ linux: "/mnt/shows", windows: ["P:\\", "\\\\nas\\shows"], macos: "/Volumes/shows" }];
  expect(otherForms("/mnt/shows/AGM/v001", roots)).toEqual(["P:\\AGM\\v001", "/Volumes/shows/AGM/v001"]);
  expect(otherForms("/elsewhere/x", roots)).toEqual([]);
  expect(fromForeign("p:/AGM/x.exr", roots)).toBe("/mnt/shows/AGM/x.exr");
  expect(fromForeign("\\\\NAS\\shows\\AGM\\x.exr", roots)).toBe("/mnt/shows/AGM/x.exr");
  expect(fromForeign("/Volumes/shows/AGM/x.exr", roots)).toBe("/mnt/shows/AGM/x.exr");
  expect(fromForeign("\\\\nas\\shows2\\x.exr", roots)).toBeNull();
  expect(fromForeign("Q:\\x.exr", roots)).toBeNull();
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

test("a second drop of work that failed meanwhile is told that it failed, why, and that it may be dropped again", () => {
  const text = duplicateAnswer("again.yaml", job({}), extras(answerFailures([{ wedge: 1, failure: memory }])));
  expect(text).toMatch(/^FAILED {2}again\.yaml is the same work as job job_1, which failed\.\n/);
  expect(text).toContain("HP-COMFY-MEMORY");
  expect(text).toContain("To try it again, drop it again.");
  const waiting = job({ state: "waiting", counts: { ...counts, ready: 3 }, steps: [{ reason: null }] });
  expect(duplicateAnswer("again.yaml", waiting, extras([]))).toMatch(/^ALREADY ACCEPTED {2}again\.yaml/);
});

test("what QC refused is told with where it lies, of a version that is there and of one that is not", () => {
  const version = {
    product: "look",
    number: 3,
    path: "/s/look/v003",
    otherForms: [],
    reviewDir: "/s/review",
    contactSheet: "/s/c.jpg",
    qcReport: "/s/q.html",
    refused: { wedges: [2, 5], more: 3, place: "/s/look/.hotplate/quarantine/v003" },
  };
  const said = (state: "burnt" | "committed"): string =>
    statusAnswer("a.yaml", job({}), { ...extras([]), versions: [{ ...version, state }] });
  const line = "  refused:  w002, w005 and 3 more: the pictures lie in /s/look/.hotplate/quarantine/v003\n";
  expect(said("burnt")).toContain(`${line}  QC:       /s/q.html\n`);
  expect(said("burnt")).toContain(
    "Next: read the QC report; drop the manifest again, and with  qc: {gate: hold}  it waits",
  );
  expect(said("committed")).toContain(line);
  expect(said("committed").match(/q\.html/g)).toHaveLength(1);
});

test("foretells no end where all that is left waits for a person", () => {
  const first = [
    { task: "job_1/1/w1/1001", wedge: 1, reason: "image.soft: It is soft.", checks: ["image.soft"], until: null },
  ];
  const held = {
    wedges: 4,
    report: false,
    warned: 0,
    anyway: { failed: 0, unlooked: 0, published: false },
    held: { count: 1, page: null, first },
    waived: { count: 0, first: [] },
    reseeded: { wedges: 0, first: [] },
  };
  const said = (of: Partial<typeof counts>) =>
    statusAnswer("a.yaml", job({ state: "running", counts: { ...counts, committing: 4, ...of } }), {
      ...extras([]),
      etaSeconds: 1,
      qc: [held],
    });
  expect(said({})).toContain("w001 waits for a person");
  expect(said({})).not.toContain("to go");
  expect(said({ ready: 1 })).toContain("about:    1 s to go");
});

test("an answer holds nothing that a terminal would obey, whoever's words it repeats", () => {
  const memory = { class: "node_error", code: "HP-COMFY-FAILED", message: "gone \u001b[2J\u009b\u202e" } as const;
  const text = statusAnswer("relight.yaml", job({}), extras(answerFailures([{ wedge: 8, failure: memory }])));
  expect(text).toContain("gone \\u001b[2J\\u009b\\u202e");
  expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
});
