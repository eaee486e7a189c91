/**
 * The log, by winston: typed events only (domain/events.ts), one JSON line each on standard output, where journald or a
 * container takes them; on a terminal a short line for the person who looks. Free text is no interface.
 */
import type { Writable } from "node:stream";
import { styleText } from "node:util";
import winston from "winston";
import type { EventFields, EventName } from "../domain/events.ts";
import { shownJson } from "../domain/terminalText.ts";
import type { Clock, Log } from "../ports.ts";
import { createClock } from "./clock.ts";

export type LogLevel = Parameters<Log["event"]>[0];

export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly clock?: Pick<Clock, "now">;
  /** Default: standard output. */
  readonly out?: Writable & { readonly isTTY?: boolean };
}

interface Line {
  readonly at: number;
  readonly level: LogLevel;
  readonly event: EventName;
  readonly fields: EventFields;
}

export function createLog({ level, clock = createClock(), out = process.stdout }: LogOptions): Log {
  const human = out.isTTY === true;
  const logger = winston.createLogger({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf((info) => {
      const line = info["line"] as Line;
      return human ? humanLine(line, out) : jsonLine(line);
    }),
    transports: [new winston.transports.Stream({ stream: out, eol: "\n" })],
  });
  return {
    event(eventLevel, event, fields) {
      const line: Line = { at: clock.now(), level: eventLevel, event, fields };
      logger.log({ level: eventLevel, message: event, line });
    },
  };
}

/** Time, level and event come first and can't be overwritten by a field of the same name. */
function jsonLine({ at, level, event, fields }: Line): string {
  const head = { time: new Date(at).toISOString(), level, event };
  return shownJson({ ...head, ...fields, ...head });
}

const COLOURS = { error: "red", warn: "yellow", info: "cyan", debug: "gray" } as const;

/** `14:31:02 info  task.staged  task=... bytes=...`, UTC; line breaks and whatever a terminal obeys are shown as such, never printed. */
function humanLine({ at, level, event, fields }: Line, stream: Writable): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === "string" && !/^[\w./:@%+-]+$/.test(value) ? shownJson(value) : String(value)}`,
    );
  const coloured = styleText(COLOURS[level], level.padEnd(5), {
    stream: stream as NodeJS.WritableStream,
    validateStream: true,
  });
  return [new Date(at).toISOString().slice(11, 19), coloured, event.padEnd(18), ...words].join(" ");
}
