/** Checks that are programs, those that behave and those that do not: whatever one does, it is an answer and never a pass by accident. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { createExec } from "../../../daemon/adapters/exec.ts";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { createPrograms } from "../../../daemon/adapters/programs/programs.ts";
import type { ProgramRequest } from "../../../daemon/domain/programRequest.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import { inspectInput } from "../../../daemon/domain/qcRun.ts";
import { decoded, decodedFloat } from "../../fixtures/pictures.ts";
import { FRAME, GOOD_ANSWER, lookerOf, writeProgram } from "../../fixtures/programPlugin.ts";
import { ended } from "../../fixtures/processEnd.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

async function said(script: string, more: Readonly<Record<string, unknown>> = {}) {
  using dir = tempDir();
  writeProgram(dir, script, more);
  const { look, programs } = await lookerOf(dir);
  try {
    return await look();
  } finally {
    await programs.close();
  }
}

describe("a program that answers", () => {
  test("gives a verdict like any other check", async () => {
    expect(await said(`cat >/dev/null; echo '${GOOD_ANSWER}'`)).toEqual({
      check: "studio.program",
      version: 3,
      verdict: "pass",
      measures: [{ name: "a", value: 1, unit: "count", limit: 2, must: "atMost", frame: 1001 }],
      message: "Fine.",
      hint: null,
    });
  });

  test("may say that it says nothing about this frame", async () => {
    expect(await said(`echo '{"notApplied":"It is a day scene."}'`)).toEqual({
      check: "studio.program",
      because: "It is a day scene.",
    });
  });

  test("is asked with the limits in force, the facts that it wants, and names of files only", async () => {
    using dir = tempDir();
    writeProgram(dir, `cat > asked.json; echo '${GOOD_ANSWER}'`, { facts: ["luma", "header"] });
    const { look } = await lookerOf(dir, { platePath: "/plates/p.1001.exr" });
    await look({ ...FRAME, plate: decodedFloat(6, 4), composited: true });
    const asked = JSON.parse(readFileSync(dir.file("asked.json"), "utf8")) as ProgramRequest;
    expect(asked).toMatchObject({
      hotplate: 1,
      check: "studio.program",
      version: 3,
      limits: { max: 2 },
      frame: 1001,
      result: {
        path: "/v/w001.1001.png",
        bytes: 5,
        width: 6,
        height: 4,
        channels: ["R", "G", "B"],
        bitDepth: 16,
        sampleType: "uint",
        dataWindow: null,
        problem: null,
        raw: null,
        header: null,
      },
      plate: { path: "/plates/p.1001.exr", sampleType: "float", dataWindow: [0, 0, 6, 4], luma: { pixels: 24 } },
      mask: null,
      composited: true,
      expected: { width: 6, height: 4, bitDepth: 16, ignore: [] },
    });
    expect(asked.result.luma?.mean).toBeGreaterThan(0);
  });

  test("gets pixels as plain files when it asks for them, and they go afterwards", async () => {
    using dir = tempDir();
    writeProgram(
      dir,
      `cat > asked.json
result=$(sed 's/.*"\\([^"]*result.raw\\)".*/\\1/' asked.json); cp "$result" copy.raw
cp "$(dirname "$result")/mask.raw" mask.raw; cp "$(dirname "$result")/plate.raw" plate.raw
echo '${GOOD_ANSWER}'`,
      { pixels: "raw" },
    );
    const { look } = await lookerOf(dir, { platePath: "/p.exr" });
    const result = decoded({ width: 6, height: 4, channels: 3, bits: 16 });
    const plate = decodedFloat(6, 4);
    const inside = Uint8Array.from({ length: 24 }, (_, i) => i % 2);
    expect(
      await look({ ...FRAME, result, plate, mask: { inside, outside: new Int32Array(0), box: null, share: 0.5 } }),
    ).toMatchObject({ verdict: "pass" });
    const asked = JSON.parse(readFileSync(dir.file("asked.json"), "utf8")) as ProgramRequest;
    expect(asked.result.raw).toMatchObject({ shape: [4, 6, 3], dtype: "uint16" });
    expect(asked.plate?.raw).toMatchObject({ shape: [4, 6, 3], dtype: "float32" });
    expect(asked.mask?.raw).toMatchObject({ shape: [4, 6], dtype: "uint8" });
    const bytes = (name: string) => Uint8Array.from(readFileSync(dir.file(name)));
    expect(new Uint16Array(bytes("copy.raw").buffer)).toEqual(result.samples);
    expect(new Float32Array(bytes("plate.raw").buffer)).toEqual(plate.samples);
    expect(bytes("mask.raw")).toEqual(inside);
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
  });

  test("gets the environment that its manifest names, and nothing that speaks for the daemon", async () => {
    using dir = tempDir();
    writeProgram(dir, `env > seen.env; echo '${GOOD_ANSWER}'`, { env: { STUDIO_SHOW: "AGM $HOME" } });
    process.env["HOTPLATE_TEST_SECRET"] = "secret";
    try {
      await (await lookerOf(dir)).look();
    } finally {
      delete process.env["HOTPLATE_TEST_SECRET"];
    }
    const names = readFileSync(dir.file("seen.env"), "utf8");
    expect(names).toContain("STUDIO_SHOW=AGM $HOME");
    expect(names).not.toContain("HOTPLATE_TEST_SECRET");
  });

  test("is not asked at all where what it needs is missing", async () => {
    using dir = tempDir();
    writeProgram(dir, `touch asked; echo '${GOOD_ANSWER}'`);
    const { look } = await lookerOf(dir);
    const none = { ...FRAME, result: null, decodeProblem: { kind: "broken", message: "half a file" } } as const;
    expect(await look(none)).toMatchObject({ because: expect.stringContaining("no readable pixels") as string });
    expect(existsSync(dir.file("asked"))).toBe(false);
  });
});

describe("a program that does not answer is an error, never a pass:", () => {
  test.each([
    ["exits", `echo "${"no licence"}" >&2; exit 3`, {}, /ended with exit code 3: no licence \(HP-PLUGIN-RUN\)/],
    ["answers and exits with an error", `echo '${GOOD_ANSWER}'; exit 1`, {}, /exit code 1/],
    ["kills itself", "kill -SEGV $$", {}, /ended by a signal.*HP-PLUGIN-RUN/],
    ["hangs", "exec tail -f /dev/null", { timeoutSeconds: 0.3 }, /made no end in 0.3 s and was killed.*HP-PLUGIN-LATE/],
    ["prints nothing", "cat >/dev/null", {}, /it printed nothing \(HP-PLUGIN-ANSWER\)/],
    ["prints words", "echo hello", {}, /printed no JSON but "hello" \(HP-PLUGIN-ANSWER\)/],
    ["prints words first", `echo loading; echo '${GOOD_ANSWER}'`, {}, /printed no JSON/],
    ["prints NaN", `echo '${GOOD_ANSWER.replace(":1,", ":NaN,")}'`, {}, /wrote NaN/],
    ["prints a list", "echo '[]'", {}, /no object/],
    ["misspells a field", `echo '${GOOD_ANSWER.replace("message", "mesage")}'`, {}, /HP-PLUGIN-ANSWER/],
    ["adds a field", `echo '${GOOD_ANSWER.replace('."}', '.","x":1}')}'`, {}, /unknown field x \(HP-PLUGIN-ANSWER\)/],
    ["proves nothing", `echo '{"verdict":"pass","measures":[],"message":"ok"}'`, {}, /proves nothing/],
    ["says ok", `echo '{"verdict":"ok","measures":[],"message":"ok"}'`, {}, /HP-PLUGIN-ANSWER.*none of pass/],
    ["prints without end", "yes", {}, /printed more than 1048576 bytes.*HP-PLUGIN-ANSWER/],
    ["takes all memory", `exec awk 'BEGIN{s="x";while(1)s=s s}'`, { memoryMax: "64MiB" }, /HP-PLUGIN-RUN/],
  ])("%s", async (_, script, more, words) => {
    const finding = await said(script, more);
    expect(finding).toMatchObject({ verdict: "error", message: expect.stringMatching(words) as string });
  });

  test("a start that fails, and scratch that is not there", async () => {
    using dir = tempDir();
    const path = writeProgram(dir, "", { command: ["./tool"] });
    writeFileSync(dir.file("tool"), "#!/no/such/interpreter\n", { mode: 0o755 });
    expect(await (await lookerOf(dir)).look()).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(/could not be started.*HP-PLUGIN-RUN/) as string,
    });
    writeProgram(dir, `echo '${GOOD_ANSWER}'`, { pixels: "raw" });
    expect(existsSync(path)).toBe(true);
    expect(await (await lookerOf(dir, { scratchDir: null })).look()).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(/no scratch directory.*HP-PLUGIN-RUN/) as string,
    });
  });

  test("no time left, because the frame's first look took it", async () => {
    using dir = tempDir();
    writeProgram(dir, `touch asked; echo '${GOOD_ANSWER}'`);
    const { checks, programs: found } = await loadChecks([dir.path]);
    const programs = createPrograms({ programs: found, exec: createExec(), scratchDir: null });
    const requests = [{ check: "studio.program", limits: {} }];
    const input = frameInput(FRAME);
    const answered = await programs.answered({ checks, requests, input, platePath: null, maskPath: null, until: 0 });
    expect(inspectInput(answered, requests, input).findings.at(-1)).toMatchObject({
      verdict: "error",
      message: expect.stringContaining("HP-PLUGIN-LATE") as string,
    });
    expect(existsSync(dir.file("asked"))).toBe(false);
  });

  test("one that writes to the plate: nothing that it said counts", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("plate.png"), "plate");
    writeProgram(dir, `echo more >> plate.png; echo '${GOOD_ANSWER}'`);
    const { look } = await lookerOf(dir, { platePath: dir.file("plate.png") });
    expect(await look()).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(/a file was changed while studio.program looked.*HP-PLUGIN-WROTE/) as string,
    });
  });
});

describe("what a program started", () => {
  const child = `setsid sh -c 'echo $$ > away.tmp; mv away.tmp away.pid; exec tail -f /dev/null'`;
  const wait = "while [ ! -s away.pid ]; do :; done";

  test.each([
    ["answered", `${child} >/dev/null 2>&1 </dev/null & cat >/dev/null; ${wait}; echo '${GOOD_ANSWER}'`, "pass"],
    ["failed", `${child} >/dev/null 2>&1 </dev/null & ${wait}; exit 3`, "error"],
    ["was late, its output held open", `${child} & ${wait}; echo '${GOOD_ANSWER}'`, "error"],
  ])("in a session of its own ends when the program %s", async (_, script, verdict) => {
    using dir = tempDir();
    writeProgram(dir, script, { timeoutSeconds: 3 });
    const { look } = await lookerOf(dir);
    expect(await look()).toMatchObject({ verdict });
    await ended(Number(readFileSync(dir.file("away.pid"), "utf8")));
  });

  test("ends with it although it becomes another program all the time", async () => {
    using dir = tempDir();
    writeFileSync(
      dir.file("again.sh"),
      "[ -s away.pid ] || { echo $$ > away.tmp; mv away.tmp away.pid; }; exec sh again.sh\n",
    );
    writeProgram(dir, `setsid sh again.sh >/dev/null 2>&1 </dev/null & cat >/dev/null; ${wait}; echo '${GOOD_ANSWER}'`);
    const { look } = await lookerOf(dir);
    expect(await look()).toMatchObject({ verdict: "pass" });
    await ended(Number(readFileSync(dir.file("away.pid"), "utf8")));
  });

  test("ends with it only: another's child, with a mark of its own, lives", async () => {
    using dir = tempDir();
    writeProgram(dir, `cat >/dev/null; echo '${GOOD_ANSWER}'`);
    const other = spawn("tail", ["-f", "/dev/null"], { env: { ...process.env, HOTPLATE_PROGRAM: "other" } });
    const { look } = await lookerOf(dir);
    expect(await look()).toMatchObject({ verdict: "pass" });
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill("SIGKILL");
    await new Promise((resolve) => other.once("exit", resolve));
  });
});

describe("what everybody could exchange is not loaded:", () => {
  const refusal = async (dir: { readonly path: string }) => (await loadChecks([dir.path])).book.refused;

  test.each(["program.check.json", "check.sh"])("a world-writable %s", async (name) => {
    using dir = tempDir();
    writeProgram(dir, `echo '${GOOD_ANSWER}'`);
    chmodSync(dir.file(name), 0o666);
    expect(await refusal(dir)).toEqual([
      {
        file: dir.file("program.check.json"),
        message: expect.stringMatching(/^HP-PLUGIN: the file .* is writable by every account of this node/) as string,
      },
    ]);
    chmodSync(dir.file(name), 0o664);
    expect(await refusal(dir)).toEqual([]);
  });

  test("a program behind a link into a folder that everybody writes", async () => {
    using dir = tempDir();
    writeProgram(dir, `echo '${GOOD_ANSWER}'`);
    mkdirSync(dir.file("open"));
    renameSync(dir.file("check.sh"), dir.file("open/real.sh"));
    symlinkSync(dir.file("open/real.sh"), dir.file("check.sh"));
    expect(await refusal(dir)).toEqual([]);
    chmodSync(dir.file("open"), 0o777);
    const message = expect.stringContaining(`the folder ${dir.file("open")} is writable by every account`) as string;
    expect(await refusal(dir)).toEqual([{ file: dir.file("program.check.json"), message }]);
  });

  test("a part that several checks import: none beside it is loaded", async () => {
    using dir = tempDir();
    writeProgram(dir, `echo '${GOOD_ANSWER}'`);
    writeFileSync(dir.file("_part.mjs"), "export const one = 1;");
    expect(await refusal(dir)).toEqual([]);
    chmodSync(dir.file("_part.mjs"), 0o666);
    const message = expect.stringContaining(`the file ${dir.file("_part.mjs")} is writable by every account`) as string;
    expect(await refusal(dir)).toEqual([{ file: dir.file("program.check.json"), message }]);
  });

  test("an object's file, and a whole folder", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.mjs"), "export default 1");
    chmodSync(dir.file("a.mjs"), 0o777);
    expect(await refusal(dir)).toMatchObject([{ message: expect.stringContaining("chmod o-w") as string }]);
    chmodSync(dir.path, 0o1777);
    expect(await refusal(dir)).toMatchObject([
      { file: dir.path, message: expect.stringContaining(`HP-PLUGIN: the folder ${dir.path} is writable`) as string },
    ]);
    expect(statSync(dir.path).isDirectory()).toBe(true);
  });
});

describe("a manifest that can't be used is named with the reason:", () => {
  test.each([
    [{ command: ["nowhere-to-be-found"] }, /its program nowhere-to-be-found is not on the PATH/],
    [{ command: ["./gone"] }, /gone can't be run \(ENOENT\)/],
    [{ command: [] }, /command/],
    [{ comand: ["sh"] }, /comand/],
    [{ timeoutSeconds: 3600 }, /timeoutSeconds/],
    [{ memoryMax: "lots" }, /a size like 512MiB/],
    [{ answerMax: "2GB" }, /at most 8388608 bytes/],
    [{ env: { "A=B": "1" } }, /env/],
    [{ id: "Studio" }, /dotted lower-case/],
    [{ scope: "movie" }, /scope/],
    [{ id: "image.not_black" }, /is taken by/],
  ])("%j", async (more, words) => {
    using dir = tempDir();
    writeProgram(dir, "", more);
    const { refused } = (await loadChecks([dir.path])).book;
    expect(refused).toEqual([
      { file: dir.file("program.check.json"), message: expect.stringMatching(words) as string },
    ]);
  });

  test("no YAML, and too long", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.check.yaml"), "a: [");
    writeFileSync(dir.file("b.check.yml"), `# ${"x".repeat(70_000)}`);
    const { refused } = (await loadChecks([dir.path])).book;
    expect(refused.map(({ message }) => message)).toEqual([
      expect.stringContaining("neither YAML nor JSON") as string,
      expect.stringContaining("larger than 65536 bytes") as string,
    ]);
  });
});
