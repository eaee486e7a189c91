/**
 * The command line of a spawned ComfyUI. Flags differ by version and an unknown one is exit 2, so a flag that is not in every
 * version is given only when the install itself offers it; where its list of flags can't be read, the version decides. Pure:
 * `adapters/comfyui/install` reads what an install says.
 */
import type { SlotConfig, SpawnConfig } from "./config.ts";
import { joinPath } from "./paths.ts";

export interface Install {
  /** `0.19.1`; null: comfyui_version.py can't be read. */
  readonly version: string | null;
  /** Every `--flag` of its command line; null: not known. */
  readonly flags: ReadonlySet<string> | null;
}

export interface CommandRequest {
  readonly slot: SlotConfig & { readonly spawn: SpawnConfig };
  /** Its private directory: input, output, temp, user lie in it. */
  readonly dir: string;
  readonly install: Install;
}

export type ComfyCommand =
  | {
      readonly kind: "command";
      /** After the python: main.py first. */
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly version: string;
    }
  | { readonly kind: "refused"; readonly code: "HP-COMFY-VERSION" | "HP-SLOT-START"; readonly message: string };

const FLOOR = [0, 19] as const;
/** The first version that knows a flag, as far as it is not known from the install itself. */
const SINCE: Readonly<Record<string, readonly [number, number]>> = {
  "--database-url": [0, 19],
  "--disable-api-nodes": [0, 19],
  "--disable-assets": [0, 38],
};

export function comfyCommand({ slot, dir, install }: CommandRequest): ComfyCommand {
  const { spawn } = slot;
  const { version } = install;
  if (version === null) {
    const message = `${spawn.dir} is no ComfyUI of 0.19 or later: comfyui_version.py can't be read there`;
    return { kind: "refused", code: "HP-SLOT-START", message };
  }
  if (!isSince(version, FLOOR)) {
    const message = `ComfyUI ${version} in ${spawn.dir} is older than 0.19`;
    return { kind: "refused", code: "HP-COMFY-VERSION", message };
  }
  const offers = (flag: string): boolean =>
    install.flags === null ? isSince(version, SINCE[flag] ?? FLOOR) : install.flags.has(flag);
  const args = [
    "main.py",
    ...directoryFlags(dir, spawn.port),
    ...ALWAYS,
    ...cacheFlags(spawn.cache),
    // Partner graph nodes send pictures to their vendor.
    ...(offers("--disable-api-nodes") ? ["--disable-api-nodes"] : []),
    ...assetFlags(offers),
    ...(typeof slot.gpu === "number" ? ["--cuda-device", String(slot.gpu)] : []),
    ...spawn.args,
  ];
  return { kind: "command", args, env: { ...gpuEnvironment(slot.gpu), ...spawn.env }, version };
}

const ALWAYS = ["--disable-auto-launch", "--dont-print-server", "--disable-metadata", "--preview-method", "none"];

/** It uses and empties `temp` below the directory that --temp-directory names. */
function directoryFlags(dir: string, port: number): readonly string[] {
  return [
    "--listen",
    "127.0.0.1",
    "--port",
    String(port),
    "--input-directory",
    joinPath(dir, "input"),
    "--output-directory",
    joinPath(dir, "output"),
    "--temp-directory",
    dir,
    "--user-directory",
    joinPath(dir, "user"),
  ];
}

/** Two slots of one install would lock each other out of its one database. */
function assetFlags(offers: (flag: string) => boolean): readonly string[] {
  if (offers("--disable-assets")) return ["--disable-assets"];
  return offers("--database-url") ? ["--database-url", "sqlite:///:memory:"] : [];
}

/** Explicit, for the default differs by version, and 0.38's takes the node's whole memory for its own. */
function cacheFlags(cache: string): readonly string[] {
  const [kind = "classic", value] = cache.split(":");
  switch (kind) {
    case "none":
      return ["--cache-none"];
    case "lru":
      return ["--cache-lru", value ?? "1"];
    case "ram":
      return value === undefined ? ["--cache-ram"] : ["--cache-ram", value];
    default:
      return ["--cache-classic"];
  }
}

/** CUDA counts by speed unless told; nvidia-smi by bus. A UUID is no number, so it can only go by the environment. */
function gpuEnvironment(gpu: SlotConfig["gpu"]): Readonly<Record<string, string>> {
  if (gpu === undefined) return {};
  const order = { CUDA_DEVICE_ORDER: "PCI_BUS_ID" };
  return typeof gpu === "string" ? { ...order, CUDA_VISIBLE_DEVICES: gpu } : order;
}

function isSince(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  return a > major || (a === major && b >= minor);
}

export interface ScopeRequest {
  readonly name: string;
  readonly memoryMax: number | null;
  /** Of the user's own systemd, not of the system's. */
  readonly user: boolean;
}

/**
 * The same command in a systemd scope of its own: the kernel keeps its memory bound, and what ends the daemon's unit does
 * not end it. systemd-run becomes the program, so its process id is the program's.
 */
export function inScope(command: readonly string[], scope: ScopeRequest): readonly string[] {
  const memory = scope.memoryMax === null ? [] : ["-p", `MemoryMax=${scope.memoryMax}`, "-p", "MemorySwapMax=0"];
  const own = scope.user ? ["--user"] : [];
  return [
    "systemd-run",
    ...own,
    "--scope",
    "--quiet",
    "--collect",
    `--unit=${scope.name}`,
    ...memory,
    "--",
    ...command,
  ];
}
