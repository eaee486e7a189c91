/**
 * config/ocio/hotplate.ocio: it holds exactly the spaces that are built in, OCIO's own checker accepts it, and OCIO computes
 * what we compute.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exrSamples } from "../../daemon/adapters/images/exrPicture.ts";
import { readExr } from "../../daemon/adapters/images/exrRead.ts";
import type { Triple } from "../../daemon/domain/colorMatrix.ts";
import type { ColorSpace } from "../../daemon/domain/colorSpaces.ts";
import { ACESCG, COLOR_SPACES, convert } from "../../daemon/domain/colorSpaces.ts";
import { readOcioNames } from "../../daemon/domain/ocioConfig.ts";
import { writeExr } from "../fixtures/exrWriter.ts";
import { REPOSITORY } from "../fixtures/sources.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const CONFIG = join(REPOSITORY, "config/ocio/hotplate.ocio");

/** Its output; null where the program is not installed. */
function ask(program: string, ...args: string[]): string | null {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}

test("the config names every built-in space, with the same aliases, and no other but the displays' interchange", () => {
  const reading = readOcioNames(readFileSync(CONFIG, "utf8"));
  if (!reading.ok) throw new Error(reading.why);
  const theirs = new Map(reading.names.spaces.map((space) => [space.name, space.aliases]));
  expect(theirs.delete("CIE XYZ-D65")).toBe(true);
  expect(theirs).toEqual(new Map(COLOR_SPACES.map((space) => [space.name, space.aliases])));
});

test("ociocheck accepts it", (ctx) => {
  const said = ask("ociocheck", "--iconfig", CONFIG);
  if (said === null) return ctx.skip("ociocheck is not installed (Debian: opencolorio-tools)");
  expect(said).toContain("** Validation **\npassed");
  return undefined;
});

describe("oiiotool computes what we compute, within 1e-4", () => {
  const SIDE = 24;
  const tool = ask("oiiotool", "--version");
  const others = COLOR_SPACES.filter((space) => space !== ACESCG && space.kind !== "data");

  /** Linear ACEScg colours from deep shadow to 32, some outside Rec.709; as code values of the space. */
  const colours = (space: ColorSpace): readonly Triple[] =>
    Array.from({ length: SIDE * SIDE }, (_, i) => {
      const level = 2 ** (-10 + (15 * i) / (SIDE * SIDE));
      const tint: Triple = [1, 0.4 + 0.6 * ((i * 7) % 5) * 0.25, 0.4 + 0.6 * ((i * 3) % 7) * (1 / 6)];
      const linear: Triple = [level * tint[0], level * tint[1], level * tint[2]];
      return convert(linear, ACESCG, space);
    });

  const through = (dir: string, pixels: readonly Triple[], way: readonly [from: string, to: string]): Float32Array => {
    const channel = (k: 0 | 1 | 2) => (x: number, y: number) => (pixels[y * SIDE + x] as Triple)[k];
    const bytes = writeExr({
      data: [0, 0, SIDE, SIDE],
      compression: "none",
      channels: [
        { name: "R", type: "float", value: channel(0) },
        { name: "G", type: "float", value: channel(1) },
        { name: "B", type: "float", value: channel(2) },
      ],
    });
    writeFileSync(join(dir, "in.exr"), bytes);
    const [from, to] = way;
    ask(
      "oiiotool",
      "--colorconfig",
      CONFIG,
      join(dir, "in.exr"),
      "--colorconvert",
      from,
      to,
      "-d",
      "float",
      "--compression",
      "none",
      "-o",
      join(dir, "out.exr"),
    );
    return exrSamples(readExr(readFileSync(join(dir, "out.exr")))).samples as Float32Array;
  };
  /** Relative to the colour's largest part: a difference of near-equal terms has no digits of its own. */
  const far = (found: Float32Array, wanted: readonly Triple[]): number =>
    wanted.reduce((worst, colour, i) => {
      const size = Math.max(...colour.map(Math.abs), 1e-3);
      return Math.max(worst, ...colour.map((value, k) => Math.abs((found[i * 3 + k] as number) - value) / size));
    }, 0);

  test.for(others.map((space) => [space.name, space] as const))("%s", ([, space], ctx) => {
    if (tool === null) return ctx.skip("oiiotool is not installed (Debian: openimageio-tools)");
    using dir = tempDir();
    // Displays cut negatives off in OCIO 2.1: only what lies inside their gamut is comparable.
    const inside = (colour: Triple) => space.kind !== "display" || colour.every((value) => value >= 0);
    const encoded = colours(space).map((colour) => (inside(colour) ? colour : ([0.5, 0.5, 0.5] as const)));
    const linear = encoded.map((colour) => convert(colour, space, ACESCG));
    expect(far(through(dir.path, encoded, [space.name, "ACEScg"]), linear), "decoded").toBeLessThan(1e-4);
    expect(far(through(dir.path, linear, ["ACEScg", space.name]), encoded), "encoded").toBeLessThan(1e-4);
    return undefined;
  });
});
