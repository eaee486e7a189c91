/** Contact sheets: a place for every tile, labels drawn with our own font, nothing lost to a picture that can't be read. */
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { glyphRows, plainText, textWidth } from "../../../daemon/adapters/images/bitmapFont.ts";
import { sheet, wrap } from "../../../daemon/adapters/images/sheet.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import type { SheetTile } from "../../../daemon/domain/sheetTile.ts";
import { writePng } from "../../fixtures/pictures.ts";
import { noTools } from "../../fixtures/tools.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const tile = (path: string | null, label: string, mark: SheetTile["mark"] = "pass"): SheetTile => ({
  path,
  label,
  mark,
});

/** Mean colour of a rectangle of a sheet. */
async function meanOf(
  file: string,
  area: { left: number; top: number; width: number; height: number },
): Promise<readonly number[]> {
  const { data } = await sharp(readFileSync(file))
    .extract(area)
    .resize(1, 1, { fit: "fill" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return Array.from(data);
}

describe("the sheet", () => {
  test("has as many columns as asked for, and rows for all tiles, each picture in its own place", async () => {
    using dir = tempDir();
    const red = await writePng(dir.path, "red.png", {
      width: 160,
      height: 90,
      channels: 3,
      bits: 8,
      value: (_x, _y, c) => (c === 0 ? 1 : 0),
    });
    const blue = await writePng(dir.path, "blue.png", {
      width: 160,
      height: 90,
      channels: 3,
      bits: 16,
      value: (_x, _y, c) => (c === 2 ? 1 : 0),
    });
    const tiles = [
      tile(red, "w001"),
      tile(blue, "w002", "fail"),
      tile(null, "w003", "waiting"),
      tile(blue, "w004"),
      tile(red, "w005"),
    ];
    await sheet(noTools(), { title: "envTunnel v007", columns: 3, tiles }, dir.file("sheet.jpg"));
    const { format, width, height } = await sharp(readFileSync(dir.file("sheet.jpg"))).metadata();
    expect(format).toBe("jpeg");
    // Three tiles of 480 px (the widest), gaps of 12, margins of 24; pictures are not enlarged, so 160 px stand in the middle.
    expect(width).toBe(24 * 2 + 3 * 480 + 2 * 12);
    const top = 24 + 2 * 13 * 4;
    const at = (column: number, row: number) => ({
      left: 24 + column * 492 + 200,
      top: top + row * ((height! - top - 24 + 12) / 2) + 100,
      width: 60,
      height: 30,
    });
    const [first, second, third, fourth] = await Promise.all(
      [at(0, 0), at(1, 0), at(2, 0), at(0, 1)].map((area) => meanOf(dir.file("sheet.jpg"), area)),
    );
    expect([first![0]! > 200, first![2]! < 60]).toEqual([true, true]);
    expect([second![0]! < 60, second![2]! > 200]).toEqual([true, true]);
    expect(Math.max(...third!) - Math.min(...third!)).toBeLessThan(12);
    expect(fourth![2]!).toBeGreaterThan(200);
  });

  test("names its rows and columns where they stand for something, and moves the tiles to make room", async () => {
    using dir = tempDir();
    const tiles = Array.from({ length: 6 }, (_, i) => tile(null, `w00${i + 1}`));
    const heads = { columns: ["dawn", "noon", "sodium lamps"], rows: ["1000", "1001"] };
    await sheet(noTools(), { title: "t", columns: 3, tiles }, dir.file("bare.jpg"));
    await sheet(noTools(), { title: "t", columns: 3, tiles, heads }, dir.file("named.jpg"));
    const sizeOf = async (name: string) => {
      const { width, height } = await sharp(readFileSync(dir.file(name))).metadata();
      return [width ?? 0, height ?? 0] as const;
    };
    const [bare, named] = [await sizeOf("bare.jpg"), await sizeOf("named.jpg")];
    const side = 4 * 6 * 2 + 2 * 8;
    expect(named).toEqual([bare[0] + side, bare[1] + 2 * 11 * 2 + 8]);
    // Something light is written beside each row and above each column, on grey.
    const top = 24 + 2 * 13 * 4;
    const strip = async (area: { left: number; top: number; width: number; height: number }): Promise<number> =>
      Math.max(
        ...(await sharp(readFileSync(dir.file("named.jpg")))
          .extract(area)
          .greyscale()
          .raw()
          .toBuffer()),
      );
    const room = { width: 100, height: 2 * 11 * 2 };
    for (const column of [0, 1, 2])
      expect(await strip({ left: 24 + side + column * 492, top, ...room })).toBeGreaterThan(180);
    expect(await strip({ left: 24, top: top + room.height + 8, width: side - 8, height: 60 })).toBeGreaterThan(180);
    expect(await strip({ left: 24, top, width: side - 8, height: room.height })).toBeLessThan(90);
  });

  test("a damaged or missing picture is a tile that says so", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("broken.png"), "not a picture");
    await sheet(
      noTools(),
      { title: "t", columns: 2, tiles: [tile(dir.file("broken.png"), "a", "fail"), tile(dir.file("gone.png"), "b")] },
      dir.file("s.jpg"),
    );
    expect((await sharp(readFileSync(dir.file("s.jpg"))).metadata()).width).toBeGreaterThan(900);
  });

  test("the most tiles that a sheet may have stay under the size that viewers open", async () => {
    using dir = tempDir();
    const tall = await writePng(dir.path, "tall.png", { width: 20, height: 60, channels: 3, bits: 8 });
    const tiles = Array.from({ length: LIMITS.contactSheetTilesMax }, (_, i) =>
      tile(i === 0 ? tall : null, `w${i + 1}`, "waiting"),
    );
    await sheet(noTools(), { title: "t", columns: 4, tiles }, dir.file("s.jpg"));
    expect((await sharp(readFileSync(dir.file("s.jpg"))).metadata()).height).toBeLessThanOrEqual(
      LIMITS.contactSheetPixelsMax,
    );
  });

  test("an existing file is not written over", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("s.jpg"), "mine");
    await expect(
      sheet(noTools(), { title: "t", columns: 1, tiles: [tile(null, "a")] }, dir.file("s.jpg")),
    ).rejects.toMatchObject({
      code: "EEXIST",
    });
    expect(readFileSync(dir.file("s.jpg"), "utf8")).toBe("mine");
  });
});

describe("labels", () => {
  test("every printable ASCII character has a shape of its own within 5 x 9 cells", () => {
    const shapes = new Map<string, string>();
    for (let code = 33; code < 127; code += 1) {
      const character = String.fromCharCode(code);
      const rows = glyphRows(character);
      expect(rows, character).toHaveLength(9);
      expect(
        rows.every((row) => Number.isInteger(row) && row >= 0 && row < 32),
        character,
      ).toBe(true);
      const shape = rows.join();
      expect(shape === Array.from({ length: 9 }, () => 0).join(), `${character} is blank`).toBe(false);
      expect(shapes.get(shape), `${character} looks like`).toBeUndefined();
      shapes.set(shape, character);
    }
    expect(glyphRows("\u4e2d")).toEqual(glyphRows("\u{1f600}"));
  });

  test("accents fall off, signs are spelled out, line breaks become spaces", () => {
    expect(plainText("Über – 3° “hot”…\nÉtalonnage")).toBe('Uber - 3 deg "hot"... Etalonnage');
  });

  test("long labels break at spaces into two lines, the rest ends in dots, and no line is wider than its room", () => {
    expect(wrap("w001 dawn 1000", 400, 2)).toEqual(["w001 dawn 1000"]);
    expect(wrap("w001 cool dawn light with haze 1000", 200, 2)).toEqual(["w001 cool dawn", "light with ha..."]);
    for (const text of ["a".repeat(200), "a b ".repeat(80), "", "one"]) {
      const lines = wrap(text, 150, 2);
      expect(lines.length).toBeLessThanOrEqual(2);
      for (const line of lines) expect(textWidth(line, 2)).toBeLessThanOrEqual(150);
    }
  });
});
