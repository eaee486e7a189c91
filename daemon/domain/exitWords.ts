/**
 * Why a spawned ComfyUI ended, in words: by its exit code or signal and by what it said last. `hopeless` means that a start
 * with the same command ends the same way, so nobody tries again before somebody changed something.
 */
import type { ErrorCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";

export interface ExitFacts {
  /** null: it died of a signal, or its end was not seen. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Its last lines, oldest first. */
  readonly tail: readonly string[];
  /** It had answered before. */
  readonly wasReady: boolean;
}

export interface ExitWords {
  readonly code: ErrorCode;
  readonly message: string;
  readonly action: string;
  readonly hopeless: boolean;
}

/** What it says of its database when that can't be opened. */
const DATABASE: Readonly<Record<string, readonly [message: string, action: string]>> = {
  in_use: [
    "another process uses its database",
    "give each slot a ComfyUI that runs with --disable-assets, or end the other",
  ],
  locked: ["another process has locked its database", "end the other ComfyUI of that user directory"],
  newer_revision: ["a newer ComfyUI wrote its database", "update ComfyUI, or remove its database file"],
  path_blocked: ["its database file can't be made: something stands in its place", "look at the path in its log"],
  not_writable: ["its database may not be written", "check the rights of the slot's directory"],
  corrupt: ["its database is damaged", "remove the database file"],
  missing_packages: ["python packages for its database are missing", "install ComfyUI's requirements.txt"],
  unsupported_url: ["its database url is not supported", "remove --database-url from spawn.args"],
};

export function exitWords(facts: ExitFacts): ExitWords {
  const known = bySignal(facts) ?? byCode(facts);
  const said = known.quote ? lastWords(facts.tail) : null;
  const { quote: _quote, ...words } = known;
  return said === null ? words : { ...words, message: `${words.message}: ${said}` };
}

type Known = ExitWords & { readonly quote: boolean };

const crashed = (message: string, action: string, quote = false): Known => ({
  code: "HP-SLOT-CRASHED",
  message,
  action,
  hopeless: false,
  quote,
});
const unstartable = (message: string, action: string, quote = false): Known => ({
  code: "HP-SLOT-START",
  message,
  action,
  hopeless: true,
  quote,
});

function bySignal({ code, signal }: ExitFacts): Known | null {
  // A shell between reports 128 + the signal's number.
  switch (signal ?? (code === null ? null : SIGNALS[code - 128])) {
    case undefined:
    case null:
      return null;
    case "SIGKILL":
      return crashed(
        "ComfyUI was killed (137), mostly because the node ran out of memory",
        "see the kernel's log; smaller batches, spawn.memoryMax, or more memory",
      );
    case "SIGSEGV":
      return crashed(
        "ComfyUI crashed in native code (139)",
        "see its log; update the driver or the node pack named there",
      );
    case "SIGABRT":
      return crashed("ComfyUI gave up in native code (134)", "see its log", true);
    case "SIGBUS":
      return crashed("ComfyUI lost a file that it had mapped (135)", "check the disk that holds the models");
    case "SIGTERM":
      return crashed("somebody ended ComfyUI with SIGTERM (143)", "nothing: it is started again");
    case "SIGINT":
      return crashed("somebody interrupted ComfyUI (130)", "nothing: it is started again");
    default:
      return crashed(`ComfyUI died of ${signal ?? "a signal"}`, "see its log", true);
  }
}

const SIGNALS: Readonly<Record<number, string>> = {
  2: "SIGINT",
  6: "SIGABRT",
  7: "SIGBUS",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM",
};

function byCode({ code, tail, wasReady }: ExitFacts): Known {
  switch (code) {
    case 0:
      return crashed("ComfyUI ended by itself (0), as after Ctrl-C", "nothing: it is started again");
    case 1:
      return exitOne(tail, wasReady);
    case 2:
      return unstartable("ComfyUI does not take its command line (2)", "correct spawn.args", true);
    case 126:
    case 127:
      return unstartable(`python can't be run (${code})`, "correct spawn.python", true);
    case 255:
      return unstartable(
        "ComfyUI's frontend package is missing (255)",
        "install its requirements.txt, or give --front-end-root in spawn.args",
      );
    case null:
      return crashed("ComfyUI is gone; its end was not seen", "nothing: it is started again", true);
    default:
      return crashed(`ComfyUI ended with ${code}`, "see its log", true);
  }
}

function exitOne(tail: readonly string[], wasReady: boolean): Known {
  const text = tail.join("\n");
  if (/address already in use|Errno 98\b|Errno 10048|port \d+ is (?:already )?in use/i.test(text)) {
    const action = "end the process on that port, or give another spawn.port";
    return { code: "HP-SLOT-PORT", message: "its port is taken", action, hopeless: false, quote: false };
  }
  const database = /ASSETS_STARTUP_FAILED:\s*([a-z_]+)/.exec(text)?.[1];
  if (database !== undefined) {
    const [message, action] = DATABASE[database] ?? [`its database can't be opened (${database})`, "see its log"];
    return { code: "HP-SLOT-START", message, action, hopeless: false, quote: false };
  }
  if (/ModuleNotFoundError|ImportError/.test(text) && !wasReady)
    return unstartable("a python package is missing (1)", "install ComfyUI's requirements.txt into that python", true);
  return crashed("ComfyUI ended with an error (1)", "see its log", true);
}

/** The line that says most: the last exception or error, else the last line at all. */
export function lastWords(tail: readonly string[]): string | null {
  const lines = tail.map((line) => line.trim()).filter((line) => line !== "");
  const telling = lines.findLast((line) =>
    /^(?:[\w.]*(?:Error|Exception|Interrupt)\b|main\.py: error|.*\berror:)/i.test(line),
  );
  return (telling ?? lines.at(-1) ?? null)?.slice(0, LIMITS.slotWordsCharactersMax) ?? null;
}

/** Its only execution thread is dead: HTTP goes on to answer 200 and nothing runs any more. */
export function isThreadDeath(line: string): boolean {
  return /Exception in thread .*\(?prompt_worker\)?/.test(line);
}

/** The pack that could not be loaded, by ComfyUI's own words; null when the line says no such thing. */
export function failedPack(line: string): string | null {
  const timed = /\(IMPORT FAILED\):?\s*(\S.*)$/.exec(line)?.[1];
  const path = timed ?? /Cannot import (\S+) module for custom nodes/.exec(line)?.[1];
  return path === undefined ? null : (path.trim().split(/[\\/]/).at(-1) ?? null);
}
