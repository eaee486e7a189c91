/** What the log writes: one JSON line an event for machines, one short line for a person at a terminal. */
import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { LogLevel } from "../../daemon/adapters/log.ts";
import { createLog } from "../../daemon/adapters/log.ts";
import type { EventFields } from "../../daemon/domain/events.ts";

const AT = Date.UTC(2026, 10, 24, 14, 31, 2, 500);

class Paper extends Writable {
  readonly isTTY: boolean;
  text = "";
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function written(level: LogLevel, isTTY: boolean, fields: EventFields): string {
  const out = new Paper(isTTY);
  const log = createLog({ level, out, clock: { now: () => AT } });
  log.event("debug", "task.staged", fields);
  log.event("info", "task.granted", fields);
  log.event("warn", "slot.down", fields);
  log.event("error", "work.failed", fields);
  return out.text;
}

describe("the log", () => {
  it("writes one JSON line an event: time, level, event, then the fields", () => {
    const lines = written("info", false, { task: "t1", bytes: 5, ok: true, reason: null }).trimEnd().split("\n");
    expect(lines[0]).toBe(
      '{"time":"2026-11-24T14:31:02.500Z","level":"info","event":"task.granted","task":"t1","bytes":5,"ok":true,"reason":null}',
    );
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(["info", "warn", "error"]);
  });

  it("writes nothing below its level, and everything at debug", () => {
    expect(written("error", false, {}).trimEnd().split("\n").length).toBe(1);
    expect(written("debug", false, {}).trimEnd().split("\n").length).toBe(4);
  });

  it("never breaks a line and never lets a field take the place of time, level or event", () => {
    const text = written("error", false, {
      event: "forged",
      level: "info",
      time: "never",
      message: 'a\n{"event":"forged"}',
    });
    expect(text.trimEnd().includes("\n")).toBe(false);
    expect(JSON.parse(text)).toEqual({
      time: "2026-11-24T14:31:02.500Z",
      level: "error",
      event: "work.failed",
      message: 'a\n{"event":"forged"}',
    });
  });

  it("holds nothing that a terminal would obey, and as JSON it means the same", () => {
    const message = "a\u001b[31m\u009b2J\u007f\u202e";
    for (const isTTY of [false, true]) {
      const text = stripVTControlCharacters(written("error", isTTY, { message }));
      expect(text).toContain("a\\u001b[31m\\u009b2J\\u007f\\u202e");
      expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    }
    expect(JSON.parse(written("error", false, { message }))).toMatchObject({ message });
  });

  it("is short on a terminal: the time of day, the level, the event, the fields that say something", () => {
    const text = written("error", true, { task: "t1", reason: null, message: "two words\nand a line" });
    expect(stripVTControlCharacters(text)).toBe(
      '14:31:02 error work.failed        task=t1 message="two words\\nand a line"\n',
    );
  });
});
