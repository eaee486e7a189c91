/** Which blocks image.grain looks at: all that say enough, no more, and as many of a small mask as of a large one. */
import { expect, test } from "vitest";
import { holdsBlocks, look } from "../../plugins/_grainBlocks.ts";

const WIDTH = 4096;
const HEIGHT = 2160;
const plane = new Uint16Array(WIDTH * HEIGHT).fill(32_768);
const BLOCKS_OF_FRAME = Math.floor(WIDTH / 16) * Math.floor(HEIGHT / 16);

function square(side: number) {
  const [left, top] = [1003, 777];
  const inside = new Uint8Array(WIDTH * HEIGHT);
  for (let y = top; y < top + side; y += 1) inside.fill(1, y * WIDTH + left, y * WIDTH + left + side);
  return { inside, box: [left, top, side, side] as const, share: (side * side) / (WIDTH * HEIGHT) };
}

test("of a large frame some hundred blocks", () => {
  const { inside, outside } = look(plane, plane, { width: WIDTH, height: HEIGHT, mask: null });
  expect(outside).toEqual([]);
  expect(inside.length).toBeGreaterThanOrEqual(400);
  expect(inside.length).toBeLessThan(BLOCKS_OF_FRAME / 20);
});

test("all blocks of a small one, each a place further along", () => {
  const small = Uint16Array.from({ length: 768 * 512 }, (_, i) => 10_000 + 257 * Math.floor((i % 768) / 16));
  const { inside } = look(small, small, { width: 768, height: 512, mask: null });
  expect(inside).toHaveLength(48 * 32);
  expect(inside.slice(0, 48).map(({ mean }) => Math.round(mean - inside[0]!.mean))).toEqual([...Array(48).keys()]);
});

test("of a mask of 0.7 % of a frame its blocks too, 24 px from its border", () => {
  const mask = square(240);
  const { inside, outside } = look(plane, plane, { width: WIDTH, height: HEIGHT, mask });
  // (240 - 2 x 24) / 16, less what the frame's grid takes at either end.
  expect(inside.length).toBeGreaterThanOrEqual(11 * 11);
  expect(inside.length).toBeLessThanOrEqual(12 * 12);
  expect(outside.length).toBeGreaterThanOrEqual(390);
});

test("of a large mask no more than of a small one's like", () => {
  const { inside } = look(plane, plane, { width: WIDTH, height: HEIGHT, mask: square(1300) });
  expect(inside.length).toBeGreaterThanOrEqual(350);
  expect(inside.length).toBeLessThan(1600);
});

test("a mask in which nothing may change has none inside", () => {
  const mask = { inside: new Uint8Array(WIDTH * HEIGHT), box: null, share: 0 };
  expect(look(plane, plane, { width: WIDTH, height: HEIGHT, mask }).inside).toEqual([]);
});

test("fewer blocks than can be compared, or none that is neither too dark nor too bright, are not enough", () => {
  const of = { width: WIDTH, height: HEIGHT, mask: null };
  const dark = new Uint16Array(WIDTH * HEIGHT).fill(7 * 257);
  expect(holdsBlocks(plane, plane, { of, least: 12 })).toBe(true);
  expect(holdsBlocks(dark, plane, { of, least: 12 })).toBe(false);
  // 80 px less 24 px on either side: 2 x 2 blocks.
  expect(holdsBlocks(plane, plane, { of: { ...of, mask: square(80) }, least: 12 })).toBe(false);
});
