/**
 * What a whole inspection costs: beside decoding alone, beside other tools on the same files in the same run, and over 200 variations.
 * Run: node scripts/bench/qc/speed.ts [--only whole,peers,variations] [--repeats 5] [--quick] [--json] [--note TEXT] [--write].
 * `--write` puts the tables that were made into docs/benchmarks.md; `--note` is said with them. Takes GNU time for the peers (Debian: time);
 * of openimageio-tools, ffmpeg and imagemagick what is installed. The profile is `plate_preserving`, 4096 x 2160, 16-bit PNG.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine } from "../measure.ts";
import type { SpeedFiles } from "./speedFiles.ts";
import { makePair, namesOf } from "./speedFiles.ts";
import type { Cost } from "./speedPeers.ts";
import { cost, installed, peers } from "./speedPeers.ts";
import type { PeerSeen, SpeedRun } from "./speedTable.ts";
import { speedTables, withSpeed } from "./speedTable.ts";
import { variations } from "./speedVariations.ts";
import type { Round } from "./speedWorker.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "whole,peers,variations" },
    repeats: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    note: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
const PROFILE = "plate_preserving";
const WORKER = fileURLToPath(new URL("./speedWorker.ts", import.meta.url));
const PAGE = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url));
const only = new Set(values.only.split(","));
const repeats = Number(values.repeats ?? (values.quick ? 1 : 5));
/** Until the code is compiled: measured, for eight rounds more than 40 ms of a round are the compiler, and 15 afterwards. */
const WARM_UP = values.quick ? 0 : 8;

interface Worker {
  readonly round: () => Promise<Round>;
  readonly end: () => Promise<void>;
}

async function worker(files: SpeedFiles, mask: string): Promise<Worker> {
  const [result = ""] = namesOf(files, "r");
  const [plate = ""] = namesOf(files, "p");
  const child = fork(WORKER, [PROFILE, result, plate, mask]);
  const ended = once(child, "exit").then(([code]) => {
    if (code !== 0) throw new Error(`a process of the bench ended (${String(code)})`);
  });
  const answer = async (): Promise<unknown> => {
    const said = await Promise.race([once(child, "message"), ended]);
    return said === undefined ? undefined : said[0];
  };
  await answer();
  return {
    round: async () => {
      const next = answer();
      child.send("round");
      return (await next) as Round;
    },
    end: async () => {
      child.disconnect();
      await ended;
    },
  };
}

/** One after another in every round, so that a busy minute meets all of them. */
async function rounds(files: SpeedFiles): Promise<Pick<SpeedRun, "plain" | "masked" | "peers" | "batches">> {
  const [plain, masked]: [Round[], Round[]] = [[], []];
  const seen = peers(files).map(
    (peer): PeerSeen => ({
      peer,
      installed: installed(peer.command) && installed(peer.floor.command),
      costs: [],
      floors: [],
    }),
  );
  const batches: { plain: Cost[]; masked: Cost[] } = { plain: [], masked: [] };
  const both = [await worker(files, "-"), await worker(files, files.mask)] as const;
  try {
    for (let k = 0; k < WARM_UP; k += 1) for (const each of both) await each.round();
    for (let k = 0; k < repeats; k += 1) {
      plain.push(await both[0].round());
      masked.push(await both[1].round());
      if (!only.has("peers")) continue;
      batches.plain.push(batch(files, "-"));
      batches.masked.push(batch(files, files.mask));
      peerRound(seen, files);
    }
  } finally {
    await Promise.all(both.map((each) => each.end()));
  }
  return { plain, masked, peers: only.has("peers") ? seen : null, batches };
}

/** A process of ours over all frames, start-up included, as the peers'. */
function batch(files: SpeedFiles, mask: string): Cost {
  const [result = ""] = namesOf(files, "r");
  const [plate = ""] = namesOf(files, "p");
  const args = [WORKER, PROFILE, result, plate, mask, "batch", String(files.frames)];
  return cost({ command: process.execPath, args, exits: [0], frames: files.frames }, files.dir);
}

function peerRound(seen: readonly PeerSeen[], files: SpeedFiles): void {
  const floors = new Map<string, Cost>();
  for (const { peer, installed: there, costs, floors: own } of seen) {
    if (!there) continue;
    const key = JSON.stringify([peer.floor, peer.frames]);
    const floor = floors.get(key) ?? cost({ ...peer.floor, frames: peer.frames, exits: [0] }, files.dir);
    floors.set(key, floor);
    costs.push(cost(peer, files.dir));
    own.push(floor);
  }
}

async function main(dir: string): Promise<void> {
  const facts = machine(dir);
  const size = values.quick ? { width: 320, height: 176 } : { width: 4096, height: 2160 };
  const paired = only.has("whole") || only.has("peers");
  if (only.has("peers") && !installed("/usr/bin/time"))
    throw new Error("the peers are timed by GNU time, which is not installed (Debian: time); --only whole,variations");
  const seen = paired ? await rounds(await makePair(dir, { ...size, frames: values.quick ? 2 : 10 })) : null;
  const few = values.quick ? { count: 6, width: 320, height: 176 } : { count: 200, width: 2048, height: 1080 };
  const run: SpeedRun = {
    profile: PROFILE,
    ...size,
    machine: { ...facts, loadAtEnd: Math.round((loadavg()[0] ?? 0) * 100) / 100 },
    note: values.note,
    plain: seen?.plain ?? [],
    masked: seen?.masked ?? [],
    peers: seen?.peers ?? null,
    batches: seen?.batches ?? { plain: [], masked: [] },
    variations: only.has("variations") ? await variations(join(dir, "many"), { ...few, profile: PROFILE }) : null,
  };
  const tables = speedTables(run);
  process.stdout.write(values.json ? `${JSON.stringify(run)}\n` : `${[...tables.values()].join("\n\n")}\n`);
  if (values.write) writeFileSync(PAGE, withSpeed(readFileSync(PAGE, "utf8"), tables));
}

const dir = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
try {
  await main(dir);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
