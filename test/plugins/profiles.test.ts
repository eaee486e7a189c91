/**
 * What the profiles `upscale` and `relight` compare with the plate: right results of several kinds of scenes pass, another picture, a mirrored, moved,
 * inverted, darkened or swapped one is told, by the check that the table in docs/qc.md names.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { DecodedImage, MaskFacts } from "../../daemon/plugin.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { requestsOf } from "../../scripts/bench/qc/speedProfile.ts";

const { checks, book } = await loadChecks([]);

function findings(profile: string, result: DecodedImage, plate: DecodedImage, mask: MaskFacts | null = null) {
  return inspectFrame(checks, requestsOf(book, profile, "frame"), {
    result,
    plate,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    mask,
    maskProblem: null,
    composited: mask !== null,
    expected: { width: result.width, height: result.height, bitDepth: null, ignore: [] },
  }).findings;
}

/** Warned of or failed by the profile's checks of single frames. Header and file are none of these pictures, which lie on no disk. */
function told(...of: Parameters<typeof findings>) {
  return findings(...of)
    .filter(({ verdict, check }) => verdict !== "pass" && !check.startsWith("header"))
    .map(({ check }) => check);
}

type At = (x: number, y: number, c: number) => number;

const reader =
  ({ samples, width, height, channels }: DecodedImage): At =>
  (x, y, c) => {
    const [u, v] = [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
    return samples[(v * width + u) * channels + c] as number;
  };

/** By `value` of each place, at the same size or another. */
function painted(
  of: DecodedImage,
  value: At,
  { width, height } = { width: of.width, height: of.height },
): DecodedImage {
  const samples = new Uint16Array(width * height * of.channels);
  for (let y = 0, i = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < of.channels; c += 1, i += 1)
        samples[i] = Math.min(65_535, Math.max(0, Math.round(value(x, y, c))));
  return { ...of, width, height, samples };
}

/** As resizers do it: between the centres of pixels, in a straight line. */
function upscaled(of: DecodedImage, scale: number): DecodedImage {
  const at = reader(of);
  const size = { width: Math.round(of.width * scale), height: Math.round(of.height * scale) };
  return painted(
    of,
    (x, y, c) => {
      const [u, v] = [((x + 0.5) * of.width) / size.width - 0.5, ((y + 0.5) * of.height) / size.height - 0.5];
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [a, b] = [u - left, v - top];
      const row = (line: number) => at(left, line, c) * (1 - a) + at(left + 1, line, c) * a;
      return row(top) * (1 - b) + row(top + 1) * b;
    },
    size,
  );
}

const WRONG: Readonly<Record<string, (of: DecodedImage) => DecodedImage>> = {
  mirrored: (of) => painted(of, (x, y, c) => reader(of)(of.width - 1 - x, y, c)),
  inverted: (of) => painted(of, (x, y, c) => 65_535 - reader(of)(x, y, c)),
  "a quarter as bright": (of) => painted(of, (x, y, c) => reader(of)(x, y, c) * 0.57),
  "without its colours": (of) => painted(of, (x, y) => reader(of)(x, y, 1)),
  "with red and blue swapped": (of) => painted(of, (x, y, c) => reader(of)(x, y, 2 - c)),
  "moved by two pixels of the plate": (of) => {
    const step = of.width > 768 ? 4 : 2;
    return painted(of, (x, y, c) => reader(of)(x + step, y, c));
  },
};

const scene = makeScene("skyline", 11);
const plate = makeCase(scene, null).plate;
const large = upscaled(plate, 2);

describe("an upscale", () => {
  it.each(["texture", "lights", "dark", "bricks"] as const)("of %s by 2 and by 1.5 passes", (kind) => {
    const own = makeCase(makeScene(kind, 7), null).plate;
    expect(told("upscale", upscaled(own, 2), own)).toEqual([]);
    expect(told("upscale", upscaled(own, 1.5), own)).toEqual([]);
  });

  it("of another picture is told", () => {
    expect(told("upscale", upscaled(makeCase(makeScene("discs", 5), null).plate, 2), plate)).toContain(
      "plate.structure",
    );
  });

  it.each([
    ["mirrored", "plate.structure"],
    ["inverted", "plate.structure"],
    ["a quarter as bright", "plate.grade"],
    ["without its colours", "plate.grade"],
    ["with red and blue swapped", "plate.grade"],
    ["moved by two pixels of the plate", "plate.registered"],
  ] as const)("that came back %s is told by its check: %s", (what, check) => {
    expect(told("upscale", WRONG[what]?.(large) ?? large, plate)).toContain(check);
  });

  it("of a plate with swapped channels, whose means stay, is told by its colours", () => {
    const weave = makeCase(makeScene("weave", 5), null).plate;
    const swapped = WRONG["with red and blue swapped"]?.(upscaled(weave, 2)) ?? weave;
    expect(told("upscale", swapped, weave)).toContain("image.channels");
  });

  it("that was made in tiles is told where they meet, in its own pixels", () => {
    const noise = makeCase(makeScene("texture", 5), null).plate;
    const right = upscaled(noise, 2);
    const at = reader(right);
    const joined = painted(right, (x, y, c) => at(x, y, c) + (x >= 1024 ? 4 * 257 : 0));
    const finding = findings("upscale", joined, noise).find(({ check }) => check === "image.seam");
    expect([finding?.verdict, finding?.message]).toEqual([
      "warn",
      expect.stringContaining("a vertical one at 1024 px"),
    ]);
    const [evidence] = finding?.evidence ?? [];
    expect(evidence?.kind === "boxes" ? evidence.boxes : null).toEqual([[1023, 0, 2, 1024]]);
  });

  it("that lost the plate's alpha is warned of, though it can't be compared pixel on pixel", () => {
    const matted = makeCase(scene, null, "codes and alpha").plate;
    expect(told("upscale", large, matted)).toEqual(["alpha.preserved"]);
  });
});

describe("a relight", () => {
  const relit = makeScene("skyline", 11, "frame");

  it.each(["texture", "skyline", "dark", "bricks", "text"] as const)("of %s passes", (kind) => {
    const one = makeCase(makeScene(kind, 3, "frame"), null);
    expect(told("relight", one.result, one.plate)).toEqual([]);
  });

  it("of another picture is told", () => {
    expect(told("relight", makeCase(makeScene("discs", 5), null).result, plate)).toContain("plate.structure");
  });

  it.each([
    ["mirrored", "plate.structure"],
    ["inverted", "plate.structure"],
    ["with red and blue swapped", "image.channels"],
    ["moved by two pixels of the plate", "plate.registered"],
  ] as const)("that came back %s is told by its check: %s", (what, check) => {
    const one = makeCase(relit, null);
    expect(told("relight", WRONG[what]?.(one.result) ?? one.result, one.plate)).toContain(check);
  });

  it("may be darker and of one colour: that is what light does, and docs/qc.md says that nobody looks", () => {
    expect(told("relight", WRONG["a quarter as bright"]?.(plate) ?? plate, plate)).toEqual([]);
    const page = readFileSync("docs/qc.md", "utf8");
    expect(page).toMatch(/\| `relight` \|.*half as bright.*grey/);
  });

  it("inside a mask is held to the plate outside it", () => {
    const one = makeCase(makeScene("discs", 5), null);
    const { width, height } = one.plate;
    const mask = one.mask === null ? null : maskFacts(one.mask, { width, height, ignore: [] });
    expect(told("relight", one.result, one.plate, mask)).toEqual([]);
    const at = reader(one.result);
    const patched = painted(one.result, (x, y, c) => at(x, y, c) + (x < 8 && y < 8 ? 300 : 0));
    expect(told("relight", patched, one.plate, mask)).toContain("mask.preserved");
  });
});

describe("docs/qc.md", () => {
  it("says of every profile which checks it has, and with which limits", () => {
    const rows = readFileSync("docs/qc.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim().replaceAll("`", "")),
      );
    const head = rows.findIndex(([first, second]) => first === "check" && second === "basic");
    const names = rows[head]?.slice(1) ?? [];
    expect([...names].sort()).toEqual(book.profiles.map(({ name }) => name).sort());
    const end = rows.findIndex(([first], at) => at > head && first === "profile");
    const table = rows.slice(head + 2, end);
    for (const [column, name] of names.entries()) {
      const said = table.flatMap(([id = "", ...cells]) => (cells[column] === "" ? [] : [[id, cells[column]] as const]));
      const asked = Object.entries(book.profiles.find((each) => each.name === name)?.checks ?? {}).map(([id, wish]) => [
        id,
        Object.entries(wish ?? {})
          .map(([limit, value]) => `${limit} ${value}`)
          .join(", ") || "x",
      ]);
      expect(Object.fromEntries(said), name).toEqual(Object.fromEntries(asked));
    }
  });
});
