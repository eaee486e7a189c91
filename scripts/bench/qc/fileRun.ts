/**
 * The proof over files: right ones, and every defect at every strength, looked at by the product's own workers. Run by main.ts
 * (`--only files`); a test runs a small part of it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import type { FileCase } from "./fileCase.ts";
import type { Corpus, FileWorld } from "./fileCases.ts";
import { cleanFile, CORPORA } from "./fileCases.ts";
import type { FileDefect, FileStrength } from "./fileDefects.ts";
import { FILE_DEFECTS } from "./fileDefects.ts";
import { look } from "./fileLook.ts";
import type { FileNote } from "./fileTally.ts";
import { cleanRows, foundRows } from "./fileTally.ts";
import { chance } from "./random.ts";
import type { SeriesCounts } from "./seriesRun.ts";
import { seriesWork } from "./seriesRun.ts";

export interface FilesRun {
  /** Right ones of each corpus. */
  readonly clean: Readonly<Record<Corpus, number>>;
  /** Right ones of what is looked at together. */
  readonly series: SeriesCounts;
  /** Files that every defect is put into at every strength. */
  readonly scenes: number;
  readonly seed: number;
  readonly workers: number;
  readonly progress?: (done: number, of: number) => void;
}

/** So many that each structural check judges a thousand right ones, and more. */
export const FULL: Pick<FilesRun, "clean" | "series"> = {
  clean: { light: 1_020, codes: 500, dpx: 1_020, others: 800, dots: 400 },
  series: { plans: 1_020, names: 100, withoutPlate: 200, besidePlate: 1_020, sets: 200 },
};

/** A small fixed part, seconds long, for a test. */
export const GUARD: Omit<FilesRun, "workers"> = {
  clean: { light: 4, codes: 8, dpx: 8, others: 16, dots: 4 },
  series: { plans: 8, names: 4, withoutPlate: 4, besidePlate: 4, sets: 4 },
  scenes: 1,
  seed: 0,
};

export interface FilesGuard {
  /** Check and defect -> cases, over all strengths, in which the check said what it must. */
  readonly found: Readonly<Record<string, number>>;
  /** Check -> right ones that it flagged. */
  readonly alarms: Readonly<Record<string, number>>;
}

export function guardOf(notes: readonly FileNote[]): FilesGuard {
  const found: Record<string, number> = {};
  for (const row of foundRows(notes)) {
    const name = `${row.check}: ${row.name}`;
    found[name] = (found[name] ?? 0) + row.found.hits;
  }
  return { found, alarms: Object.fromEntries(cleanRows(notes).map(({ check, flagged }) => [check, flagged.hits])) };
}

type Work = (number: number) => Promise<readonly FileNote[]>;

export async function runFiles(run: FilesRun): Promise<readonly FileNote[]> {
  const dir = mkdtempSync(join(tmpdir(), "hotplate-proof-"));
  const images = createImages({ scratchDir: null, checkFolders: [], workers: run.workers });
  const world: FileWorld = { images, dir };
  try {
    const bases = await basesOf(world, run);
    const work = [
      ...cleanWork(world, run),
      ...FILE_DEFECTS.flatMap((defect) => defectWork(world, run, { defect, bases })),
      ...seriesWork(world, run),
    ];
    return await inLanes(work, run);
  } finally {
    await images.close();
    rmSync(dir, { recursive: true });
  }
}

/** In the order of the work, whoever is done first. */
async function inLanes(work: readonly Work[], { workers, progress }: FilesRun): Promise<readonly FileNote[]> {
  const notes: (readonly FileNote[])[] = [];
  let [next, done] = [0, 0];
  const lane = async (): Promise<void> => {
    for (let at = next++; at < work.length; at = next++) {
      notes[at] = await (work[at] as Work)(at);
      done += 1;
      progress?.(done, work.length);
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
  return notes.flat();
}

/** Of another seed in every corpus and run, so that defects stand in other files than the right ones. */
const seedOf = (run: FilesRun, at: number): number => run.seed * 1_000_003 + at;
const BASES_FROM = 500_000;
/** Of each corpus for one scene: `others` has eight kinds, of which a defect fits one. */
const BASES: Readonly<Record<Corpus, number>> = { light: 4, codes: 3, dpx: 2, others: 8, dots: 1 };

function cleanWork(world: FileWorld, run: FilesRun): readonly Work[] {
  return CORPORA.flatMap((corpus) =>
    Array.from(
      { length: run.clean[corpus] },
      (_, at): Work =>
        async (number) => {
          const one = await cleanFile(world, { corpus, seed: seedOf(run, at), number });
          const verdicts = await look(world, one, { checks: one.checks, number });
          return one.checks.map((check) => ({ check, on: one.kind, verdict: verdicts[check] ?? null, defect: null }));
        },
    ),
  );
}

async function basesOf(world: FileWorld, run: FilesRun): Promise<readonly FileCase[]> {
  const bases: FileCase[] = [];
  for (const corpus of CORPORA)
    for (let at = 0; at < BASES[corpus] * run.scenes; at += 1)
      bases.push(await cleanFile(world, { corpus, seed: seedOf(run, BASES_FROM + at), number: at }));
  return bases;
}

function defectWork(
  world: FileWorld,
  run: FilesRun,
  of: { readonly defect: FileDefect; readonly bases: readonly FileCase[] },
): readonly Work[] {
  const fitting = of.bases.filter(of.defect.on);
  return of.defect.strengths.map(
    (strength, at): Work =>
      async (number) => {
        const notes: FileNote[] = [];
        for (const [place, one] of fitting.entries()) {
          if (notes.length === run.scenes) break;
          const note = await put(world, one, { ...of, strength, seed: seedOf(run, at * 1_000 + place), number });
          if (note !== null) notes.push(note);
        }
        return notes;
      },
  );
}

async function put(
  world: FileWorld,
  one: FileCase,
  of: { readonly defect: FileDefect; readonly strength: FileStrength; readonly seed: number; readonly number: number },
): Promise<FileNote | null> {
  const { defect, strength, number } = of;
  const change = await strength.make(one, chance(of.seed));
  if (change === null) return null;
  const { check, name } = defect;
  const verdicts = await look(world, one, { checks: [check], change, number });
  const said = { name, strength: strength.name, stated: strength.stated, says: strength.says ?? defect.says };
  return { check, on: one.kind, verdict: verdicts[check] ?? null, defect: said };
}
