/** What image workers and plugins print: by lines, bounded, with nothing that a terminal would obey, and with whose words they are. */
import { writeFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import type { Spoken } from "../../../daemon/adapters/images/workerVoice.ts";
import { createVoice, hearLines } from "../../../daemon/adapters/images/workerVoice.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { pngBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

/** What is heard of these pieces. */
async function heard(...pieces: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  hearLines(stream, (line) => lines.push(line));
  for (const piece of pieces) stream.write(piece);
  stream.end();
  await new Promise((resolve) => stream.once("close", resolve));
  return lines;
}

describe("what is heard of a stream", () => {
  it("is whole lines, wherever it was cut, and the last one without an end, too", async () => {
    const [first, second] = [Buffer.from("é\n").subarray(0, 1), Buffer.from("é\n").subarray(1)];
    expect(await heard("a", "b\nc\r\n\n", first, second, "last")).toEqual(["ab", "c", "", "é", "last"]);
  });

  it("holds nothing that a terminal would obey", async () => {
    expect(await heard("\u001b[2Jgone\rback\u202e\n")).toEqual(["\\u001b[2Jgone\\rback\\u202e"]);
  });

  it("is cut where a line makes no end, and goes on with the next line", async () => {
    const most = LIMITS.workerLineCharactersMax;
    const cut = `${"x".repeat(most)}... (cut)`;
    const much = "x".repeat(most + 1);
    expect(await heard(`${much}\nb\n`)).toEqual([cut, "b"]);
    expect(await heard(much, much, much, "\nb\n", much, much)).toEqual([cut, "b", cut]);
  });
});

describe("a voice", () => {
  it("puts the speaker before each line, however it is written, and nobody's name before nobody's words", () => {
    let text = "";
    const stream = {
      write: (data: string | Uint8Array, then?: () => void) => {
        text += typeof data === "string" ? data : Buffer.from(data).toString();
        then?.();
        return true;
      },
    } as Spoken;
    const speaks = createVoice([stream]);
    stream.write("nobody\n");
    speaks("studio.x");
    stream.write("a");
    stream.write("");
    stream.write("b\nc\n");
    stream.write(Buffer.from("d\n"));
    let told = false;
    stream.write("65", "hex", () => (told = true));
    stream.write("\n");
    speaks(null);
    stream.write("nobody\n");
    expect(text.split("\n")).toEqual([
      "nobody",
      "plugin studio.x: ab",
      "plugin studio.x: c",
      "plugin studio.x: d",
      "plugin studio.x: e",
      "nobody",
      "",
    ]);
    expect(told).toBe(true);
  });
});

describe("a plugin that prints", () => {
  it("is heard with its file's name while it is loaded, with its id while it looks, and colours nothing", async () => {
    using dir = tempDir();
    writeFileSync(
      dir.file("loud.mjs"),
      `console.log("loaded \\u001b[31m");
       export default {apiVersion: 1, id: "studio.loud", version: 1, scope: "frame", needs: [], limits: {},
         run() {
           console.error("looks\\nat it \\u001b]0;title\\u0007");
           return {verdict: "pass", measures: [{name: "n", value: 1, unit: "count", limit: null}], message: "fine"};
         }};`,
    );
    const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
    writeFileSync(dir.file("a.png"), png);
    const lines: string[] = [];
    const hear = (line: string): void => void lines.push(line);
    const images = createImages({ checkFolders: [dir.path], workers: 1, scratchDir: null, hear });
    try {
      const seen = await images.inspect({
        path: dir.file("a.png"),
        bytes: png.length,
        frame: null,
        platePath: null,
        expected: { width: null, height: null, bitDepth: null, ignore: [] },
        checks: [{ check: "studio.loud", limits: {} }],
      });
      expect(seen.findings.at(-1)).toMatchObject({ check: "studio.loud", verdict: "pass" });
    } finally {
      await images.close();
    }
    expect(lines).toEqual([
      `plugin ${dir.file("loud.mjs")}: loaded \\u001b[31m`,
      "plugin studio.loud: looks",
      "plugin studio.loud: at it \\u001b]0;title\\u0007",
    ]);
  });
});
