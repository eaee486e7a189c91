/**
 * The API on a real socket over a real store, a real disk and the shipped recipes, without a loop: `wake` applies what
 * people asked for, as the loop's own stage does. Bodies are parsed; nothing of the server is faked.
 */
import { mkdirSync } from "node:fs";
import { buildBase } from "../../daemon/adapters/world.ts";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import type { NodeView } from "../../daemon/domain/nodeView.ts";
import { createHttpServer } from "../../daemon/http/server.ts";
import type { RouteParts } from "../../daemon/http/routes.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { EventName } from "../../daemon/domain/events.ts";
import { createPeople } from "../../daemon/stages/people.ts";
import type { Store } from "../../daemon/storePort.ts";
import { facts, slot } from "../domain/scheduleFacts.ts";
import { tempDir } from "../fixtures/tempDir.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiWorld extends AsyncDisposable {
  readonly url: string;
  readonly dir: string;
  readonly hot: string;
  readonly store: Store;
  readonly logged: { readonly name: EventName; readonly fields: object }[];
  readonly view: { -readonly [key in keyof NodeView]: NodeView[key] };
  /** Whether `wake` applies requests. */
  applies: boolean;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface ApiOptions {
  readonly allowedHosts?: readonly string[];
  readonly files?: (files: RouteParts["world"]["files"]) => RouteParts["world"]["files"];
  readonly store?: (store: Store) => Store;
}

export async function apiWorld(options: ApiOptions = {}): Promise<ApiWorld> {
  const dir = tempDir();
  for (const name of ["hot", "hot_relight", "other/hot"]) mkdirSync(dir.file(name), { recursive: true });
  const config = configSchema.parse({
    hotplate: 1,
    stateDir: dir.file("state"),
    roots: [{ name: "shows", linux: dir.path }],
    hotFolders: [
      { path: dir.file("hot"), show: "AGM" },
      { path: dir.file("hot_relight"), show: "AGM", recipe: "env_relight" },
      { path: dir.file("other/hot"), show: "OTHER" },
    ],
    slots: [{ name: "gpu0", url: "http://127.0.0.1:9", demo: true }],
    api: { listen: "127.0.0.1:0", allowedHosts: options.allowedHosts ?? [] },
  });
  const base = buildBase(config, "error");
  const store = openSqliteStore({ path: ":memory:", clock: base.clock, ids: base.ids });
  const logged: { name: EventName; fields: object }[] = [];
  const log: RouteParts["world"]["log"] = { event: (_level, name, fields) => void logged.push({ name, fields }) };
  const view: NodeView = nodeView(base.clock.now(), dir.file("hot"));
  const given = options.store?.(store) ?? store;
  const world = { ...base, store: given, log, files: options.files?.(base.files) ?? base.files };
  const people = createPeople({ world, live: { slots: new Map() } } as unknown as StageContext, {
    ask: (request) => void store.settleRequest(request, "done", "Collected 0 things, 0 MB; 0 old enough but kept."),
  });
  const api: ApiWorld = {
    url: "",
    dir: dir.path,
    hot: dir.file("hot"),
    store,
    logged,
    view,
    applies: true,
    get: (path, headers = {}) => call(api.url + path, { headers }),
    post: (path, body, headers = {}) =>
      call(api.url + path, {
        method: "POST",
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      await server.close();
      await store.close();
      await base.images.close();
      dir[Symbol.dispose]();
    },
  };
  const wake = (): void => {
    if (api.applies) void people.tick();
  };
  const server = await createHttpServer({ world, view: () => view, wake, version: "0.0.0-test" });
  return Object.assign(api, { url: server.url });
}

async function call(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
}

function nodeView(now: number, hot: string): NodeView {
  const gpu0 = slot("gpu0", { simulated: true, classes: new Set(["LoadImage"]) });
  return {
    scheduling: facts({ now, slots: [gpu0] }),
    node: "farm07",
    pid: 1,
    version: "0.0.0-test",
    startedAt: now,
    now,
    state: "up",
    slots: [
      {
        name: "gpu0",
        url: "http://127.0.0.1:9",
        state: "up",
        reason: null,
        simulated: true,
        version: "0.19.1",
        device: null,
        classes: new Set(["LoadImage"]),
        blocks: [],
        gpu: { uuid: null, facts: null, reason: "a simulated ComfyUI computes on no GPU", mismatch: null },
        tasks: [],
        process: null,
        packs: [],
        lacks: [],
        drift: [],
      },
    ],
    needOf: () => null,
    lacksOf: () => new Map(),
    gpus: { kind: "unknown", reason: "there is no nvidia-smi here", silent: false },
    folders: [
      {
        path: hot,
        show: "AGM",
        kind: "hot folder",
        state: "up",
        reason: null,
        waiting: 0,
        ignored: { dotfile: 2 },
        lastListedAt: now,
      },
    ],
    roots: [],
    stepTrouble: {},
    secondsPerTask: {},
  };
}
