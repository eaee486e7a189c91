/** `hotplate run` as a process: it starts, says where it is, drains, exits by the table, and leaves nothing half open. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "vitest";
import { readDaemonFile } from "../daemon/adapters/daemonFile.ts";
import { Child } from "./e2e/farm.ts";
import type { TempDir } from "./fixtures/tempDir.ts";
import { tempDir } from "./fixtures/tempDir.ts";

/** Nothing listens on port 9 of this machine's loopback: the slot is down, which is no reason not to run. */
const NOBODY = "http://127.0.0.1:9";

interface Extras {
  readonly comfy?: string;
  readonly listen?: string;
}

function configure(dir: TempDir, { comfy = NOBODY, listen = "127.0.0.1:0" }: Extras = {}): string {
  mkdirSync(dir.file("hot"), { recursive: true });
  const path = dir.file("hotplate.yaml");
  writeFileSync(
    path,
    `hotplate: 1
stateDir: ${dir.file("state")}
roots: [{name: r, linux: ${dir.path}}]
hotFolders: [{path: ${dir.file("hot")}, show: T}]
slots: [{name: gpu0, url: "${comfy}"}]
api: {listen: "${listen}"}
`,
  );
  return path;
}

/** Command lines of what a process has started and still runs. */
function childrenOf(pid: number | undefined): readonly string[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return pids.map((each) => readFileSync(`/proc/${each}/cmdline`, "utf8"));
}

describe("hotplate run", () => {
  const children = new Set<Child>();
  const servers = new Set<Server>();
  afterEach(async () => {
    await Promise.all([...children].map((child) => child.kill("SIGKILL")));
    for (const server of servers) server.close();
    children.clear();
    servers.clear();
  });
  const start = (config: string, env: Readonly<Record<string, string>> = {}): Child => {
    const child = new Child(["daemon/cli/main.ts", "run", "--config", config], env);
    children.add(child);
    return child;
  };
  const event = (name: string) => (line: { readonly event?: string }) => line.event === name;
  /** Accepts connections and never answers: work that hangs until its own deadline. */
  const silentServer = async (): Promise<{ readonly url: string; readonly called: Promise<void> }> => {
    let ring = (): void => undefined;
    const called = new Promise<void>((resolve) => (ring = resolve));
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      ring();
    });
    servers.add(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return { url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`, called };
  };

  it("says where its API is, lets no second daemon near (HP-STATE-LOCKED), drains at SIGTERM and exits 0", async () => {
    using dir = tempDir();
    const config = configure(dir);
    const child = start(config);
    await child.line(event("daemon.recovered"));
    const facts = await readDaemonFile(dir.file("state"));
    expect(facts).toMatchObject({ pid: child.process.pid });
    expect((await fetch(`${facts?.api}/v1/openapi.json`)).status).toBe(200);
    // All others are started by that one (adapters/starter/).
    expect(childrenOf(child.process.pid)).toEqual([expect.stringContaining("adapters/starter/starterProcess.ts")]);
    const second = start(config);
    expect(await second.exited).toBe(7);
    expect(second.stderr.join("\n")).toContain("HP-STATE-LOCKED");
    expect(second.stderr.join("\n")).toContain(`process ${child.process.pid}`);
    expect(await readDaemonFile(dir.file("state"))).toEqual(facts);
    child.process.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(child.lines.map((line) => line.event)).toContain("daemon.stopped");
    expect(existsSync(dir.file("state/daemon.json"))).toBe(false);
    expect(child.stderr).toEqual([]);
  });

  it("starts again after a kill, and exits 1 at what nobody caught, saying it", async () => {
    using dir = tempDir();
    const preload = dir.file("preload.mjs");
    writeFileSync(preload, 'process.on("SIGUSR2", () => void Promise.reject(new Error("nobody caught this")));\n');
    const config = configure(dir);
    const first = start(config);
    await first.line(event("daemon.recovered"));
    await first.kill("SIGKILL");
    expect(existsSync(dir.file("state/daemon.json"))).toBe(true);
    expect(await readDaemonFile(dir.file("state"))).toBe(null);
    const second = start(config, { NODE_OPTIONS: `--import=${preload}` });
    await second.line(event("daemon.recovered"));
    expect(await readDaemonFile(dir.file("state"))).toMatchObject({ pid: second.process.pid });
    second.process.kill("SIGUSR2");
    expect(await second.exited).toBe(1);
    expect(second.lines.at(-1)).toMatchObject({ event: "daemon.crashed", level: "error" });
    expect(String(second.lines.at(-1)?.["error"])).toContain("nobody caught this");
  });

  it("exits at once at the second signal, with 130", async () => {
    using dir = tempDir();
    const comfy = await silentServer();
    const child = start(configure(dir, { comfy: comfy.url }));
    await comfy.called;
    await child.line(event("daemon.recovered"));
    child.process.kill("SIGINT");
    await child.line(event("daemon.stopping"));
    child.process.kill("SIGINT");
    expect(await child.exited).toBe(130);
  });

  it("ends when a later step of the start fails, and gives everything back", async () => {
    using dir = tempDir();
    const taken = await silentServer();
    const child = start(configure(dir, { listen: taken.url.replace("http://", "") }));
    expect(await child.exited).not.toBe(0);
    expect(child.stderr.join("\n")).toContain("EADDRINUSE");
    expect(existsSync(dir.file("state/daemon.json"))).toBe(false);
    await start(configure(dir)).line(event("daemon.recovered"));
  });

  it("ends when its store turns out broken after the slots were opened, and says it", async () => {
    using dir = tempDir();
    const comfy = await silentServer();
    const config = configure(dir, { comfy: comfy.url });
    const first = start(config);
    await first.line(event("daemon.recovered"));
    await first.kill("SIGKILL");
    const database = new DatabaseSync(dir.file("state/hotplate.db"));
    database.exec("ALTER TABLE task RENAME TO task_of_another_build");
    database.close();
    const second = start(config);
    expect(await second.exited).toBeGreaterThan(0);
    expect(second.stderr.join("\n")).toContain("HP-INTERNAL  no such table");
  });

  it("starts with no half of a configuration: every problem on standard error, exit 3", async () => {
    using dir = tempDir();
    const config = configure(dir);
    writeFileSync(config, `${readFileSync(config, "utf8").replace("slots", "slot")}log: {level: loud}\n`);
    const child = start(config);
    expect(await child.exited).toBe(3);
    expect(child.stderr.join("\n")).toMatch(/HP-CONFIG-INVALID/);
    expect(child.stderr.join("\n")).toMatch(/"slot" is no key\..*"slots"/);
    expect(child.stderr.join("\n")).toMatch(/log\.level can't be used\./);
    expect(existsSync(dir.file("state"))).toBe(false);
  });
});
