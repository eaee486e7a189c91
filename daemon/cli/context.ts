/**
 * What every command shares: where the configuration is, whether a daemon runs and how to call it, and how to speak. stdout
 * is data, stderr is everything else; `--json` is on every command; colour only on a terminal without NO_COLOR.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { styleText } from "node:util";
import type { LoadedConfig } from "../adapters/config.ts";
import { loadConfig, loadPictureConfig } from "../adapters/config.ts";
import type { DaemonFile } from "../adapters/daemonFile.ts";
import { callDaemon } from "../adapters/daemonClient.ts";
import { readDaemonFile } from "../adapters/daemonFile.ts";
import type { PictureConfig } from "../domain/config.ts";
import { shownName } from "../domain/dropName.ts";
import { errorAnchor, EXIT, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { shownJson, shownText } from "../domain/terminalText.ts";

export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export interface Context {
  readonly json: boolean;
  config(): Promise<LoadedConfig>;
  /** The same file, for commands that only look at pictures. */
  pictureConfig(): Promise<PictureConfig>;
  /** The text of that file and its absolute path: for places in it. */
  configText(): Promise<{ readonly path: string; readonly text: string }>;
  /** Somebody said which one: it must be there. */
  readonly configNamed: boolean;
  /** The running daemon, or HP-DAEMON-ABSENT. */
  daemon(): Promise<DaemonFile>;
  daemonIfAny(): Promise<DaemonFile | null>;
  api(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown>;
  /** Data: text for people, or the JSON of the same thing. */
  print(value: unknown, text: () => string): void;
  hint(text: string): void;
  exit(code: number): void;
}

export function createContext(options: GlobalOptions): Context {
  const json = options.json === true;
  const config = async (): Promise<LoadedConfig> => loadConfig(configPath(options.config));
  const daemonIfAny = async (): Promise<DaemonFile | null> => readDaemonFile((await config()).config.stateDir);
  const daemon = async (): Promise<DaemonFile> => {
    const found = await daemonIfAny();
    if (found === null)
      throw new HotplateError("HP-DAEMON-ABSENT", `No daemon runs for ${configPath(options.config)}.`);
    return found;
  };
  return {
    json,
    config,
    pictureConfig: async () => loadPictureConfig(configPath(options.config)),
    configText: async () => {
      const path = configPath(options.config);
      return { path, text: await readFile(path, "utf8") };
    },
    configNamed: options.config !== undefined || process.env["HOTPLATE_CONFIG"] !== undefined,
    daemon,
    daemonIfAny,
    async api(method, path, body) {
      const { api } = await daemon();
      return callDaemon(api, { method, path, body });
    },
    print(value, text) {
      process.stdout.write(json ? `${shownJson(value, 2)}\n` : `${shownText(text())}\n`);
    },
    hint(text) {
      if (!json) process.stderr.write(`${shownText(text)}\n`);
    },
    exit(code) {
      process.exitCode = code;
    },
  };
}

/** --config, then HOTPLATE_CONFIG, then ./hotplate.yaml. */
export function configPath(given: string | undefined): string {
  const path = given ?? process.env["HOTPLATE_CONFIG"] ?? "hotplate.yaml";
  if (!existsSync(path)) {
    throw new HotplateError(
      "HP-CONFIG-MISSING",
      `There is no configuration ${resolve(path)}. Say --config FILE, set HOTPLATE_CONFIG, or make one with hotplate init.`,
    );
  }
  return resolve(path);
}

/** What; where is in what; what to do; code. Three lines at most for each. */
export function reportError(error: unknown, options: { readonly json: boolean; readonly verbose: boolean }): number {
  const known = knownError(error);
  if (options.json)
    process.stdout.write(
      `${shownJson({ error: { code: known.code, message: known.message, hint: known.hint, problems: known.problems } }, 2)}\n`,
    );
  else {
    process.stderr.write(
      [
        `${styleText("red", known.code, { stream: process.stderr, validateStream: true })}  ${shownText(known.message)}`,
        `  do this:  ${shownText(known.hint)}`,
        `  more:     docs/errors.md#${errorAnchor(known.code)}`,
        "",
      ].join("\n"),
    );
    if (options.verbose && error instanceof Error) process.stderr.write(`${shownText(error.stack ?? "")}\n`);
  }
  return known.exit === EXIT.done ? EXIT.no : known.exit;
}

function knownError(error: unknown): HotplateError {
  if (error instanceof HotplateError) return error;
  // Whatever a command was about to read: the link is wrong, not we.
  if (systemCode(error) === "ELOOP")
    return new HotplateError("HP-PATH-BROKEN", `${pathOf(error)} leads nowhere: links lead in a circle.`, {
      cause: error,
    });
  return new HotplateError("HP-INTERNAL", messageOf(error), { cause: error });
}

function pathOf(error: unknown): string {
  const path = typeof error === "object" && error !== null && "path" in error ? error.path : null;
  return typeof path === "string" ? path : "A path";
}

/** Whole numbers only; anything else is a wrong call. */
export function wholeNumber(
  text: unknown,
  option: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = typeof text === "string" && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new HotplateError(
    "HP-USAGE",
    `${option} ${JSON.stringify(text)} is no whole number from ${range.min} to ${range.max}.`,
  );
}

/** Who asks, for the record; not verified. A container may have a user id without a name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? "unknown";
  }
}

/** Aligned columns on a terminal; tab-separated and uncut elsewhere. A cell is one line, whatever is in it. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(shownName));
  if (process.stdout.isTTY !== true) return rows.map((row) => row.join("\t")).join("\n");
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
