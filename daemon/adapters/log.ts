/** The log: JSON lines on standard output for journald, by winston. Events are typed; free text is no interface. */
import winston from "winston";
import type { Log } from "../ports.ts";

export function createLog(level: "debug" | "info" | "warn" | "error"): Log {
  const logger = winston.createLogger({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf((info) => JSON.stringify(info["line"])),
    transports: [new winston.transports.Console({ forceConsole: false })],
  });
  return {
    event(eventLevel, name, fields) {
      logger.log({ level: eventLevel, message: name, line: { time: new Date().toISOString(), level: eventLevel, event: name, ...fields } });
    },
  };
}
