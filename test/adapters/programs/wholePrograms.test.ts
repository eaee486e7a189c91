/** Programs over many frames: asked once per wedge, or once per version, with the names of all files; judged like any other check. */
import { statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createExec } from "../../../daemon/adapters/exec.ts";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { testPlugin } from "../../../daemon/adapters/pluginKit/testPlugin.ts";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { createPrograms } from "../../../daemon/adapters/programs/programs.ts";
import type { WholeRequest } from "../../../daemon/domain/programRequest.ts";
import type { SeriesFrame } from "../../../daemon/domain/qcRequest.ts";
import { writePng } from "../../fixtures/pictures.ts";
import { GOOD_ANSWER, writeProgram } from "../../fixtures/programPlugin.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const PICTURE = { width: 16, height: 16, channels: 3, bits: 8 } as const;
/** Frames that are missing are a fail; says so in the answer of the promised shape. */
const COUNTS = `line=$(cat); n=$(printf %s "$line" | grep -o '"path"' | wc -l)
echo "{\\"verdict\\":\\"pass\\",\\"measures\\":[{\\"name\\":\\"files\\",\\"value\\":$n,\\"unit\\":\\"count\\",\\"limit\\":null}],\\"message\\":\\"Counted.\\"}"`;

async function series(dir: TempDir, count: number): Promise<readonly SeriesFrame[]> {
  const platePath = await writePng(dir.path, "plate.png", PICTURE);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const path = await writePng(dir.path, `w001.${1001 + i}.png`, PICTURE);
      const trace = { path: `${path}.trace`, scopes: ["sequence" as const] };
      const expected = { width: 16, height: 16, bitDepth: 8 as const, ignore: [] };
      const look = { path, bytes: statSync(path).size, frame: 1001 + i, platePath, expected, trace };
      return { wedge: 1, frame: 1001 + i, seed: "7", axes: { lighting: "dawn" }, look };
    }),
  );
}

describe("a program of scope sequence", () => {
  test("is asked once, with the frames wanted and there, and the path of each with its plate", async () => {
    using dir = tempDir();
    using plugins = tempDir();
    writeProgram(plugins, `cat > asked.json; echo '${GOOD_ANSWER}'`, { scope: "sequence", needs: ["frames"] });
    const frames = { wanted: [1001, 1002, 1003], present: [1001, 1002] };
    const { checks, programs, book } = await loadChecks([plugins.path]);
    expect(book.checks.find(({ id }) => id === "studio.program")).toMatchObject({ scope: "sequence", traces: true });
    const made = await series(dir, 2);
    const asked = createPrograms({ programs, exec: createExec(), scratchDir: null });
    const requests = [{ check: "studio.program", limits: { max: 5 } }];
    const answered = await asked.answeredWhole({ checks, requests, scope: "sequence", frames, series: made });
    expect(answered.find(({ id }) => id === "studio.program")?.run({} as never)).toMatchObject({ verdict: "pass" });
    const { default: json } = (await import(plugins.file("asked.json"), { with: { type: "json" } })) as {
      default: WholeRequest;
    };
    expect(json).toMatchObject({
      hotplate: 1,
      check: "studio.program",
      scope: "sequence",
      limits: { max: 5 },
      frames,
      series: [
        { wedge: 1, frame: 1001, seed: "7", axes: { lighting: "dawn" }, path: dir.file("w001.1001.png") },
        { frame: 1002, plate: dir.file("plate.png"), mask: null, bytes: made[1]?.look.bytes },
      ],
    });
  });

  test("is judged in an image worker beside the checks that are objects", async () => {
    using dir = tempDir();
    using plugins = tempDir();
    writeProgram(plugins, COUNTS, { scope: "sequence", needs: ["frames"] });
    const images = createImages({ scratchDir: null, checkFolders: [plugins.path], workers: 1 });
    try {
      const made = await series(dir, 3);
      const checks = ["studio.program", "frames.complete"].map((check) => ({ check, limits: {} }));
      const wanted = [1001, 1002, 1003];
      const seen = await images.inspectSequence({ wanted, present: wanted, checks, series: made });
      expect(seen.findings.map(({ check, verdict, measures }) => [check, verdict, measures[0]?.value])).toEqual([
        ["studio.program", "pass", 3],
        ["frames.complete", "pass", expect.any(Number)],
      ]);
      const strange = [{ check: "studio.program", limits: { least: 1 } }];
      expect(
        (await images.inspectSequence({ wanted, present: wanted, checks: strange, series: made })).findings,
      ).toMatchObject([{ verdict: "error", message: "studio.program has no limit named least." }]);
    } finally {
      await images.close();
    }
  });

  test("that writes to a frame, or breaks, is an error", async () => {
    using dir = tempDir();
    using plugins = tempDir();
    const made = await series(dir, 2);
    const look = async (script: string) => {
      writeProgram(plugins, script, { scope: "set", needs: [] });
      const images = createImages({ scratchDir: null, checkFolders: [plugins.path], workers: 1 });
      try {
        return (await images.inspectSet({ checks: [{ check: "studio.program", limits: {} }], series: made })).findings;
      } finally {
        await images.close();
      }
    };
    expect(await look(COUNTS)).toMatchObject([{ verdict: "pass", measures: [{ value: 2 }] }]);
    expect(await look("exit 9")).toMatchObject(
      [{ verdict: "error", message: /exit code 9 \(HP-PLUGIN-RUN\)/ }].map(({ verdict, message }) => ({
        verdict,
        message: expect.stringMatching(message) as string,
      })),
    );
    expect(await look(`echo x >> '${dir.file("w001.1002.png")}'; echo '${GOOD_ANSWER}'`)).toMatchObject([
      { verdict: "error", message: expect.stringContaining("HP-PLUGIN-WROTE") as string },
    ]);
  });

  test("takes no pixels, no facts and needs nothing but frames", async () => {
    using dir = tempDir();
    for (const [more, words] of [
      [{ scope: "sequence", pixels: "raw", needs: [] }, /pixels: raw goes with scope frame only/],
      [{ scope: "set", facts: ["luma"], needs: [] }, /facts go with scope frame only/],
      [{ scope: "sequence", needs: ["result"] }, /only a sequence needs anything/],
      [{ scope: "set", needs: ["frames"] }, /only a sequence needs anything/],
    ] as const) {
      writeProgram(dir, "", more);
      expect((await loadChecks([dir.path])).book.refused[0]?.message).toMatch(words);
    }
  });

  test("goes through the kit with files of its own", async () => {
    using dir = tempDir();
    const good = await testPlugin(writeProgram(dir, COUNTS, { scope: "sequence", needs: ["frames"] }));
    expect(good.problems).toEqual([]);
    expect(good.measured).toBeGreaterThan(5);
    const count = (name: string) => good.rows.find(({ picture }) => picture === name)?.said;
    expect(count("a sequence with a hole")).toBe("Counted.");
    writeFileSync(dir.file("count"), "0");
    const chance = `k=$(cat count); echo $((k + 1)) > count; ${COUNTS.replace("Counted.", "Run $k.")}`;
    const bad = await testPlugin(writeProgram(dir, chance, { scope: "set", needs: [] }));
    expect(bad.problems.map(({ rule }) => rule)).toContain("says the same twice");
  });
});
