/** The command line as people call it: the launcher, a process of its own, an environment without colour or configuration. */
import { spawn } from "node:child_process";
import { REPOSITORY } from "../fixtures/sources.ts";

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface CallOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function hotplate(args: readonly string[], options: CallOptions = {}): Promise<Said> {
  const { HOTPLATE_CONFIG: _none, FORCE_COLOR: _no, ...env } = process.env;
  const child = spawn("sh", [`${REPOSITORY}scripts/hotplate.sh`, ...args], {
    cwd: options.cwd ?? "/",
    env: { ...env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as never }));
  });
}
