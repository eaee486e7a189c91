/**
 * The proof of the frame checks: how often each finds its defect and how often it flags what is right, over a seeded corpus.
 * Run: node scripts/bench/qc/main.ts [--quick] [--cases 1200] [--scenes 72] [--workers 2] [--photos DIR] [--records FILE] [--write]
 * [--only frames | sequences] [--shots 10].
 * `--shots`: of each kind of sequence (sequenceTable.ts).
 * `--cases` bounds the clean cases, `--scenes` those that every defect is put into. `--write` puts the tables into docs/qc.md and the seeds,
 * counts and hashes of some inputs into docs/qc-proof.json; without it the tables are printed. `--records` keeps every single answer, one JSON line
 * each; `--from` takes them from such a file instead of running anything.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { guardRun } from "./guard.ts";
import { inputHashes } from "./inputHashes.ts";
import type { Job, Seen } from "./jobs.ts";
import { photos } from "./photos.ts";
import { proofTable, withTable } from "./proofTable.ts";
import { sequenceMarkdown, sequenceTable, withSequences } from "./sequenceTable.ts";
import type { Tally } from "./tally.ts";
import { tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    cases: { type: "string" },
    scenes: { type: "string" },
    workers: { type: "string", default: "2" },
    photos: { type: "string" },
    records: { type: "string" },
    from: { type: "string" },
    write: { type: "boolean", default: false },
    only: { type: "string" },
    shots: { type: "string" },
  },
});

const cases = Number(values.cases ?? (values.quick ? 54 : 1_200));
const scenes = Number(values.scenes ?? (values.quick ? 4 : 72));

/** Hands the jobs out one by one, so that a slow process takes fewer. */
async function all(jobs: readonly Job[], workers: number, folder: string): Promise<readonly Seen[]> {
  const script = fileURLToPath(new URL("./proofWorker.ts", import.meta.url));
  const out: Seen[][] = [];
  let next = 0;
  const work = async (worker: ChildProcess): Promise<void> => {
    const end = ended(worker);
    await Promise.race([once(worker, "message"), end]);
    while (next < jobs.length) {
      const at = next;
      next += 1;
      worker.send(jobs[at] as Job);
      const [seen] = (await Promise.race([once(worker, "message"), end])) as [Seen[]];
      out[at] = seen;
      if (process.stderr.isTTY && at % 10 === 0) process.stderr.write(`\r${at} of ${jobs.length} `);
    }
    worker.disconnect();
    await end;
  };
  await Promise.all(Array.from({ length: workers }, () => work(fork(script, [folder], { serialization: "advanced" }))));
  return out.flat();
}

function kept(file: string): readonly Seen[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Seen);
}

function list(kind: Job["kind"], from: Job["from"], count: number): readonly Job[] {
  return Array.from({ length: count }, (_, number) => ({ kind, from, number }));
}

/** Ends well where there is nothing more to do. */
async function ended(worker: ChildProcess): Promise<never[]> {
  const [code] = (await once(worker, "exit")) as [number];
  if (code !== 0) throw new Error(`a process of the proof ended (${code})`);
  return [];
}

/** Counts only: found and of how many. */
function rowsOf({ rows, clean, anyFail, anyWarn }: Tally): Readonly<Record<string, unknown>> {
  const defects = rows.flatMap(({ defect, strengths }) =>
    strengths.map(({ name, found, heldOut }) => [`${defect.name}: ${name}`, found, heldOut] as const),
  );
  return { defects, clean, anyFail, anyWarn };
}

async function main(): Promise<void> {
  const folder = values.photos ?? "";
  const pictures = await photos(folder === "" ? null : folder);
  // Photographs come on top: what is procedural is the same with and without them.
  const rest = pictures.length === 0 ? 0 : 1 / 3;
  const jobs: readonly Job[] = [
    ...list("defects", "procedural", scenes),
    ...list("defects", "photos", Math.ceil(scenes * rest)),
    ...list("clean", "procedural", cases),
    ...list("clean", "photos", Math.ceil(cases * rest)),
  ];
  const began = Date.now();
  const seen = values.from === undefined ? await all(jobs, Number(values.workers), folder) : kept(values.from);
  if (values.records !== undefined)
    writeFileSync(values.records, seen.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const counted = tally(seen);
  const names = pictures.map((photo) => photo.name);
  const table = proofTable({ photos: names, tally: counted, sequences: null });
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(`${table}\n${seen.length} results in ${seconds} s; ${counted.errors} could not be looked at\n`);
  if (!values.write) return;
  const page = fileURLToPath(new URL("../../../docs/qc.md", import.meta.url));
  writeFileSync(page, withTable(readFileSync(page, "utf8"), table));
  const guard = guardRun(await loadChecks([]));
  const record = { results: seen.length, photos: names, inputs: inputHashes(), guard, ...rowsOf(counted) };
  writeFileSync(
    fileURLToPath(new URL("../../../docs/qc-proof.json", import.meta.url)),
    `${JSON.stringify(record, null, 1)}\n`,
  );
}

/** The checks over frames. */
async function sequences(): Promise<void> {
  const began = Date.now();
  const say = (done: number, of: number) => process.stderr.isTTY && process.stderr.write(`\r${done} of ${of} shots `);
  const seeds = Number(values.shots ?? (values.quick ? 1 : 10));
  const table = sequenceMarkdown(await sequenceTable({ seeds, workers: Number(values.workers), say }));
  process.stdout.write(`${table}\n${seeds} shots of each kind in ${Math.round((Date.now() - began) / 1000)} s\n`);
  if (!values.write) return;
  const page = fileURLToPath(new URL("../../../docs/qc.md", import.meta.url));
  writeFileSync(page, withSequences(readFileSync(page, "utf8"), table));
}

if (values.only !== "sequences") await main();
if (values.only !== "frames") await sequences();
