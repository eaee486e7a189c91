/**
 * The proof of the checks: how often each finds its defect and how often it flags what is right, over seeded corpora, in three parts: the
 * checks of one frame, those over frames (sequenceTable.ts), and those of files, names and sets (fileRun.ts).
 * Run: node scripts/bench/qc/main.ts [--quick] [--seed 0] [--cases 660] [--scenes 28] [--large 24] [--workers 2] [--photos DIR]...
 * [--records FILE] [--write] [--only frames | sequences | files] [--shots 6] [--clean-shots 11] [--file-scenes 24].
 * Without figures they are those of the published tables; `--quick` is minutes long. `--seed`: another corpus of the same kinds; that of 0
 * is the published one. `--cases` bounds the clean cases (so many of known kinds, of them three tenths of fresh ones; half as many of
 * unseen ones, which are held out; a third as many photographs, of which the newer third is held out), `--scenes` those that every defect
 * is put into (divided alike), `--large` the clean ones of 3072 x 2048 (a quarter as many with defects). `--photos`: where else to look
 * for photographs.
 * `--records` keeps every answer in a file as it comes: with the same file a run that was cut off goes on. `--write` puts the tables into
 * docs/qc.md and the seed, counts and hashes of some inputs into docs/qc-proof.json; each part leaves those of the others as they are.
 * `--shots`: of each kind of sequence, and clean ones of each; `--records` keeps them with `--only sequences`. `--file-scenes`: files
 * that every defect of files is put into.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { FULL, GUARD, guardOf, runFiles } from "./fileRun.ts";
import { FILES_MARKS, filesMarkdown } from "./fileTally.ts";
import { guardRun } from "./guard.ts";
import { inputHashes } from "./inputHashes.ts";
import type { Job, Seen } from "./jobs.ts";
import { CHECKS } from "./jobs.ts";
import { photos } from "./photos.ts";
import { doAll, progress } from "./proofHands.ts";
import { proofTable, withTable } from "./proofTable.ts";
import { heldFor, keyOf, openRecords } from "./records.ts";
import { runSequences } from "./sequenceRun.ts";
import { sequenceMarkdown, withSequences } from "./sequenceTable.ts";
import type { Tally } from "./tally.ts";
import { tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    cases: { type: "string" },
    scenes: { type: "string" },
    workers: { type: "string", default: "2" },
    large: { type: "string" },
    seed: { type: "string", default: "0" },
    photos: { type: "string", multiple: true, default: [] },
    records: { type: "string" },
    write: { type: "boolean", default: false },
    only: { type: "string" },
    shots: { type: "string" },
    "clean-shots": { type: "string" },
    "file-scenes": { type: "string" },
  },
});

const cases = Number(values.cases ?? (values.quick ? 54 : 660));
const scenes = Number(values.scenes ?? (values.quick ? 4 : 28));
const large = Number(values.large ?? (values.quick ? 0 : 24));
const seed = Number(values.seed);

function list(kind: Job["kind"], from: Job["from"], count: number): readonly Job[] {
  return Array.from({ length: count }, (_, number) => ({ kind, from, number, seed }));
}

/** Counts only: found and of how many. */
function rowsOf({ rows, clean, anyFail, anyWarn, large }: Tally): Readonly<Record<string, unknown>> {
  const defects = rows.flatMap(({ defect, strengths }) =>
    strengths.map(({ name, found, heldOut }) => [`${defect.name}: ${name}`, found, heldOut] as const),
  );
  const ofLarge = large.rows.map(({ defect, name, found }) => [`${defect.name}: ${name}`, found] as const);
  return { defects, clean, anyFail, anyWarn, large: { ...large, rows: ofLarge } };
}

/** Each list at its own pace, so that they end together: of a run that was cut off a smaller one can be told. */
function mixed(...lists: readonly (readonly Job[])[]): readonly Job[] {
  const placed = lists.flatMap((jobs) => jobs.map((job, i) => ({ job, place: (i + 0.5) / jobs.length })));
  return placed.toSorted((a, b) => a.place - b.place).map(({ job }) => job);
}

function jobsOf(withPhotos: boolean): readonly Job[] {
  // Photographs come on top: what is procedural is the same with and without them.
  const rest = withPhotos ? 1 / 3 : 0;
  const divided = (kind: Job["kind"], count: number): readonly (readonly Job[])[] => {
    const fresh = Math.floor(count * 0.3);
    return [
      list(kind, "procedural", count - fresh),
      list(kind, "fresh", fresh),
      list(kind, "unseen", Math.ceil(count / 2)),
      list(kind, "photos", Math.ceil(count * rest)),
    ];
  };
  return mixed(
    ...divided("defects", scenes),
    ...divided("clean", cases),
    list("clean", "large", large),
    list("defects", "large", Math.ceil(large / 4)),
  );
}

async function main(): Promise<void> {
  const pictures = await photos(values.photos);
  const loaded = await loadChecks([]);
  // Of no others: what changes in checks over frames changes nothing here.
  const looked = loaded.checks.filter(({ id }) => CHECKS.includes(id));
  const records = openRecords(values.records ?? null, heldFor(seed, looked));
  const jobs = jobsOf(pictures.length > 0);
  const left = jobs.filter((job) => !records.done.has(keyOf(job)));
  const began = Date.now();
  if (left.length < jobs.length) process.stderr.write(`${jobs.length - left.length} of ${jobs.length} jobs are done\n`);
  const say = progress(left.length);
  let ready = 0;
  const done = (job: Job, seen: readonly Seen[]): void => {
    records.add(job, seen);
    ready += 1;
    say(ready);
  };
  await doAll(left, { workers: Number(values.workers), folders: values.photos, done });
  const seen = jobs.flatMap((job) => records.done.get(keyOf(job)) ?? []);
  const counted = tally(seen);
  const names = pictures.map((photo) => photo.name);
  const table = proofTable({ photos: names, tally: counted });
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(`${table}\n${seen.length} results in ${seconds} s; ${counted.errors} could not be looked at\n`);
  if (!values.write) return;
  writeFileSync(PAGE, withTable(readFileSync(PAGE, "utf8"), table));
  const guard = guardRun(loaded);
  const record = { seed, results: seen.length, photos: names, inputs: inputHashes(), guard, ...rowsOf(counted) };
  writeRecord({ ...record, files: written()["files"] });
}

const PAGE = fileURLToPath(new URL("../../../docs/qc.md", import.meta.url));
const RECORD = fileURLToPath(new URL("../../../docs/qc-proof.json", import.meta.url));

const written = (): Readonly<Record<string, unknown>> => JSON.parse(readFileSync(RECORD, "utf8"));
const writeRecord = (record: Readonly<Record<string, unknown>>): void =>
  writeFileSync(RECORD, `${JSON.stringify(record, null, 1)}\n`);

/** The checks of files. */
async function files(): Promise<void> {
  const began = Date.now();
  const workers = Number(values.workers);
  const scenes = Number(values["file-scenes"] ?? (values.quick ? 2 : 24));
  const shown: { say: ((done: number) => void) | null } = { say: null };
  const notes = await runFiles({
    ...(values.quick ? GUARD : FULL),
    scenes,
    seed,
    workers,
    progress: (done, of) => (shown.say ??= progress(of))(done),
  });
  const table = filesMarkdown(notes);
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(`${table}\n${notes.length} answers in ${seconds} s\n`);
  if (!values.write) return;
  writeFileSync(PAGE, withTable(readFileSync(PAGE, "utf8"), table, FILES_MARKS));
  writeRecord({ ...written(), files: guardOf(await runFiles({ ...GUARD, workers })) });
}

/** The checks over frames. */
async function sequences(): Promise<void> {
  const began = Date.now();
  const shots = Number(values.shots ?? (values.quick ? 1 : 6));
  const cleanShots = Number(values["clean-shots"] ?? (values.quick ? 2 : 11));
  const records = values.only === "sequences" ? (values.records ?? null) : null;
  const run = { shots, cleanShots, seed, workers: Number(values.workers), records };
  const table = sequenceMarkdown(await runSequences(run));
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(`${table}\n${shots} (clean: ${cleanShots}) shots of each kind in ${seconds} s\n`);
  if (!values.write) return;
  writeFileSync(PAGE, withSequences(readFileSync(PAGE, "utf8"), table));
}

const PARTS = { frames: main, sequences, files };
for (const [name, part] of Object.entries(PARTS)) if (values.only === undefined || values.only === name) await part();
