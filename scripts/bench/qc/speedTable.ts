/** The tables of the bench of speed, and their places in the page: each has marks of its own, so that a part can be measured again. */
import { quantile } from "../measure.ts";
import type { Cost, Peer } from "./speedPeers.ts";
import type { Variations } from "./speedVariations.ts";
import type { Round } from "./speedWorker.ts";

export interface PeerSeen {
  readonly peer: Peer;
  readonly installed: boolean;
  readonly costs: Cost[];
  readonly floors: Cost[];
}

export interface SpeedRun {
  readonly profile: string;
  readonly width: number;
  readonly height: number;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly note: string;
  readonly plain: readonly Round[];
  readonly masked: readonly Round[];
  /** null: not asked for. */
  readonly peers: readonly PeerSeen[] | null;
  readonly batches: { readonly plain: readonly Cost[]; readonly masked: readonly Cost[] };
  readonly variations: Variations | null;
}

const WHOLE_MAX = 1.35;
const METRIC_MAX = 1 / 3;
const VARIATIONS_MAX_S = 60;
const NOT_CHECKS = new Set(["decode both", "decode the mask", "whole inspection"]);

/** Name of the part -> Markdown; only what was measured. */
export function speedTables(run: SpeedRun): ReadonlyMap<string, string> {
  const tables = new Map<string, string>();
  if (run.plain.length > 0)
    tables.set("whole", `${conditions(run, run.plain.length)}\n\n${whole(run)}\n\n${each(run)}`);
  if (run.peers !== null) {
    const told = `${beside(run, run.peers)}\n\n${looks(run.peers)}`;
    tables.set("peers", `${conditions(run, run.batches.plain.length)}\n\n${told}`);
  }
  if (run.variations !== null) tables.set("variations", `${conditions(run, 1)}\n\n${many(run.variations)}`);
  return tables;
}

export function withSpeed(page: string, tables: ReadonlyMap<string, string>): string {
  let written = page;
  for (const [name, table] of tables) {
    const [begin, end] = [`<!-- speed ${name}: made by scripts/bench/qc/speed.ts -->`, `<!-- end of speed ${name} -->`];
    const [from, to] = [written.indexOf(begin), written.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page has no ${begin} ... ${end}`);
    written = `${written.slice(0, from + begin.length)}\n${table}\n${written.slice(to)}`;
  }
  return written;
}

function conditions({ machine, note }: SpeedRun, n: number): string {
  const { cpu, cores, memoryGiB, node, loadAtStart, loadAtEnd } = machine;
  const start = `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}; load ${loadAtStart} at the start, ${loadAtEnd} at the end; n ${n}.`;
  return note === "" ? start : `${start} **${note}**`;
}

function whole(run: SpeedRun): string {
  const row = (name: string, rounds: readonly Round[]): readonly string[] => {
    const ratio = median(taken(rounds, "whole inspection")) / median(taken(rounds, "decode both"));
    const masks = taken(rounds, "decode the mask");
    const all = median(taken(rounds, "decode both")) + (masks.length === 0 ? 0 : median(masks));
    const each = rounds.map(({ cpuMs }) => (cpuMs["whole inspection"] ?? Number.NaN) / (cpuMs["decode both"] ?? 1));
    return [
      name,
      spread(taken(rounds, "decode both")),
      spread(taken(rounds, "whole inspection")),
      `${ratio.toFixed(2)} (${Math.min(...each).toFixed(2)}-${Math.max(...each).toFixed(2)})`,
      `<= ${WHOLE_MAX}: ${ratio <= WHOLE_MAX ? "met" : "missed"}`,
      masks.length === 0 ? "" : (median(taken(rounds, "whole inspection")) / all).toFixed(2),
      pixels(run, median(taken(rounds, "whole inspection"))),
      rounds[0]?.verdict ?? "",
    ];
  };
  return table(
    [
      "",
      "decoding both, CPU ms",
      "whole inspection, CPU ms",
      "ratio (of single rounds)",
      "aim",
      "ratio to decoding all three",
      "MPix/s of a core",
      "verdict",
    ],
    [row("no mask", run.plain), row("with a mask", run.masked)],
  );
}

function each(run: SpeedRun): string {
  const names = new Set([...run.plain, ...run.masked].flatMap(({ cpuMs }) => Object.keys(cpuMs)));
  const cell = (rounds: readonly Round[], name: string): string => {
    const values = taken(rounds, name);
    return values.length === 0 ? "" : spread(values);
  };
  const rows = [...names]
    .filter((name) => !NOT_CHECKS.has(name))
    .map((name) => [code(name), cell(run.plain, name), cell(run.masked, name)]);
  return table(["decoded already: CPU ms", "no mask", "with a mask"], rows);
}

function beside(run: SpeedRun, seen: readonly PeerSeen[]): string {
  const own = (name: string, costs: readonly Cost[]): readonly string[] => {
    const cpu = costs.map(({ cpuMs }) => cpuMs);
    const memory = String(Math.round(median(costs.map(({ peakMiB }) => peakMiB))));
    return [name, String(framesOf(seen)), spread(cpu), pixels(run, median(cpu)), memory];
  };
  const ours = [
    [...own("hotplate, whole profile, no mask", run.batches.plain), "", "", "", ""],
    [...own("hotplate, whole profile, with a mask", run.batches.masked), "", "", "", ""],
  ];
  const rows = seen.map(({ peer, installed, costs, floors }) => {
    if (!installed) return [peer.name, `not installed (Debian: ${peer.package})`, "", "", "", "", "", "", ""];
    const floor = median(floors.map(({ cpuMs }) => cpuMs));
    const [, , cpu = "", rate = "", memory = ""] = own(peer.name, costs);
    const metric = median(costs.map(({ cpuMs }) => cpuMs)) - floor;
    const rounds = peer.with === "mask" ? run.masked : run.plain;
    const sum = (names: readonly string[]): number => names.reduce((all, each) => all + median(taken(rounds, each)), 0);
    const [alone, shared] = [sum(peer.ours), sum(peer.planes)];
    return [
      peer.name,
      String(peer.frames),
      cpu,
      rate,
      memory,
      spread(floors.map(({ cpuMs }) => cpuMs)),
      String(Math.round(metric)),
      shared === 0 ? alone.toFixed(1) : `${alone.toFixed(1)} + ${shared.toFixed(0)}`,
      againstPeer(alone + shared, metric),
    ];
  });
  const head = [
    "",
    "frames a process",
    "CPU ms a frame",
    "MPix/s",
    "peak MiB",
    "decoding alone",
    "metric",
    "ours",
    "ours / theirs",
  ];
  return table(head, [...ours, ...rows]);
}

function framesOf(seen: readonly PeerSeen[]): number {
  return Math.max(...seen.map(({ peer }) => peer.frames));
}

/** A peer whose looking costs no more than the noise of its decoding has nothing to be measured against. */
function againstPeer(ours: number, theirs: number): string {
  if (theirs <= 0) return "theirs is lost in its decoding";
  return `${(ours / theirs).toFixed(2)} (<= 1/3: ${ours / theirs <= METRIC_MAX ? "met" : "missed"})`;
}

function looks(seen: readonly PeerSeen[]): string {
  const rows = seen.map(({ peer }) => [peer.name, peer.looksAt, peer.ours.map(code).join(", ")]);
  return table(["", "looks at", "ours beside it"], rows);
}

function many({ count, workers, size, seconds, peakMiB, verdicts }: Variations): string {
  const [width, height] = size;
  const met = seconds <= VARIATIONS_MAX_S ? "met" : "missed";
  const memory = peakMiB.map((each) => Math.round(each)).join(", ");
  const total = Math.round(peakMiB.reduce((sum, each) => sum + each, 0));
  const said = Object.entries(verdicts).map(([verdict, n]) => `${n} ${verdict}`);
  return table(
    ["results", "size", "workers", "seconds", "aim", "peak MiB of each process", "together", "verdicts"],
    [
      [
        count,
        `${width} x ${height}`,
        workers,
        seconds.toFixed(1),
        `< ${VARIATIONS_MAX_S}: ${met}`,
        memory,
        total,
        said.join(", "),
      ],
    ],
  );
}

function taken(rounds: readonly Round[], name: string): readonly number[] {
  return rounds.flatMap(({ cpuMs }) => (cpuMs[name] === undefined ? [] : [cpuMs[name]]));
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function spread(values: readonly number[]): string {
  const shown = (value: number): string => (value >= 20 ? String(Math.round(value)) : value.toFixed(1));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${shown(median(values))} (${shown(low)}-${shown(high)})`;
}

function pixels({ width, height }: SpeedRun, ms: number): string {
  return ((width * height) / 1_000 / ms).toFixed(0);
}

function code(name: string): string {
  return name.includes(".") ? `\`${name}\`` : name;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
