/** Served programs: kept for many questions, started again after a crash, and never believed when they are out of step. */
import { readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { writePng } from "../../fixtures/pictures.ts";
import { GOOD_ANSWER, lookerOf, writeProgram } from "../../fixtures/programPlugin.ts";
import { ended } from "../../fixtures/processEnd.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const started = (path: string): number => readFileSync(path, "utf8").trim().split("\n").length;

async function served<T>(
  script: string,
  more: Readonly<Record<string, unknown>>,
  use: (
    of: Awaited<ReturnType<typeof lookerOf>>,
    startedTimes: () => number,
    pids: () => readonly number[],
  ) => Promise<T>,
): Promise<T> {
  using dir = tempDir();
  writeProgram(dir, `echo $$ >> started\n${script}`, { mode: "serve", ...more });
  const looker = await lookerOf(dir);
  const path = dir.file("started");
  try {
    return await use(
      looker,
      () => started(path),
      () => readFileSync(path, "utf8").trim().split("\n").map(Number),
    );
  } finally {
    await looker.programs.close();
  }
}

const ANSWERS = `while read -r line; do echo '${GOOD_ANSWER}'; done`;

describe("a served program", () => {
  test("answers many frames and is started once", async () => {
    await served(ANSWERS, {}, async ({ look }, times) => {
      const seen = [await look(), await look(), await look()];
      expect(seen.map((one) => one !== null && "verdict" in one && one.verdict)).toEqual(["pass", "pass", "pass"]);
      expect(times()).toBe(1);
    });
  });

  test("answers questions one after another although they are asked at once", async () => {
    await served(ANSWERS, {}, async ({ look }, times) => {
      const seen = await Promise.all([look(), look(), look(), look()]);
      expect(seen).toMatchObject(seen.map(() => ({ verdict: "pass" })));
      expect(times()).toBe(1);
    });
  });

  test("that crashes is an error of that frame, and is started again for the next", async () => {
    const script = `read -r line; echo '${GOOD_ANSWER}'; read -r line; echo "lost its licence" >&2; exit 7`;
    await served(script, {}, async ({ look }, times) => {
      expect(await look()).toMatchObject({ verdict: "pass" });
      expect(await look()).toMatchObject({
        verdict: "error",
        message: "studio.program: its program ended with exit code 7: lost its licence (HP-PLUGIN-RUN).",
      });
      expect(await look()).toMatchObject({ verdict: "pass" });
      expect(times()).toBe(2);
    });
  });

  test("that ended well between two questions is started again", async () => {
    await served(`read -r line; echo '${GOOD_ANSWER}'; exit 0`, {}, async ({ look }) => {
      expect(await look()).toMatchObject({ verdict: "pass" });
      // Whether its end was already seen or not: never a pass without an answer.
      const second = await look();
      expect(second).toMatchObject({ verdict: expect.stringMatching(/pass|error/) as string });
      expect(await look()).toMatchObject({ verdict: expect.stringMatching(/pass|error/) as string });
    });
  });

  test("keeps what it started as long as it lives, and no longer: sessions of their own too", async () => {
    const away = `setsid sh -c 'echo $$ >> started; exec tail -f /dev/null' & while [ $(wc -l < started) -lt 2 ]; do :; done`;
    let child = 0;
    await served(`${away}\n${ANSWERS}`, {}, async ({ look }, _times, pids) => {
      expect(await look()).toMatchObject({ verdict: "pass" });
      child = pids()[1] ?? 0;
      expect(await look()).toMatchObject({ verdict: "pass" });
      expect(() => process.kill(child, 0)).not.toThrow();
    });
    await ended(child);
    // One that ends by itself, while its child holds its output open, is over all the same.
    await served(`${away}\nread -r line; exit 3`, {}, async ({ look }, _times, pids) => {
      expect(await look()).toMatchObject({
        verdict: "error",
        message: expect.stringContaining("exit code 3") as string,
      });
      await ended(pids()[1] ?? 0);
    });
  });

  test("that hangs is killed with its children at the deadline", async () => {
    await served(
      // Long enough to have started it on any machine: what it started is looked for below.
      "sleep 1000 & echo $! >> started; wait",
      { timeoutSeconds: 5 },
      async ({ look, programs }, _, pids) => {
        expect(await look()).toMatchObject({
          verdict: "error",
          message: expect.stringContaining("HP-PLUGIN-LATE") as string,
        });
        await programs.close();
        expect(pids().length).toBe(2);
        for (const pid of pids()) await ended(pid);
      },
    );
  });

  test.each([
    ["two lines for one question", `read -r line; printf '%s\\n%s\\n' '${GOOD_ANSWER}' '${GOOD_ANSWER}'; read -r line`],
    ["a line without end", "while :; do printf 'xxxxxxxxxxxxxxxx'; done"],
    ["words", "while read -r line; do echo ready; done"],
  ])("that prints %s is an error", async (_, script) => {
    await served(script, { answerMax: "1MiB" }, async ({ look }) => {
      expect(await look()).toMatchObject({
        verdict: "error",
        message: expect.stringContaining("HP-PLUGIN-ANSWER") as string,
      });
    });
  });

  test("that is closed is gone", async () => {
    await served(ANSWERS, {}, async ({ look, programs }, _, pids) => {
      await look();
      await programs.close();
      for (const pid of pids()) await ended(pid);
      expect(pids().length).toBe(1);
    });
  });

  test("that nobody asks for a while ends by itself, and is started again", async () => {
    await served(ANSWERS, { idleSeconds: 1 }, async ({ look }, times, pids) => {
      await look();
      for (const pid of pids()) await ended(pid);
      expect(await look()).toMatchObject({ verdict: "pass" });
      expect(times()).toBe(2);
    });
  });

  test("lives in an image worker, and goes with it, with all that it started", async () => {
    using dir = tempDir();
    writeProgram(dir, `echo $$ > started\nsleep 600 &\necho $! > beside\n${ANSWERS}`, { mode: "serve" });
    const path = await writePng(dir.path, "result.png", { width: 16, height: 16, channels: 3, bits: 8 });
    const images = createImages({ scratchDir: dir.file("scratch"), checkFolders: [dir.path], workers: 1 });
    const seen = await images.inspect({
      path,
      bytes: statSync(path).size,
      frame: 7,
      platePath: null,
      expected: { width: null, height: null, bitDepth: null, ignore: [] },
      checks: [{ check: "studio.program", limits: {} }],
    });
    expect(seen.findings.find(({ check }) => check === "studio.program")).toMatchObject({
      verdict: "pass",
      measures: [{ name: "a", frame: 7 }],
    });
    await images.close();
    await ended(Number(readFileSync(dir.file("started"), "utf8")));
    await ended(Number(readFileSync(dir.file("beside"), "utf8")));
  });
});
