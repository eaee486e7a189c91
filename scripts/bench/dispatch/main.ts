/**
 * The dispatcher's race: Hotplate beside other clients of ComfyUI, on the same simulated servers, in one run, in turn, scored
 * by the servers' own clock. Method and figures: docs/benchmarks.md.
 *
 *   node scripts/bench/dispatch/main.ts [--only plain,swaps,fleet,decision] [--peers DIR] [--repeats 5] [--quick] [--json]
 *
 * `--peers DIR`: where `npm install @saintno/comfyui-sdk@0.3.1` was run; without it those rows are left out, and said so.
 */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import type { Figure } from "../measure.ts";
import { figure, machine } from "../measure.ts";
import { decisionFigures } from "./decision.ts";
import type { FleetRound } from "./fleet.ts";
import { fleetRound } from "./fleet.ts";
import type { Row } from "./race.ts";
import { race } from "./race.ts";
import { saintnoPath } from "./saintnoClient.ts";
import { CHECKPOINTS } from "./servers.ts";
import { interleaved, plainTasks } from "./tasks.ts";

const { values: given } = parseArgs({
  options: {
    only: { type: "string", default: "plain,swaps,fleet,decision" },
    peers: { type: "string", default: "" },
    repeats: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const wanted = new Set(given.only.split(","));
const repeats = given.quick ? 1 : Number(given.repeats);
const peers = given.peers !== "" && existsSync(saintnoPath(given.peers)) ? given.peers : null;
if (peers === null) say("@saintno/comfyui-sdk is not installed (--peers DIR): its rows are left out");
const others = peers === null ? [] : ["saintno PICK_ZERO", "saintno PICK_ROUTINE"];

say(`dispatch: ${JSON.stringify(machine(tmpdir()))}`);
if (wanted.has("plain")) {
  const [count, workMs] = given.quick ? [6, 20] : [60, 200];
  const clients = ["hotplate", "prefetch", "direct", ...others];
  const of = { workMs: [workMs, workMs], loadMs: 0, tasks: plainTasks(count), clients, repeats, peers };
  show(`${count} tasks x ${workMs} ms on 2 slots; ideal ${(count * workMs) / 2_000} s`, await race(of));
}
if (wanted.has("swaps")) {
  const [count, workMs, loadMs] = given.quick ? [6, 20, 100] : [30, 200, 2_000];
  const tasks = interleaved(count, CHECKPOINTS);
  const clients = ["hotplate", "prefetch", "direct", ...others];
  const of = { workMs: [workMs, workMs], loadMs, tasks, clients, repeats, peers };
  show(`${count} tasks, 3 checkpoints in turn, ${workMs} ms work, ${loadMs} ms load, 2 slots, cold`, await race(of));
}
if (wanted.has("fleet")) {
  const size = given.quick ? { tasks: 40, fastMs: 20 } : { tasks: 1_000, fastMs: 2_000 };
  const rounds: FleetRound[] = [];
  for (let round = 0; round < repeats; round += 1) rounds.push(await fleetRound(size));
  const of = (what: string, unit: string, pick: (one: FleetRound) => number): Figure =>
    figure(what, unit, rounds.map(pick));
  const rows = [
    of("tasks done", "", (one) => one.done),
    of("done twice on sound slots", "", (one) => one.twice),
    of("done again that a broken slot had ended", "", (one) => one.again),
    of("killed slot: its tasks went elsewhere after", "s", (one) => one.killedSeenAfter),
    of("stalled slot: its tasks went elsewhere after", "s", (one) => one.stalledSeenAfter),
    of("tasks that remained then", "", (one) => one.remained),
    of("time for them / ideal", "", (one) => one.overIdeal),
  ];
  table(`${size.tasks} tasks, 4 fast and 4 slow slots; half way one is killed and one stalled`, rows);
}
if (wanted.has("decision")) {
  const counts = given.quick ? [100, 1_000] : [100, 1_000_000];
  table("one scheduling decision (store heads + assign), by tasks waiting", await decisionFigures(counts, repeats));
}

function show(title: string, rows: readonly Row[]): void {
  table(
    title,
    rows.flatMap((row) => row.figures),
  );
}

function table(title: string, figures: readonly Figure[]): void {
  if (given.json) {
    process.stdout.write(`${JSON.stringify({ title, figures })}\n`);
    return;
  }
  const lines = figures.map((f) => `  ${f.what.padEnd(52)} ${f.unit.padEnd(4)} ${f.min} / ${f.median} / ${f.max}`);
  process.stdout.write(`${[title, "  (min / median / max)", ...lines, ""].join("\n")}\n`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
