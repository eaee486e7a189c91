/** The Images port as the daemon uses it: worker threads that may die, plates that are never touched, files never clobbered. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import type { Timer } from "../../../daemon/adapters/timer.ts";
import { HotplateError, systemCode } from "../../../daemon/domain/errors.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import type { InspectRequest } from "../../../daemon/ports.ts";
import { rgbHalf, writeExr } from "../../fixtures/exrWriter.ts";
import { pngBytes, writePng } from "../../fixtures/pictures.ts";
import { ended } from "../../fixtures/processEnd.ts";
import { writeProgram } from "../../fixtures/programPlugin.ts";
import { tempDir } from "../../fixtures/tempDir.ts";
import { ALL_CHECKS } from "../../fixtures/versionFacts.ts";

const shared = createImages({ scratchDir: "/nonexistent", checkFolders: [], workers: 1 });
afterAll(() => shared.close());

function request(path: string, more: Partial<InspectRequest> = {}): InspectRequest {
  return {
    path,
    bytes: statSync(path).size,
    frame: 1001,
    platePath: null,
    expected: { width: 64, height: 48, bitDepth: 8, ignore: [] },
    checks: ALL_CHECKS.map((check) => ({ check, limits: {} })),
    ...more,
  };
}
const STUDIO_CHECK = `export default {apiVersion:1,id:"studio.z",version:1,scope:"frame",needs:["result"],limits:{},
run() { return {verdict:"pass",measures:[{name:"a",value:1,unit:"count",limit:null}],message:"Fine."}; }};`;
const PICTURE = { width: 64, height: 48, channels: 3, bits: 8 } as const;
const BLACK = { ...PICTURE, value: () => 0 };

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

describe("header, feed, thumbnail", () => {
  test("a feed is an 8-bit PNG that names itself sRGB, and an existing file is not written over", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("plate.exr"), writeExr({ data: [0, 0, 64, 48], compression: "zip", channels: rgbHalf() }));
    expect(await shared.header(dir.file("plate.exr"))).toMatchObject({
      format: "exr",
      width: 64,
      height: 48,
      channels: 3,
      bitDepth: 16,
      color: { format: "exr", sampleType: "float", bitDepth: 16, space: null, chromaticities: null, aces: false },
    });
    expect(await shared.feed(dir.file("plate.exr"), dir.file("feed.png"), null)).toEqual({ width: 64, height: 48 });
    const png = readFileSync(dir.file("feed.png"));
    expect(png.toString("latin1", 37, 41)).toBe("sRGB");
    expect(await sharp(png).metadata()).toMatchObject({
      format: "png",
      width: 64,
      height: 48,
      depth: "uchar",
      channels: 3,
    });
    expect(systemCode(await failure(shared.feed(dir.file("plate.exr"), dir.file("feed.png"), null)))).toBe("EEXIST");
    expect(readFileSync(dir.file("feed.png")).equals(png)).toBe(true);
  });

  test("an absent plate is ENOENT, a directory EINVAL, a damaged one HP-PLATE-BROKEN, a GIF HP-PLATE-KIND", async () => {
    using dir = tempDir();
    writeFileSync(
      dir.file("cut.exr"),
      writeExr({ data: [0, 0, 64, 48], compression: "zip", channels: rgbHalf() }).subarray(0, 1_000),
    );
    writeFileSync(dir.file("a.gif"), Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(3_000)]));
    mkdirSync(dir.file("folder.png"));
    expect(systemCode(await failure(shared.header(dir.file("no.png"))))).toBe("ENOENT");
    expect(systemCode(await failure(shared.header(dir.file("folder.png"))))).toBe("EINVAL");
    expect(await failure(shared.header(dir.file("a.gif")))).toMatchObject({
      code: "HP-PLATE-KIND",
      hint: expect.stringContaining("Convert") as string,
    });
    const cut = await failure(shared.feed(dir.file("cut.exr"), dir.file("feed.png"), null));
    expect([cut instanceof HotplateError, systemCode(cut)]).toEqual([true, "HP-PLATE-BROKEN"]);
    expect(() => statSync(dir.file("feed.png"))).toThrow();
  });

  test("a part of a picture is shown as it is, and what lies outside the picture is left out", async () => {
    using dir = tempDir();
    const left = { width: 64, height: 32, channels: 3, bits: 16, value: (x: number) => (x < 32 ? 0 : 1) } as const;
    await writePng(dir.path, "half.png", left);
    const sizes: unknown[] = [];
    for (const [name, box] of [
      ["dark.jpg", [0, 0, 16, 8]],
      ["bright.jpg", [40, 8, 16, 8]],
      ["edge.jpg", [60, 30, 16, 8]],
    ] as const) {
      await shared.thumbnail(dir.file("half.png"), dir.file(name), { pixels: 100, box });
      const { data, info } = await sharp(readFileSync(dir.file(name)))
        .raw()
        .toBuffer({ resolveWithObject: true });
      sizes.push([info.width, info.height, (data[0] ?? 0) > 128]);
    }
    expect(sizes).toEqual([
      [16, 8, false],
      [16, 8, true],
      [4, 2, true],
    ]);
  });

  test("a thumbnail's longer side is the size asked for, of a small picture its own", async () => {
    using dir = tempDir();
    await writePng(dir.path, "a.png", { width: 400, height: 100, channels: 4, bits: 16 });
    await shared.thumbnail(dir.file("a.png"), dir.file("a.jpg"), 100);
    await shared.thumbnail(dir.file("a.png"), dir.file("b.jpg"), 1_000);
    writeFileSync(dir.file("p.exr"), writeExr({ data: [0, 0, 64, 48], compression: "none", channels: rgbHalf() }));
    await shared.thumbnail(dir.file("p.exr"), dir.file("p.jpg"), 32);
    const size = async (name: string) => {
      const { format, width, height } = await sharp(readFileSync(dir.file(name))).metadata();
      return [format, width, height];
    };
    expect(await size("a.jpg")).toEqual(["jpeg", 100, 25]);
    expect(await size("b.jpg")).toEqual(["jpeg", 400, 100]);
    expect(await size("p.jpg")).toEqual(["jpeg", 32, 24]);
  });
});

describe("inspect", () => {
  test("a good frame passes every check that applies, and the others say why they do not", async () => {
    using dir = tempDir();
    const seen = await shared.inspect(request(await writePng(dir.path, "a.png", PICTURE)));
    expect(seen.verdict).toBe("pass");
    expect(seen.findings.map((finding) => finding.check)).toEqual([
      "file.decodes",
      "header.size",
      "image.not_black",
      "image.not_solid",
    ]);
    expect(seen.notApplied.map((each) => each.check)).toEqual(["image.bit_depth", "pixels.finite"]);
    expect(seen.reader).toMatch(/^sharp /);
  });

  test("a cut frame fails file.decodes, and the checks that need pixels are listed as not applied", async () => {
    using dir = tempDir();
    const bytes = await pngBytes(PICTURE);
    writeFileSync(dir.file("cut.png"), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const seen = await shared.inspect(request(dir.file("cut.png")));
    expect(seen.verdict).toBe("fail");
    expect(seen.findings).toMatchObject([{ check: "file.decodes", verdict: "fail" }]);
    expect(seen.notApplied.map((each) => each.check)).toContain("image.not_black");
  });

  test("a file of another length than was staged is damaged; one that is gone is the caller's business", async () => {
    using dir = tempDir();
    const path = await writePng(dir.path, "a.png", PICTURE);
    const seen = await shared.inspect({ ...request(path), bytes: 5 });
    expect(seen.findings[0]).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("5 were staged") as string,
    });
    expect(systemCode(await failure(shared.inspect({ ...request(path), path: dir.file("gone.png") })))).toBe("ENOENT");
  });

  test("a black result of a black plate passes, of any other plate it fails", async () => {
    using dir = tempDir();
    const result = await writePng(dir.path, "black.png", BLACK);
    const black = await writePng(dir.path, "plateBlack.png", BLACK);
    const lit = await writePng(dir.path, "plate.png", PICTURE);
    expect((await shared.inspect(request(result, { platePath: lit }))).verdict).toBe("fail");
    expect((await shared.inspect(request(result, { platePath: black }))).verdict).toBe("pass");
    expect((await shared.inspect(request(result, { platePath: dir.file("gone.png") }))).verdict).toBe("fail");
  });

  test("an unknown check holds the result: nobody looked", async () => {
    using dir = tempDir();
    const path = await writePng(dir.path, "a.png", PICTURE);
    const seen = await shared.inspect(request(path, { checks: [{ check: "image.beautiful", limits: {} }] }));
    expect(seen).toMatchObject({ verdict: "error" });
    expect(seen.findings.map((finding) => finding.check)).toEqual(["file.decodes", "image.beautiful"]);
  });

  test("a wedge's frames are judged as a sequence", async () => {
    const checks = [{ check: "frames.complete", limits: {} }];
    expect(
      (await shared.inspectSequence({ wanted: [1, 2, 3], present: [1, 3], checks, series: [] })).findings[0],
    ).toMatchObject({
      verdict: "fail",
      message: "Missing 1 of 3 frames: 2.",
    });
    expect((await shared.inspectSequence({ wanted: [null], present: [null], checks, series: [] })).verdict).toBe(
      "pass",
    );
    expect(await shared.inspectSequence({ wanted: [1], present: [], checks: [], series: [] })).toMatchObject({
      verdict: "pass",
      findings: [],
    });
  });
});

describe("plates", () => {
  test("are read-only to us: no byte, name, mode or time changes, though they may be written", async () => {
    using dir = tempDir();
    const plates = dir.file("plates");
    mkdirSync(plates);
    writeFileSync(`${plates}/a.exr`, writeExr({ data: [0, 0, 64, 48], compression: "zip", channels: rgbHalf() }));
    await writePng(plates, "b.png", { ...PICTURE, bits: 16 });
    const long = new Date("2020-02-02T02:02:02Z");
    for (const name of ["a.exr", "b.png"]) utimesSync(`${plates}/${name}`, long, long);
    utimesSync(plates, long, long);
    const facts = (path: string) => {
      const { mtimeNs, ctimeNs, size, mode, ino } = statSync(path, { bigint: true });
      return { mtimeNs, ctimeNs, size, mode, ino };
    };
    const all = () => [plates, `${plates}/a.exr`, `${plates}/b.png`].map(facts);
    const bytes = () => ["a.exr", "b.png"].map((name) => readFileSync(`${plates}/${name}`));
    const before = { facts: all(), bytes: bytes() };
    const result = await writePng(dir.path, "black.png", BLACK);
    for (const name of ["a.exr", "b.png"]) {
      await shared.header(`${plates}/${name}`);
      await shared.feed(`${plates}/${name}`, dir.file(`${name}.feed.png`), null);
      await shared.thumbnail(`${plates}/${name}`, dir.file(`${name}.jpg`), 32);
      await shared.inspect(request(result, { platePath: `${plates}/${name}` }));
      await shared.sheet(
        { title: "t", columns: 1, tiles: [{ path: `${plates}/${name}`, label: "l", mark: "pass" }] },
        dir.file(`${name}.sheet.jpg`),
      );
    }
    expect({ facts: all(), bytes: bytes() }).toEqual(before);
  });

  test("need no right to write", async (ctx) => {
    if (process.getuid?.() === 0) return ctx.skip("root may write everywhere, so the test would prove nothing");
    using dir = tempDir();
    const path = await writePng(dir.path, "a.png", PICTURE);
    chmodSync(path, 0o444);
    expect(await shared.header(path)).toMatchObject({ width: 64 });
    return undefined;
  });
});

test("what a check points at in a picture with overscan is what people are shown there", async () => {
  using dir = tempDir();
  mkdirSync(dir.file("checks"));
  // Points at the light, by the samples that it gets.
  writeFileSync(
    dir.file("checks/light.mjs"),
    `export default {apiVersion:1,id:"studio.light",version:1,scope:"frame",needs:["result"],limits:{},run({result}){
const {samples,channels,width} = result; let at = [];
for (let i = 0; i < samples.length; i += channels) if (samples[i] > 0.9) at.push(i / channels);
const xs = at.map((i) => i % width), ys = at.map((i) => Math.floor(i / width));
const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs) - Math.min(...xs) + 1, Math.max(...ys) - Math.min(...ys) + 1];
return {verdict:"warn",measures:[{name:"lit",value:at.length,unit:"count",limit:0,must:"atMost"}],message:"Light.",
evidence:[{kind:"boxes",title:"light",boxes:[box]}]}}};`,
  );
  const light = (x: number, y: number): number => (x >= 300 && x < 308 && y >= 150 && y < 156 ? 1 : 0.01);
  const channels = ["R", "G", "B"].map((name) => ({ name, type: "half", value: light }) as const);
  const windows = { data: [84, 42, 368, 212], display: [100, 50, 320, 180] } as const;
  writeFileSync(dir.file("over.exr"), writeExr({ ...windows, compression: "zip", channels }));
  const images = createImages({ scratchDir: "/nonexistent", checkFolders: [dir.file("checks")], workers: 1 });
  try {
    const seen = await images.inspect(
      request(dir.file("over.exr"), { checks: [{ check: "studio.light", limits: {} }] }),
    );
    const evidence = seen.findings.find(({ check }) => check === "studio.light")?.evidence?.[0];
    const box = [200, 100, 8, 6] as const;
    expect(evidence).toMatchObject({ kind: "boxes", boxes: [box] });
    await images.thumbnail(dir.file("over.exr"), dir.file("part.jpg"), { pixels: 320, box });
    const part = await sharp(dir.file("part.jpg")).stats();
    expect([part.channels[0]?.min ?? 0, (await sharp(dir.file("part.jpg")).metadata()).width]).toEqual([
      expect.closeTo(255, -1),
      8,
    ]);
    await images.thumbnail(dir.file("over.exr"), dir.file("all.jpg"), 320);
    const { data, info } = await sharp(dir.file("all.jpg")).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number): number => data[(y * info.width + x) * info.channels] ?? -1;
    expect([info.width, info.height]).toEqual([320, 180]);
    expect(at(203, 103)).toBeGreaterThan(240);
    expect(at(190, 90)).toBeLessThan(60);
  } finally {
    await images.close();
  }
});

describe("workers that die", () => {
  const plugin = (id: string, body: string) =>
    `export default {apiVersion:1,id:"${id}",version:1,scope:"frame",needs:["result"],limits:{},run(){${body}}};\n`;

  /** A check folder with one check, and the request that runs it beside the shipped ones. */
  async function withCheck(
    body: string,
    use: (images: ReturnType<typeof createImages>, path: string) => Promise<void>,
    timer?: Timer,
  ): Promise<void> {
    using dir = tempDir();
    mkdirSync(dir.file("checks"));
    writeFileSync(dir.file("checks/studio.mjs"), plugin("studio.check", body));
    const images = createImages({
      scratchDir: "/nonexistent",
      checkFolders: [dir.file("checks")],
      workers: 1,
      ...(timer === undefined ? {} : { timer }),
    });
    try {
      await use(images, await writePng(dir.path, "a.png", PICTURE));
    } finally {
      await images.close();
    }
  }
  const studio = [{ check: "studio.check", limits: {} }];

  test("a check that ends the process is an error of that check, and the next frame is looked at", async () => {
    await withCheck("process.exit(3)", async (images, path) => {
      const seen = await images.inspect(request(path, { checks: studio }));
      expect(seen).toMatchObject({
        verdict: "error",
        findings: [{ check: "file.decodes" }, { check: "studio.check" }],
      });
      expect((await images.inspect(request(path))).verdict).toBe("pass");
    });
  });

  test("a check that throws later, out of reach, ends its worker; queued work goes on in a new one", async () => {
    await withCheck(
      'setImmediate(()=>{throw new Error("late")});Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,20);throw new Error("now")',
      async (images, path) => {
        const [first, second, third] = await Promise.all([
          images.inspect(request(path, { checks: studio })),
          images.inspect(request(path)),
          images.inspect(request(path)),
        ]);
        expect(first.verdict).toBe("error");
        // The late throw may hit the frame that came next: an error then, and never a wrong pass or a lost answer.
        expect(["pass", "error"]).toContain(second.verdict);
        expect(["pass", "error"]).toContain(third.verdict);
        expect((await images.inspect(request(path))).verdict).toBe("pass");
      },
    );
  });

  test("a check that hangs is given up at the deadline and its worker is replaced", async () => {
    const deadlines: (() => void)[] = [];
    const timer: Timer = (_ms, then) => {
      deadlines.push(then);
      return () => undefined;
    };
    await withCheck(
      "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0)",
      async (images, path) => {
        const hanging = images.inspect(request(path, { checks: studio }));
        const waiting = images.inspect(request(path));
        expect(deadlines).toHaveLength(1);
        deadlines[0]!();
        expect(await hanging).toMatchObject({
          verdict: "error",
          findings: [{ message: expect.stringMatching(/made no end of inspect/) as string }],
        });
        expect((await waiting).verdict).toBe("pass");
      },
      timer,
    );
  });

  test("a worker that is killed or breaks leaves no program behind, nor what programs have started", async () => {
    for (const how of ["killed", "broken"]) {
      using dir = tempDir();
      // One child in the program's group, one in a session of its own; neither holds the program's output open.
      writeProgram(
        dir,
        `sleep 1000 >/dev/null 2>&1 & echo $! > a.pid
setsid sh -c 'echo $$ > b.pid; exec sleep 1000' >/dev/null 2>&1 &
cat >/dev/null; while [ ! -s b.pid ]; do :; done; echo $PPID > worker.pid; mv worker.pid ready.pid; sleep 1000`,
      );
      const deadlines: (() => void)[] = [];
      const timer: Timer = (_ms, then) => {
        deadlines.push(then);
        return () => undefined;
      };
      const path = await writePng(dir.path, "a.png", PICTURE);
      const images = createImages({ scratchDir: null, checkFolders: [dir.path], workers: 1, timer });
      const looking = images.inspect(request(path, { checks: [{ check: "studio.program", limits: {} }] }));
      while (!existsSync(dir.file("ready.pid"))) await new Promise((resolve) => setImmediate(resolve));
      const pidIn = (name: string): number => Number(readFileSync(dir.file(name), "utf8"));
      if (how === "killed") deadlines[0]!();
      else process.kill(pidIn("ready.pid"), "SIGKILL");
      expect((await looking).verdict).toBe("error");
      await ended(pidIn("a.pid"));
      await ended(pidIn("b.pid"));
      await images.close();
    }
  });

  test.each([
    ["burns", "while (true);"],
    ["waits for what never comes", "await new Promise(() => undefined);"],
  ])("a plugin that %s while it is loaded is ended, named and left out, and the others work on", async (_, text) => {
    using dir = tempDir();
    writeFileSync(dir.file("a_hangs.mjs"), text);
    writeFileSync(dir.file("z.mjs"), STUDIO_CHECK);
    const watches: (() => void)[] = [];
    const timer: Timer = (ms, then) => {
      if (ms === LIMITS.pluginLoadMs) watches.push(then);
      return () => undefined;
    };
    const path = await writePng(dir.path, "a.png", PICTURE);
    const images = createImages({ scratchDir: null, checkFolders: [dir.path], workers: 1, timer });
    const looking = images.inspect(request(path, { checks: [{ check: "studio.z", limits: {} }] }));
    while (watches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    watches[0]!();
    expect((await looking).findings.map(({ check, verdict }) => [check, verdict])).toEqual([
      ["file.decodes", "pass"],
      ["studio.z", "pass"],
    ]);
    // The other lane does not try it again.
    const { refused } = await images.checks();
    expect(refused).toEqual([
      {
        file: dir.file("a_hangs.mjs"),
        message: "HP-PLUGIN: it made no end of being loaded in 15 s and was ended",
      },
    ]);
    await images.close();
  });

  test.each([
    ["exits", "process.exit(3);", /^HP-PLUGIN: it ended its worker while it was loaded \(exit 3\)$/],
    [
      "throws where nobody can catch it",
      "setImmediate(() => { throw new Error('too late'); }); await new Promise(() => undefined);",
      /^HP-PLUGIN: it broke its worker while it was loaded: too late$/,
    ],
  ])("a plugin that %s while it is loaded is left out, too", async (_, text, words) => {
    using dir = tempDir();
    writeFileSync(dir.file("a_ends.mjs"), text);
    writeFileSync(dir.file("z.mjs"), STUDIO_CHECK);
    const images = createImages({ scratchDir: null, checkFolders: [dir.path], workers: 1 });
    const { refused, checks } = await images.checks();
    expect(refused).toEqual([{ file: dir.file("a_ends.mjs"), message: expect.stringMatching(words) as string }]);
    expect(checks.slice(-2).map(({ id }) => id)).toEqual(["studio.z", "plugin.a_ends"]);
    await images.close();
  });

  test("closing answers everything that waits, and a closed port refuses", async () => {
    using dir = tempDir();
    const path = await writePng(dir.path, "a.png", PICTURE);
    const images = createImages({ scratchDir: "/nonexistent", checkFolders: [], workers: 1 });
    const waiting = [1, 2, 3].map((i) => failure(images.thumbnail(path, dir.file(`${i}.jpg`), 16)));
    await images.close();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: "HP-IMAGE-WORKER" });
    expect(await failure(images.header(path))).toMatchObject({ code: "HP-IMAGE-WORKER" });
  });

  test("headers are answered while all decoders are busy", async () => {
    const timer: Timer = () => () => undefined;
    await withCheck(
      "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0)",
      async (images, path) => {
        const hanging = images.inspect(request(path, { checks: studio }));
        expect(await images.header(path)).toMatchObject({ width: 64, height: 48 });
        await images.close();
        expect((await hanging).verdict).toBe("error");
      },
      timer,
    );
  });
});
