/**
 * What image workers print, on its way to our standard error: a line at a time, bounded, with nothing in it that a terminal would
 * obey, and with the plugin's name in front where it is known whose words they are. The worker puts the name, the pool does the rest.
 */
import { writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { LIMITS } from "../../domain/limits.ts";
import { shownText } from "../../domain/terminalText.ts";

/** A stream as a worker has it: standard output, standard error. */
export type Spoken = Pick<NodeJS.WriteStream, "write">;

/** Whose words are written from now on; null: nobody's that is known. */
export type Speaks = (name: string | null) => void;

/**
 * Whatever is written to the streams has the speaker's name before each of its lines. What a library writes past them, straight to the
 * descriptor, has none.
 */
export function createVoice(streams: readonly Spoken[]): Speaks {
  let speaker: string | null = null;
  for (const stream of streams) {
    const write = stream.write.bind(stream) as (data: string | Uint8Array, then?: () => void) => boolean;
    let fresh = true;
    const spoken = (data: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const [encoding] = rest;
      const then = rest.find((one) => typeof one === "function") as (() => void) | undefined;
      const bytes =
        typeof data === "string" && typeof encoding === "string" ? Buffer.from(data, encoding as BufferEncoding) : data;
      const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8");
      const front = speaker === null ? "" : `plugin ${speaker}: `;
      const first = fresh ? front : "";
      if (text !== "") fresh = text.endsWith("\n");
      // Bytes that are nobody's stay as they are: they may be no text.
      if (front === "") return write(bytes, then);
      return write(text === "" ? text : first + text.replaceAll(/\n(?!$)/g, `\n${front}`), then);
    };
    stream.write = spoken as Spoken["write"];
  }
  return (name) => {
    speaker = name;
  };
}

/** Every line that comes, as it may be shown. A line without an end is cut, and the rest of it left out. */
export function hearLines(stream: Readable, hear: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  const most = LIMITS.workerLineCharactersMax;
  let open = "";
  let isCut = false;
  const say = (line: string): void => {
    if (!isCut) hear(shownText(line.endsWith("\r") ? line.slice(0, -1) : line));
    isCut = false;
  };
  const take = (text: string): void => {
    const lines = (open + text).split("\n");
    open = lines.pop() ?? "";
    for (const line of lines) say(cut(line));
    if (open.length <= most) return;
    // Told now, once: what prints without end has no end of line.
    if (!isCut) say(cut(open));
    isCut = true;
    open = "";
  };
  const cut = (line: string): string => (line.length > most ? `${line.slice(0, most)}... (cut)` : line);
  stream.on("data", (data: Buffer) => take(decoder.write(data)));
  stream.on("error", () => undefined);
  stream.on("end", () => {
    const rest = open + decoder.end();
    open = "";
    if (rest !== "" && !isCut) say(cut(rest));
  });
}

/** Standard output is the answer's, or the log's: what a studio's own check prints goes where errors go. */
export function toStandardError(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody reads it any more, which is no reason to stop the work.
  }
}
