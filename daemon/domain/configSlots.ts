/**
 * Slots of the configuration: attached or spawned, exactly one of both; what was left out is filled in, so that the rest of
 * the code sees a url and directories and no difference. Pure.
 */
import type { Config, ConfigText, SlotConfig } from "./config.ts";
import { joinPath } from "./paths.ts";

type SlotText = ConfigText["slots"][number];

export interface SlotProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly found: string | null;
  readonly expected: string;
  readonly action: string;
}

/** The first port of a spawned slot that names none: ComfyUI's own. */
const FIRST_PORT = 8188;
const SLOT_KEYS_OF_SPAWN = ["shared", "restart"] as const;

/** Flags that Hotplate sets -> the key that a person writes instead, or why it is refused. */
const FLAGS_TAKEN: Readonly<Record<string, string>> = {
  "--listen": "A spawned ComfyUI listens on 127.0.0.1 only; remove it.",
  "--port": "Write spawn.port.",
  "--base-directory": "Its directories are its own; remove it.",
  "--input-directory": "Its directories are its own; remove it.",
  "--output-directory": "Its directories are its own; remove it.",
  "--temp-directory": "Its directories are its own; remove it.",
  "--user-directory": "Its directories are its own; remove it.",
  "--database-url": "Hotplate sets it; remove it.",
  "--enable-assets": "Slots can't share the asset database; remove it.",
  "--cuda-device": "Write gpu.",
  "--default-device": "Write gpu.",
  "--cache-classic": "Write spawn.cache: classic.",
  "--cache-lru": "Write spawn.cache: lru:N.",
  "--cache-none": "Write spawn.cache: none.",
  "--cache-ram": "Write spawn.cache: ram.",
  "--high-ram": "Write spawn.cache: classic.",
  "--disable-metadata": "Hotplate sets it; remove it.",
  "--dont-print-server": "Hotplate sets it; remove it.",
  "--disable-auto-launch": "Hotplate sets it; remove it.",
  "--auto-launch": "There is nobody to look at a page; remove it.",
  "--multi-user": "Hotplate is its only user; remove it.",
  "--enable-cors-header": "It would let any web page use the slot; remove it.",
  "--quick-test-for-ci": "It would end at once; remove it.",
};

export function slotProblems(config: ConfigText): readonly SlotProblem[] {
  const ports = new Map<string, number>();
  return config.slots.flatMap((slot, index) => [...kindProblems(slot, index), ...portTwice(slot, index, ports)]);
}

function kindProblems(slot: SlotText, index: number): readonly SlotProblem[] {
  const at = (keys: readonly (string | number)[], words: Omit<SlotProblem, "path">): SlotProblem => ({
    path: ["slots", index, ...keys],
    ...words,
  });
  const name = `slots[${index}]`;
  if (slot.url === undefined && slot.spawn === undefined) {
    const action = "Add url to attach a running ComfyUI, or spawn to let Hotplate start one.";
    return [at([], { message: `${name} has neither url nor spawn.`, found: null, expected: "one of both", action })];
  }
  if (slot.spawn === undefined) {
    const memory = slot.recycle?.memory;
    if (memory !== undefined) {
      const action = "Use recycle.tasks, or let Hotplate start the slot (spawn).";
      const message = `${name}.recycle.memory can't be used: the memory of an attached ComfyUI is not seen.`;
      return [at(["recycle", "memory"], { message, found: String(memory), expected: "a spawned slot", action })];
    }
    if (slot.recycle !== undefined && slot.restart === undefined) {
      const action = "Add restart: the program that restarts it.";
      const message = `${name}.recycle can't be used: nothing says how to restart it.`;
      return [at(["recycle"], { message, found: null, expected: "restart beside it", action })];
    }
    return [];
  }
  const { spawn } = slot;
  const taken = [...(slot.url === undefined ? [] : (["url"] as const)), ...SLOT_KEYS_OF_SPAWN].filter(
    (key) => slot[key] !== undefined,
  );
  return [
    ...taken.map((key) =>
      at([key], {
        message: key === "url" ? `${name} has both url and spawn.` : `${name}.${key} is for attached slots.`,
        found: key,
        expected: key === "url" ? "one of both" : "spawn alone",
        action: `Remove ${key}, or spawn.`,
      }),
    ),
    ...spawn.args.flatMap((arg, place) => {
      const action = FLAGS_TAKEN[arg.split("=")[0] ?? arg];
      if (action === undefined) return [];
      const message = `${name}.spawn.args can't hold ${arg}.`;
      return [
        at(["spawn", "args", place], { message, found: arg, expected: "flags that Hotplate does not set", action }),
      ];
    }),
  ];
}

/** Two processes on one port: the second would never start. */
function portTwice(slot: SlotText, index: number, seen: Map<string, number>): readonly SlotProblem[] {
  const port = slot.spawn?.port ?? (slot.url === undefined ? null : localPort(slot.url));
  if (port === null) return [];
  const first = seen.get(String(port));
  seen.set(String(port), first ?? index);
  if (first === undefined) return [];
  const path = slot.spawn === undefined ? ["url"] : ["spawn", "port"];
  return [
    {
      path: ["slots", index, ...path],
      message: `slots[${index}] and slots[${first}] use the same port.`,
      found: String(port),
      expected: "a port of its own",
      action: "One ComfyUI is one slot; give each its own port.",
    },
  ];
}

export function completeSlots(config: ConfigText): Config {
  const taken = new Set(
    config.slots.flatMap((slot) => slot.spawn?.port ?? (slot.url === undefined ? [] : (localPort(slot.url) ?? []))),
  );
  const slots = config.slots.map((slot): SlotConfig => {
    const { spawn, url, ...rest } = slot;
    if (spawn === undefined) return { ...rest, url: url ?? "" };
    const port = spawn.port ?? nextFree(taken);
    const dir = slotDir(config.stateDir, slot.name);
    return {
      models: [joinPath(spawn.dir, "models")],
      ...rest,
      spawn: { ...spawn, port },
      url: `http://127.0.0.1:${port}`,
      shared: { input: joinPath(dir, "input"), output: joinPath(dir, "output") },
    };
  });
  return { ...config, slots };
}

/** What a spawned slot owns: input, output, temp, user, its log and the record of its process. */
export function slotDir(stateDir: string, name: string): string {
  return joinPath(stateDir, "slots", name);
}

function nextFree(taken: Set<number>): number {
  let port = FIRST_PORT;
  while (taken.has(port)) port += 1;
  taken.add(port);
  return port;
}

/** The port of a url on this node; null for another node's. */
function localPort(url: string): number | null {
  const match = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::(\d+))?(?:\/|$)/.exec(url);
  return match === null ? null : Number(match[1] ?? 80);
}
