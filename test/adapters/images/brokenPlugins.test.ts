/**
 * Plugins that end, break or hold up the process they run in: each is an error of its own with a code and what to do, all other
 * findings of the picture are there, and the next picture is looked at.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { fileBehind } from "../../../daemon/adapters/images/workerEnds.ts";
import type { Timer } from "../../../daemon/adapters/timer.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import type { Inspection } from "../../../daemon/domain/qc.ts";
import type { InspectRequest } from "../../../daemon/ports.ts";
import { writePng } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const PICTURE = { width: 64, height: 48, channels: 3, bits: 8 } as const;
const GOOD = 'return {verdict:"pass",measures:[{name:"a",value:1,unit:"count",limit:null}],message:"Fine."}';
const CHECKS = ["image.not_black", "studio.bad", "studio.good"].map((check) => ({ check, limits: {} }));
const HANGS = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0)";

const object = (id: string, body: string, more = ""): string =>
  `export default {apiVersion:1,id:"${id}",version:1,scope:"frame",needs:["result"],limits:{},${more}run(){${body}}};`;

interface World {
  readonly images: ReturnType<typeof createImages>;
  readonly request: InspectRequest;
  readonly heard: readonly string[];
}

async function withPlugin(text: string, use: (world: World) => Promise<void>, timer?: Timer): Promise<void> {
  using dir = tempDir();
  mkdirSync(dir.file("checks"));
  writeFileSync(dir.file("checks/bad.mjs"), text);
  writeFileSync(dir.file("checks/good.mjs"), object("studio.good", GOOD));
  const path = await writePng(dir.path, "a.png", PICTURE);
  const heard: string[] = [];
  const more = timer === undefined ? {} : { timer };
  const images = createImages({
    scratchDir: null,
    checkFolders: [dir.file("checks")],
    workers: 1,
    hear: (line) => heard.push(line),
    ...more,
  });
  const expected = { width: 64, height: 48, bitDepth: 8, ignore: [] } as const;
  const request = { path, bytes: statSync(path).size, frame: 1001, platePath: null, expected, checks: CHECKS };
  try {
    await use({ images, request, heard });
  } finally {
    await images.close();
  }
}

const said = ({ findings }: Inspection): readonly (readonly [string, string])[] =>
  findings.map(({ check, verdict }) => [check, verdict] as const);
const wordsOf = ({ findings }: Inspection): string =>
  findings.find(({ check }) => check === "studio.bad")?.message ?? "";
const ALL_BUT_IT = [
  ["file.decodes", "pass"],
  ["image.not_black", "pass"],
  ["studio.bad", "error"],
  ["studio.good", "pass"],
];

describe("a plugin that ends its process is an error by its name, and the others look", () => {
  test.each([
    [
      "process.exit",
      object("studio.bad", "process.exit(0)"),
      /^studio\.bad broke while it looked \(HP-PLUGIN-RUN\): it called process\.exit\(0\), which would have ended its worker$/,
    ],
    ["process.abort", object("studio.bad", "process.abort()"), /it called process\.abort\(\)/],
    [
      "a signal to itself",
      object("studio.bad", 'process.kill(process.pid, "SIGKILL")'),
      /it called process\.kill of itself/,
    ],
    [
      "an end that nothing catches, as a fault in native code",
      object("studio.bad", "process.reallyExit(7)"),
      /HP-PLUGIN-RUN\): its worker ended while it ran \(exit 7\)$/,
    ],
    [
      "an end in applies",
      object("studio.bad", GOOD, "applies(){process.reallyExit(5)},"),
      /its worker ended while it ran \(exit 5\)$/,
    ],
  ])("by %s", async (_, text, words) => {
    await withPlugin(text, async ({ images, request }) => {
      const seen = await images.inspect(request);
      expect(said(seen)).toEqual(ALL_BUT_IT);
      expect(wordsOf(seen)).toMatch(words);
      expect(seen.findings.find(({ check }) => check === "studio.bad")?.hint).toContain("hotplate plugin test");
      const without = await images.inspect({
        ...request,
        checks: CHECKS.filter(({ check }) => check !== "studio.bad"),
      });
      expect(without.verdict).toBe("pass");
    });
  });

  test("by an error that is thrown later, or a promise that nobody waits for, while another picture is looked at", async () => {
    const late = `setImmediate(() => { throw new Error("too late") }); ${GOOD}`;
    const rejected = `void (async () => { await null; throw new Error("too late") })(); ${GOOD}`;
    for (const body of [late, rejected])
      await withPlugin(object("studio.bad", body), async ({ images, request, heard }) => {
        const seen = await Promise.all([1, 2, 3, 4].map(() => images.inspect(request)));
        // Whether the picture's answer was given before it broke is chance; that it is no fault of another's, and named, is not.
        for (const one of seen) {
          expect(said(one).filter(([check]) => check !== "studio.bad")).toEqual(
            ALL_BUT_IT.filter(([check]) => check !== "studio.bad"),
          );
          if (one.verdict === "error")
            expect(wordsOf(one)).toMatch(/it broke its worker later, where nobody could catch it: too late$/);
        }
        const told = [...heard, ...seen.map(wordsOf)].join("\n");
        expect(told).toContain("too late");
      });
  });

  test("by making no end: its time is its own, and the picture is looked at again", async () => {
    let limit = Number.NaN;
    // The clock of the first call alone runs out, at once: the worker has said that it is in it.
    const timer: Timer = (ms, then) => {
      if (ms !== LIMITS.pluginRunMs || !Number.isNaN(limit)) return () => undefined;
      limit = ms;
      const soon = setImmediate(then);
      return () => clearImmediate(soon);
    };
    await withPlugin(
      object("studio.bad", HANGS),
      async ({ images, request }) => {
        const seen = await images.inspect(request);
        expect(said(seen)).toEqual(ALL_BUT_IT);
        expect(wordsOf(seen)).toMatch(/HP-PLUGIN-RUN\): it made no end in 60 s, and its worker was ended$/);
        expect(limit).toBe(60_000);
      },
      timer,
    );
  });
});

describe("the file behind an error", () => {
  test("is the one whose line stands first in the stack; none where nobody is named", () => {
    const error = new Error("x");
    error.stack = "Error: x\n at f (file:///s/a%20b.mjs:1:2)\n at g (/s/c.mjs:3:4)";
    expect(fileBehind(error, ["/s/c.mjs", "/s/a b.mjs"])).toBe("/s/a b.mjs");
    expect(fileBehind(error, ["/s/d.mjs"])).toBeNull();
    expect(fileBehind("a text", ["/s/c.mjs"])).toBeNull();
  });
});
