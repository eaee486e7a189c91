/** A node whose slots are spawned by the daemon itself: fake ComfyUI installs in a temporary folder, ports found free. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { makeInstall } from "../../scripts/simulatedComfyui/comfyInstall.ts";
import type { Version } from "../../scripts/simulatedComfyui/words.ts";
import type { Child, Farm } from "./farm.ts";
import { makeFarm } from "./farm.ts";

export interface SpawnedOptions {
  readonly slots?: number;
  readonly version?: Version;
  /** ComfyUI's further flags, per slot. */
  readonly args?: readonly (readonly string[])[];
  /** Further keys of each slot's spawn, in YAML's flow form. */
  readonly spawn?: string;
  /** Further keys of each slot. */
  readonly slot?: string;
}

export interface SpawnedFarm extends Farm {
  readonly ports: readonly number[];
  /** The process of a slot as its record names it. */
  pid(slot: string): number;
  log(slot: string): string;
  configure(options: SpawnedOptions): void;
}

export async function makeSpawnedFarm(options: SpawnedOptions = {}): Promise<SpawnedFarm> {
  const farm = await makeFarm({ slots: 0 });
  const ports: number[] = [];
  for (let index = 0; index < (options.slots ?? 1); index += 1) ports.push(await freePort());
  const slotDir = (name: string): string => join(farm.dir, "state/slots", name);
  const pid = (name: string): number =>
    (JSON.parse(readFileSync(join(slotDir(name), "process.json"), "utf8")) as { pid: number }).pid;
  const configure = (given: SpawnedOptions): void => {
    const install = makeInstall(join(farm.dir, "ComfyUI"), given.version);
    writeFileSync(farm.config, configText(farm.dir, { install, ports, given }));
  };
  configure(options);
  return {
    ...farm,
    ports,
    pid,
    log: (name) => readFileSync(join(slotDir(name), "comfyui.log"), "utf8"),
    configure,
    async [Symbol.asyncDispose]() {
      // What the daemon spawned is not its child any more when it was killed.
      for (let index = 0; index < ports.length; index += 1) endGroup(() => pid(`gpu${index}`));
      await farm[Symbol.asyncDispose]();
    },
  };
}

function endGroup(pidOf: () => number): void {
  try {
    process.kill(-pidOf(), "SIGKILL");
  } catch {
    // It has ended, or never began: nothing is left to end.
  }
}

function configText(
  dir: string,
  of: {
    readonly install: { readonly dir: string; readonly python: string };
    readonly ports: readonly number[];
    readonly given: SpawnedOptions;
  },
): string {
  const { install, ports, given } = of;
  return [
    "hotplate: 1",
    `stateDir: ${dir}/state`,
    `roots: [{name: farm, linux: ${dir}}]`,
    `hotFolders: [{path: ${dir}/hot, show: TEST}]`,
    "slots:",
    ...ports.map((port, index) => {
      const args = JSON.stringify(given.args?.[index] ?? []);
      const more = given.spawn === undefined ? "" : `, ${given.spawn}`;
      const slot = given.slot === undefined ? "" : `, ${given.slot}`;
      return `  - {name: gpu${index}, demo: true, spawn: {dir: ${install.dir}, python: ${install.python}, port: ${port}, args: ${args}${more}}${slot}}`;
    }),
    "api: {listen: '127.0.0.1:0'}",
    "log: {level: debug}",
    "",
  ].join("\n");
}

/** Free a moment ago; the kernel gives it to nobody else soon. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}

export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return !text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
}

/** The running daemon's API. */
export async function api(farm: Farm, path: string, body?: unknown): Promise<unknown> {
  const { api: url } = JSON.parse(readFileSync(join(farm.dir, "state/daemon.json"), "utf8")) as { api: string };
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return response.json();
}

export const event =
  (name: string, fields: Readonly<Record<string, unknown>> = {}) =>
  (line: { readonly event?: string; readonly [key: string]: unknown }): boolean =>
    line.event === name && Object.entries(fields).every(([key, value]) => line[key] === value);

export async function committed(daemon: Child, n = 1): Promise<void> {
  await daemon.line(event("version.committed"), n);
}
