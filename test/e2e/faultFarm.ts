/**
 * A node with a running daemon and simulated slots whose faults are armed at run time: what ComfyUI does wrong, what people
 * are told of it, and how often each slot was asked. One farm serves many cases, one after the other.
 */
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LogJson } from "../../scripts/simulatedComfyui/promptLog.ts";
import type { Child, Farm, FarmOptions, LogLine } from "./farm.ts";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import type { CheckedVersion } from "./versions.ts";
import { versionsOf } from "./versions.ts";

export interface FaultFarm extends Farm {
  readonly daemon: Child;
  /** `name[=value][@when]` on one slot, or on all. */
  arm(fault: string, slot?: number): Promise<void>;
  /** No fault is armed any more, logs are empty, and what the daemon says from here on belongs to the next case. */
  calm(): Promise<void>;
  log(slot: number): Promise<LogJson>;
  /** All prompts of all slots since `calm`. */
  prompts(): Promise<LogJson["prompts"]>;
  /** The daemon's events of that name since `calm`. */
  told(name: string): readonly LogLine[];
  /** Waits for such an event since `calm`. */
  tells(name: string, fields?: Readonly<Record<string, unknown>>, n?: number): Promise<LogLine>;
  /** Drops a manifest of `tasks` wedges that makes the product `name`. */
  drop(name: string, tasks?: number, more?: readonly string[]): void;
  /** STATUS.txt of the manifest `name` when it begins with that word, or says those words. */
  answer(name: string, says: RegExp): Promise<string>;
  /** The job of the manifest `name`, from its answer. */
  jobOf(name: string): Promise<string>;
  /** What `hotplate explain` prints of a job, reasons only. */
  explain(job: string): Promise<readonly string[]>;
  /** What `hotplate ls slots` says of each slot. */
  slotWords(): Promise<readonly SlotWords[]>;
  /** Lets go what `lateHistory` holds back. */
  release(slot: number): Promise<void>;
  /** The whole versions on disk of the product `name`. */
  versions(name: string): readonly CheckedVersion[];
  /** Pictures in the one version of `name`; throws unless there is exactly one. */
  pictures(name: string): readonly string[];
}

export interface SlotWords {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly tasks: readonly unknown[];
  readonly blocks: readonly { readonly code: string; readonly message: string; readonly action: string | null }[];
}

/** Outcomes of prompts that all ended well. */
export const WELL = (n: number): readonly string[] => Array.from({ length: n }, () => "success");

export interface FaultFarmOptions extends FarmOptions {
  /** Bounds of domain/limits, shortened for this farm. */
  readonly shortTimes?: Readonly<Record<string, number>>;
}

export async function makeFaultFarm(options: FaultFarmOptions = {}): Promise<FaultFarm> {
  const farm = await makeFarm({ frames: 1, ...options });
  const daemon = startDaemon(farm, options.shortTimes ?? {});
  await Promise.all(
    farm.slots.map((slot) => daemon.line((line) => line.event === "slot.up" && line["slot"] === slot.name)),
  );
  let mark = daemon.lines.length;
  const since = (): readonly LogLine[] => daemon.lines.slice(mark);
  const log = async (slot: number): Promise<LogJson> =>
    (await (await fetch(`${urlOf(farm, slot)}/simulated/log`)).json()) as LogJson;
  const each = (act: (slot: number) => Promise<void>): Promise<unknown> =>
    Promise.all(farm.slots.map((_, index) => act(index)));
  return {
    ...farm,
    daemon,
    arm: async (fault, slot) => {
      if (slot === undefined) await each((index) => post(farm, index, "fault", { fault }));
      else await post(farm, slot, "fault", { fault });
    },
    calm: async () => {
      await each((index) => post(farm, index, "fault", { clear: true }));
      await each((index) => post(farm, index, "log", { clear: true }));
      mark = daemon.lines.length;
    },
    log,
    prompts: async () => (await Promise.all(farm.slots.map((_, index) => log(index)))).flatMap((one) => one.prompts),
    told: (name) => since().filter((line) => line.event === name),
    tells: (name, fields = {}, n = 1) => {
      const from = daemon.lines.slice(0, mark);
      const fits = (line: LogLine): boolean =>
        line.event === name && Object.entries(fields).every(([key, value]) => line[key] === value);
      return daemon.line(fits, from.filter(fits).length + n);
    },
    drop: (name, tasks = 4, more = []) => drop(farm.hot, `${name}.yaml`, manifestOf(name, tasks, more)),
    answer: (name, says) => fileSaying(join(farm.hot, `${name}.yaml.STATUS.txt`), says),
    jobOf: async (name) =>
      /job: +(job_\w+)/.exec(await fileSaying(join(farm.hot, `${name}.yaml.STATUS.txt`), /job_\w+/))?.[1] ?? "",
    explain: async (job) => {
      const { json } = await farm.hotplate("explain", job);
      return (json as Explained).tasks.flatMap((task) => task.reasons.map((reason) => reason.message));
    },
    slotWords: async () => ((await farm.hotplate("ls", "slots")).json as { slots: SlotWords[] }).slots,
    release: (slot) => post(farm, slot, "release", {}),
    versions: (name) => versionsOf(join(farm.shot, name)),
    pictures: (name) => {
      const [version, ...more] = versionsOf(join(farm.shot, name));
      if (version === undefined || more.length > 0) throw new Error(`${name} has not exactly one version`);
      return version.files.filter((file) => /^w\d+\/.*\.png$/.test(file));
    },
  };
}

interface Explained {
  readonly tasks: readonly { readonly reasons: readonly { readonly message: string }[] }[];
}

function startDaemon(farm: Farm, shortTimes: Readonly<Record<string, number>>): Child {
  if (Object.keys(shortTimes).length === 0) return farm.startDaemon();
  const preload = fileURLToPath(new URL("./shortTimes.ts", import.meta.url));
  return farm.startDaemon({
    NODE_OPTIONS: `--import=${preload}`,
    HOTPLATE_SHORT_TIMES: JSON.stringify(shortTimes),
  });
}

function manifestOf(name: string, tasks: number, more: readonly string[]): string {
  return [
    "use: grain",
    "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png",
    `product: ${name}`,
    `sweep: {axes: {seed: {count: ${tasks}, from: 1000}}}`,
    ...more,
    "...",
    "",
  ].join("\n");
}

function urlOf(farm: Farm, slot: number): string {
  return farm.slots[slot]?.url ?? "";
}

async function post(farm: Farm, slot: number, route: string, body: unknown): Promise<void> {
  const answer = await fetch(`${urlOf(farm, slot)}/simulated/${route}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

/** The file's text once it matches: looked at whenever its folder changes. */
export async function fileSaying(path: string, says: RegExp): Promise<string> {
  let ring: () => void = () => undefined;
  const watcher = watch(dirname(path), (_, name) => {
    if (name === basename(path)) ring();
  });
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (ring = resolve));
      const text = readdirSync(dirname(path)).includes(basename(path)) ? readFileSync(path, "utf8") : "";
      if (says.test(text)) return text;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

/** The folder of a file that is made inside a folder not made yet: there once the folder above it has it. */
export async function folderOf(path: string): Promise<void> {
  const [folder, above] = [dirname(path), dirname(dirname(dirname(path)))];
  const watcher = watch(above, { recursive: true });
  try {
    while (!existsSync(folder)) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}
