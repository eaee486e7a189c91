/** What a job says that it will take, by the heads of its files alone; and what is done with what never fits. */
import { statSync, truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { memoryOf } from "../../../daemon/adapters/images/jobMemory.ts";
import type { InspectRequest } from "../../../daemon/ports.ts";
import { writePng } from "../../fixtures/pictures.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const PIXELS = 64 * 48;

async function inspectOf(dir: TempDir): Promise<InspectRequest> {
  for (const [name, bits] of [
    ["result.png", 8],
    ["plate.png", 16],
  ] as const)
    await writePng(dir.path, name, { width: 64, height: 48, channels: 3, bits, value: (x) => x });
  return {
    path: dir.file("result.png"),
    bytes: statSync(dir.file("result.png")).size,
    frame: null,
    platePath: dir.file("plate.png"),
    expected: { width: 64, height: 48, bitDepth: 8, ignore: [] },
    checks: [{ check: "image.not_black", limits: {} }],
  };
}

describe("what a job takes", () => {
  it("is the samples of result, plate and mask as they are in memory, their planes, and a file", async () => {
    using dir = tempDir();
    const request = await inspectOf(dir);
    const file = Math.max(...["result.png", "plate.png"].map((name) => statSync(dir.file(name)).size));
    const pair = PIXELS * 3 + PIXELS * 6 + 2 * PIXELS * 2;
    expect(memoryOf({ kind: "inspect", request })).toEqual({ bytes: pair + file, alone: false });
    const alone = memoryOf({ kind: "inspect", request: { ...request, platePath: null } });
    expect(alone.bytes).toBe(PIXELS * 3 + PIXELS * 2 + statSync(request.path).size);
    const plan = { from: "plate", channel: "alpha", invert: false, feather: 0 } as unknown as NonNullable<
      InspectRequest["mask"]
    >["plan"];
    const masked = memoryOf({ kind: "inspect", request: { ...request, mask: { path: dir.file("plate.png"), plan } } });
    expect(masked.bytes).toBe(pair + PIXELS + PIXELS * 6 + statSync(dir.file("plate.png")).size);
  });

  it("counts nothing for what no head can be read of, and nothing for what decodes nothing", async () => {
    using dir = tempDir();
    const request = await inspectOf(dir);
    truncateSync(request.path, 20);
    expect(memoryOf({ kind: "inspect", request: { ...request, platePath: null } }).bytes).toBe(0);
    expect(memoryOf({ kind: "compare", request: { a: "/no", b: "/no", picture: null } }).bytes).toBe(0);
    expect(memoryOf({ kind: "header", path: request.path }).bytes).toBe(0);
  });
});

describe("a node with little memory for pictures", () => {
  it("refuses what never fits by HP-IMAGE-SIZE, with the figure and the limit, and goes on with what does", async () => {
    using dir = tempDir();
    const request = await inspectOf(dir);
    const { bytes } = memoryOf({ kind: "inspect", request });
    const images = createImages({ scratchDir: null, checkFolders: [], workers: 2, memoryBytes: bytes - 1 });
    try {
      const refused = await images.inspect(request);
      expect(refused.findings).toMatchObject([
        {
          check: "file.decodes",
          verdict: "error",
          message: expect.stringMatching(/takes .* MB .* \(HP-IMAGE-SIZE\)$/),
        },
      ]);
      expect(refused.findings[0]?.hint).toContain("imageMemory");
      expect((await images.inspect({ ...request, platePath: null })).reader).toContain("sharp");
      // What a frame is made by goes alone.
      const made = await images.feed(dir.file("plate.png"), dir.file("fed.png"), null);
      expect(made).toEqual({ width: 64, height: 48 });
    } finally {
      await images.close();
    }
  });

  it("looks at one after another where two do not fit, and at all of them", async () => {
    using dir = tempDir();
    const request = await inspectOf(dir);
    const { bytes } = memoryOf({ kind: "inspect", request });
    const images = createImages({ scratchDir: null, checkFolders: [], workers: 3, memoryBytes: bytes });
    try {
      const all = await Promise.all(Array.from({ length: 6 }, () => images.inspect(request)));
      expect(all.map(({ findings }) => findings.some(({ check }) => check === "image.not_black"))).toEqual(
        Array.from({ length: 6 }, () => true),
      );
    } finally {
      await images.close();
    }
  });
});
