/**
 * The demo's progress, read where an artist reads it: in STATUS.txt. A line that is written over on a terminal; a line per
 * ten per cent elsewhere.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_EVERY_MS = 200;

export interface DemoOutcome {
  readonly state: string;
  /** The answer's own lines. */
  readonly lines: readonly string[];
}

export async function watchProgress(answer: string, quiet: boolean): Promise<DemoOutcome> {
  const terminal = process.stdout.isTTY === true;
  let said = "";
  let saidShare = -1;
  for (;;) {
    const text = await readFile(answer, "utf8").catch(() =>
      readFile(answer.replace(/\.STATUS\.txt$/, ".ERROR.txt"), "utf8").catch(() => ""),
    );
    const lines = text.trimEnd().split("\n");
    const state = /^[A-Z ]+?(?= {2})/.exec(text)?.[0] ?? "";
    const tasks = /tasks:\s+(\d+)\/(\d+)[^\n]*/.exec(text);
    const share = tasks === null ? 0 : Math.floor((10 * Number(tasks[1])) / Math.max(1, Number(tasks[2])));
    const line = `${state.toLowerCase().padEnd(10)} ${tasks?.[0].replace(/^tasks:\s+/, "") ?? ""}${/about:\s+([^\n]*)/.exec(text)?.[1] === undefined ? "" : `, ${/about:\s+([^\n]*)/.exec(text)?.[1] ?? ""}`}`;
    if (!quiet && terminal && line !== said) process.stdout.write(`\r${line.padEnd(78)}`);
    if (!quiet && !terminal && share > saidShare && tasks !== null) process.stdout.write(`${line}\n`);
    said = line;
    saidShare = Math.max(saidShare, share);
    // The report for people is written a moment after the version appeared.
    const report = /QC:\s+(.+)/.exec(text)?.[1];
    if (state === "DONE" && report !== undefined && !existsSync(report)) {
      await pause(LOOK_EVERY_MS);
      continue;
    }
    if (["DONE", "FAILED", "CANCELED", "REJECTED"].includes(state)) {
      if (!quiet && terminal) process.stdout.write("\n");
      return { state, lines };
    }
    await pause(LOOK_EVERY_MS);
  }
}
