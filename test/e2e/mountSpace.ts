/**
 * A mount namespace of its own for a test, made by `unshare` as root or as an ordinary user: what is mounted there is seen
 * by nobody else and goes away with its last process. Other processes join it by `within`; the test looks in by `view`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface MountSpace extends AsyncDisposable {
  /** The command that runs what follows it in here. */
  readonly within: readonly string[];
  /** The path by which the outside sees `path` of the inside. */
  view(path: string): string;
  /** What the script printed as `name=value`; `server` is a process that ends with the space. */
  readonly said: ReadonlyMap<string, string>;
}

/** One with a mount that hangs while its server is stopped (SIGSTOP to `server` of what it said); a string: why there is none. */
export async function hangingSpace(server: string, mount: string): Promise<MountSpace | string> {
  const space = await mountSpace(
    `bindfs -f ${server} ${mount} & echo server=$!
       until mountpoint -q ${mount}; do kill -0 $!; done`,
  );
  return typeof space === "string" ? `${space} (bindfs makes the mount that hangs)` : space;
}

/** Runs `script` (sh) in a new namespace and keeps it; a string is the reason why that can't be done on this machine. */
export async function mountSpace(script: string): Promise<MountSpace | string> {
  const holder = spawn("unshare", ["-rm", "sh", "-ec", `${script}\necho ready\nexec sleep infinity`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  const said = new Map<string, string>();
  holder.stderr.on("data", (data: Buffer) => errors.push(data.toString().trim()));
  const outcome = await new Promise<string | null>((resolve) => {
    holder.once("error", (error) => resolve(error.message));
    holder.once("close", (code) => resolve(errors.join("; ") || `unshare ended with ${code}`));
    createInterface({ input: holder.stdout }).on("line", (line) => {
      if (line === "ready") resolve(null);
      const [name = "", value = ""] = line.split("=");
      said.set(name, value);
    });
  });
  if (outcome !== null || holder.pid === undefined) return `no mounts of our own here: ${outcome ?? "no process"}`;
  const { pid } = holder;
  const ended = new Promise<void>((resolve) => holder.once("exit", () => resolve()));
  return {
    within: ["nsenter", "--target", String(pid), "--user", "--mount", "--preserve-credentials", "--wd"],
    view: (path) => `/proc/${pid}/root${path}`,
    said,
    async [Symbol.asyncDispose]() {
      // Also when it is stopped: a mount that hangs would keep all who wait for it.
      const server = said.get("server");
      if (server !== undefined) process.kill(Number(server), "SIGKILL");
      holder.kill("SIGKILL");
      await ended;
    },
  };
}
