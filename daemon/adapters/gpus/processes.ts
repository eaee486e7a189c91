/**
 * Who is behind a process id: its group, user and command line from /proc. Absent is what may not be seen: a process of
 * another namespace (a container's), or of another user under hidepid.
 */
import { readFile, stat } from "node:fs/promises";
import { LIMITS } from "../../domain/limits.ts";
import type { ProcessFacts } from "../../domain/gpu.ts";

export async function processFacts(pid: number): Promise<ProcessFacts | null> {
  try {
    const dir = `/proc/${pid}`;
    const [line, argv, { uid }] = await Promise.all([
      readFile(`${dir}/stat`, "latin1"),
      readFile(`${dir}/cmdline`, "utf8"),
      stat(dir),
    ]);
    // `pid (name) state ppid pgrp ...`: the name may hold anything, so it is cut at its last parenthesis.
    const group = Number(line.slice(line.lastIndexOf(")") + 2).split(" ")[2]);
    if (!Number.isSafeInteger(group)) return null;
    return {
      group,
      uid,
      argv: argv
        .slice(0, LIMITS.processArgvCharactersMax)
        .split("\0")
        .filter((word) => word !== ""),
    };
  } catch {
    // Ended, hidden, or no /proc at all: nobody to speak of.
    return null;
  }
}
