/**
 * A whole node in a temporary folder, with real processes: plates, hot folder, simulated ComfyUI slots, the daemon. Tests
 * wait for events that the processes print, never for time.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { Version } from "../../scripts/simulatedComfyui/words.ts";

export const REPO = fileURLToPath(new URL("../..", import.meta.url));

export interface LogLine {
  readonly event?: string;
  readonly [key: string]: unknown;
}

/** A child whose standard output is JSON lines; kept in order, waited for by predicate. */
export class Child {
  readonly process: ChildProcess;
  readonly lines: LogLine[] = [];
  readonly stderr: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #waiting = new Set<() => void>();

  /** `within`: a command that runs what follows it somewhere else, e.g. in a mount namespace. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, within: readonly string[] = []) {
    const [command = process.execPath, ...rest] = [...within, process.execPath, ...args];
    this.process = spawn(command, rest, {
      cwd: REPO,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = new Promise((resolve) => this.process.once("exit", (code) => resolve(code)));
    // A test that ran out of time never gets to its own end: what it started must not outlive it.
    const orphan = (): void => void this.process.kill("SIGKILL");
    process.once("exit", orphan);
    void this.exited.then(() => process.off("exit", orphan));
    void this.exited.then(() => this.#ring());
    createInterface({ input: this.process.stdout! }).on("line", (text) => {
      this.lines.push(parse(text));
      this.#ring();
    });
    createInterface({ input: this.process.stderr! }).on("line", (text) => this.stderr.push(text));
  }

  #ring(): void {
    for (const ring of Array.from(this.#waiting)) ring();
  }

  /** Resolves with the `n`-th line that matches (1 = first); rejects when the process ends before. */
  async line(matches: (line: LogLine) => boolean, n = 1): Promise<LogLine> {
    for (;;) {
      const found = this.lines.filter(matches)[n - 1];
      if (found !== undefined) return found;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(
          `ended (${this.process.exitCode ?? this.process.signalCode}) before the line came:\n${this.tail()}`,
        );
      }
      await new Promise<void>((resolve) => {
        const ring = (): void => {
          this.#waiting.delete(ring);
          resolve();
        };
        this.#waiting.add(ring);
      });
    }
  }

  tail(): string {
    return [...this.stderr.slice(-20), ...this.lines.slice(-20).map((line) => JSON.stringify(line))].join("\n");
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.process.kill(signal);
    await this.exited;
  }
}

function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { text };
  }
}

export interface Farm extends AsyncDisposable {
  readonly dir: string;
  readonly hot: string;
  readonly plates: string;
  readonly shot: string;
  readonly config: string;
  readonly slots: readonly SlotProcess[];
  startDaemon(env?: Readonly<Record<string, string>>): Child;
  track(child: Child): Child;
  /** A command beside the running daemon, with `--json`. */
  hotplate(...args: readonly string[]): Promise<CommandAnswer>;
}

export interface CommandAnswer {
  readonly code: number | null;
  readonly json: unknown;
}

export interface SlotProcess {
  readonly name: string;
  url: string;
  child: Child;
  restart(): Promise<void>;
}

export interface FarmOptions {
  readonly slots?: number;
  readonly frames?: number;
  readonly workMs?: number;
  /** Whose behaviour each slot has; 0.19 where none is given. */
  readonly versions?: readonly Version[];
  /** Lines of YAML under `roots:` and `hotFolders:`, besides the farm's own. */
  readonly roots?: (dir: string) => readonly string[];
  readonly hotFolders?: (dir: string) => readonly string[];
  /** Keys of each slot besides its name and URL, in YAML's flow form; or made of its name and its directory. */
  readonly slotKeys?: string | ((name: string, slotDir: string) => string);
  /** Further lines of the configuration. */
  readonly more?: (dir: string) => readonly string[];
  /** The daemon runs under this command (see `Child`). */
  readonly within?: readonly string[];
}

/** Plates `SH010_PL01_v001.1001.png` ..., a demo root, `slots` simulated slots on ports of their own. */
export async function makeFarm(options: FarmOptions = {}): Promise<Farm> {
  const dir = mkdtempSync(join(tmpdir(), "hotplate-e2e-"));
  const children = new Set<Child>();
  const track = (child: Child): Child => {
    children.add(child);
    return child;
  };
  const shot = join(dir, "shots/SH010");
  const plates = join(shot, "plates/SH010_PL01_v001");
  const hot = join(dir, "hot");
  for (const path of [plates, hot, join(dir, "state"), join(dir, "slots")]) mkdirSync(path, { recursive: true });
  writeFileSync(join(dir, ".hotplate-demo.json"), "{}\n");
  for (let frame = 0; frame < (options.frames ?? 2); frame += 1)
    await paintPlate(join(plates, `SH010_PL01_v001.${1001 + frame}.png`), frame);
  const slots: SlotProcess[] = [];
  for (let index = 0; index < (options.slots ?? 2); index += 1)
    slots.push(
      await startSlot(dir, index, { workMs: options.workMs ?? 0, version: options.versions?.[index] ?? "0.19", track }),
    );
  const config = join(dir, "hotplate.yaml");
  writeFileSync(config, configText(dir, slots, options));
  return {
    dir,
    hot,
    plates,
    shot,
    config,
    slots,
    track,
    startDaemon: (env) =>
      track(
        new Child(
          ["daemon/cli/main.ts", "run", "--config", config],
          { UV_THREADPOOL_SIZE: "16", ...env },
          options.within,
        ),
      ),
    hotplate: (...args) => hotplate(config, args, options.within ?? []),
    async [Symbol.asyncDispose]() {
      await Promise.all([...children].map((child) => child.kill("SIGKILL")));
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function hotplate(config: string, args: readonly string[], within: readonly string[]): Promise<CommandAnswer> {
  const whole = [...within, process.execPath, "daemon/cli/main.ts", ...args, "--json", "--config", config];
  const child = spawn(whole[0] ?? process.execPath, whole.slice(1), {
    cwd: REPO,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => said.push(data));
  child.stderr.resume();
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, json: JSON.parse(Buffer.concat(said).toString()) as unknown };
}

export async function paintPlate(path: string, frame: number): Promise<void> {
  const width = 96;
  const height = 54;
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      pixels[at] = (x * 2 + frame * 7) & 255;
      pixels[at + 1] = (y * 4) & 255;
      pixels[at + 2] = ((x ^ y) * 3) & 255;
    }
  }
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

async function startSlot(
  dir: string,
  index: number,
  options: { workMs: number; version: Version; track: (child: Child) => Child },
): Promise<SlotProcess> {
  const slotDir = join(dir, "slots", `gpu${index}`);
  mkdirSync(slotDir, { recursive: true });
  const start = async (port: number): Promise<{ child: Child; url: string }> => {
    const args = [
      "scripts/simulatedComfyui/main.ts",
      "--port",
      String(port),
      "--slot-dir",
      slotDir,
      "--work-ms",
      String(options.workMs),
      "--version",
      options.version,
    ];
    const child = options.track(new Child(args));
    const ready = await child.line((line) => typeof line["url"] === "string");
    return { child, url: String(ready["url"]) };
  };
  const first = await start(0);
  const slot: SlotProcess = {
    name: `gpu${index}`,
    url: first.url,
    child: first.child,
    async restart() {
      await slot.child.kill("SIGKILL");
      const again = await start(Number(new URL(slot.url).port));
      slot.child = again.child;
    },
  };
  return slot;
}

function configText(dir: string, slots: readonly SlotProcess[], options: FarmOptions): string {
  const keys = (name: string): string => {
    const { slotKeys } = options;
    const text = typeof slotKeys === "function" ? slotKeys(name, join(dir, "slots", name)) : slotKeys;
    return text === undefined ? "" : `, ${text}`;
  };
  return [
    "hotplate: 1",
    `stateDir: ${dir}/state`,
    "roots:",
    `  - {name: farm, linux: ${dir}}`,
    ...(options.roots?.(dir) ?? []),
    "hotFolders:",
    `  - {path: ${dir}/hot, show: TEST}`,
    ...(options.hotFolders?.(dir) ?? []),
    "slots:",
    ...slots.map((slot) => `  - {name: ${slot.name}, url: "${slot.url}", demo: true${keys(slot.name)}}`),
    ...(options.more?.(dir) ?? []),
    "api: {listen: '127.0.0.1:0'}",
    "log: {level: debug}",
    "",
  ].join("\n");
}
