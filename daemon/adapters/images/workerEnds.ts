/**
 * The ways in which a plugin's code can end its worker by a word. A plugin that calls one meets an error instead, so that the others'
 * findings stay and it is named. What ends a process otherwise (a fault in native code) is for the pool (workers.ts).
 */
import { pathToFileURL } from "node:url";

/** What of `process` ends it. */
export type Ending = Pick<NodeJS.Process, "exit" | "abort" | "kill" | "pid">;

/** Puts errors in the place of `exit`, `abort` and `kill` of itself while `isGuarded`. Returns how the process ends itself. */
export function guardEnds(process: Ending, isGuarded: () => boolean): (code: number) => never {
  const { exit, abort, kill } = process;
  const refuse = (call: string): void => {
    if (isGuarded()) throw new Error(`it called ${call}, which would have ended its worker`);
  };
  process.exit = (code) => {
    refuse(`process.exit(${code ?? ""})`);
    return exit.call(process, code);
  };
  process.abort = () => {
    refuse("process.abort()");
    return abort.call(process);
  };
  process.kill = (pid, signal) => {
    if (pid === process.pid || pid === 0) refuse(`process.kill of itself`);
    return kill.call(process, pid, signal);
  };
  return (code) => exit.call(process, code);
}

/** The first of these files that an error came through; null: none, or it says nothing of where it was thrown. */
export function fileBehind(error: unknown, files: Iterable<string>): string | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const of = (file: string): number => {
    const found = [stack.indexOf(`${pathToFileURL(file).href}:`), stack.indexOf(`${file}:`)].filter((at) => at >= 0);
    return found.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...found);
  };
  let best: { readonly file: string; readonly at: number } | null = null;
  for (const file of files) {
    const at = of(file);
    if (at < (best?.at ?? Number.POSITIVE_INFINITY)) best = { file, at };
  }
  return best?.file ?? null;
}
