/**
 * A program that goes on talking, read line by line: in a process group of its own, killed whole, with a small environment,
 * never more than one at a time by its caller. Long lines and floods end it: nothing here grows.
 */
import { execa } from "execa";
import { LIMITS } from "../../domain/limits.ts";
import { smallEnvironment } from "../exec.ts";

export interface Followed {
  /** Kills the whole group; `ended` says when it is really gone: one that hangs in the kernel takes its time. */
  kill(): void;
  /** Lets go of one that does not die: our own end must not wait for it. */
  abandon(): void;
  readonly ended: Promise<FollowedEnd>;
}
export interface FollowedEnd {
  readonly exitCode: number | null;
  /** errno name when it could not be started. */
  readonly code: string | null;
  /** The end of what it said, on both channels: its own words about why. */
  readonly said: string;
}

export interface FollowOptions {
  readonly line: (line: string) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
export type Follow = (command: string, args: readonly string[], options: FollowOptions) => Followed;

export const follow: Follow = (command, args, options) => {
  const child = execa(command, args, {
    env: smallEnvironment(options.environment ?? process.env),
    extendEnv: false,
    reject: false,
    buffer: false,
    stdin: "ignore",
    killDescendants: true,
    forceKillAfterDelay: false,
  });
  let said = "";
  let rest = "";
  const remember = (text: string): void => {
    said = (said + text).slice(-LIMITS.followedSaidCharactersMax);
  };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    remember(chunk);
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) options.line(line.trimEnd());
    if (rest.length > LIMITS.followedLineCharactersMax) child.kill("SIGKILL");
  });
  child.stderr?.setEncoding("utf8").on("data", remember);
  const ended = child.then((result): FollowedEnd => {
    const code = "code" in result && typeof result.code === "string" ? result.code : null;
    return { exitCode: result.exitCode ?? null, code, said };
  });
  return {
    ended,
    kill: () => void child.kill("SIGKILL"),
    abandon() {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.nodeChildProcess.unref();
    },
  };
};
