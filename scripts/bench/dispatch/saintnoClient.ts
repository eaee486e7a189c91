/**
 * @saintno/comfyui-sdk 0.3.1 as its documents show it: a ComfyPool over all servers, one CallWrapper per task. It is no
 * dependency of ours; `--peers DIR` names a folder in which it was installed.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { RaceTask } from "./tasks.ts";
import { graphOf } from "./tasks.ts";

interface Api {
  readonly ready?: Promise<unknown>;
}
interface Builder {
  setInputNode(name: string, path: string): Builder;
  setOutputNode(name: string, node: string): Builder;
  input(name: string, value: unknown): Builder;
}
interface Call {
  onFinished(then: (data: unknown) => void): Call;
  onFailed(then: (error: unknown) => void): Call;
  run(): Promise<unknown>;
}
interface Pool {
  run<T>(job: (api: Api) => Promise<T>): Promise<T>;
  on(event: string, then: () => void): void;
}
interface Sdk {
  readonly ComfyApi: new (url: string, id: string) => Api;
  readonly ComfyPool: new (clients: readonly Api[], mode: unknown, options?: unknown) => Pool;
  readonly EQueueMode: Readonly<Record<string, unknown>>;
  readonly PromptBuilder: new (graph: unknown, inputs: readonly string[], outputs: readonly string[]) => Builder;
  readonly CallWrapper: new (api: Api, builder: Builder) => Call;
}

export function saintnoPath(peers: string): string {
  return join(peers, "node_modules/@saintno/comfyui-sdk/build/index.esm.js");
}

export async function saintnoClient(
  urls: readonly string[],
  tasks: readonly RaceTask[],
  of: { readonly peers: string; readonly mode: string },
): Promise<void> {
  const sdk = (await import(pathToFileURL(saintnoPath(of.peers)).href)) as Sdk;
  // Its pool leaves some rejections to nobody; the race must go on.
  process.on("unhandledRejection", (error) => process.stderr.write(`saintno left a rejection: ${String(error)}\n`));
  const clients = urls.map((url, index) => new sdk.ComfyApi(url, `c${index}`));
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  let up = 0;
  const pool = new sdk.ComfyPool(clients, sdk.EQueueMode[of.mode], { maxQueueSize: tasks.length + 10 });
  pool.on("ready", () => {
    up += 1;
    if (up === urls.length) resolve();
  });
  await ready;
  process.send?.("connected");
  await new Promise<void>((go) => process.once("message", () => go()));
  await Promise.all(tasks.map((task) => pool.run((api) => one(sdk, api, task))));
}

function one(sdk: Sdk, api: Api, task: RaceTask): Promise<void> {
  const builder = new sdk.PromptBuilder(graphOf(task), ["seed"], ["images"])
    .setInputNode("seed", "3.inputs.seed")
    .setOutputNode("images", "9")
    .input("seed", task.seed);
  return new Promise((resolve, reject) => {
    void new sdk.CallWrapper(api, builder)
      .onFinished(() => resolve())
      .onFailed((error) => reject(error instanceof Error ? error : new Error(String(error))))
      .run();
  });
}
