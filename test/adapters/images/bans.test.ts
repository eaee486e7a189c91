/** Traps of the decoder that code outside one file must not step into again: found by reading the source. */
import { readFileSync } from "node:fs";
import fg from "fast-glob";
import { expect, test } from "vitest";

/** Code without its comments. */
const bare = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
const sources = fg
  .sync(["daemon/**/*.ts", "plugins/**/*.ts"])
  .map((path) => ({ path, text: bare(readFileSync(path, "utf8")) }));
const offenders = (pattern: RegExp, allowed: readonly string[]) =>
  sources.filter(({ path, text }) => !allowed.includes(path) && pattern.test(text)).map(({ path }) => path);

const LOAD_FRAME = "daemon/adapters/images/loadFrame.ts";
const ENCODE = "daemon/adapters/images/encodePicture.ts";

test("sharp is imported in two files only: one decodes, one encodes", () => {
  expect(sources.some(({ path }) => path === LOAD_FRAME)).toBe(true);
  expect(offenders(/from "sharp"|import\("sharp"\)/, [LOAD_FRAME, ENCODE])).toEqual([]);
});

test("samples leave the decoder in one file only, always with a named type", () => {
  expect(offenders(/\.raw\(/, [LOAD_FRAME])).toEqual([]);
  expect(offenders(/\.raw\(\s*\)/, [])).toEqual([]);
  // Only that file has sharp's objects, so only there a `.stats()` could be sharp's, whose float values are rounded.
  expect(sources.find(({ path }) => path === LOAD_FRAME)?.text).not.toMatch(/\.stats\(/);
});

test("damaged files are never waved through", () => {
  expect(offenders(/failOn:\s*"(none|error|truncated)"/, [])).toEqual([]);
});

test("files are opened for reading in one place of the image code, and written in one", () => {
  const images = sources.filter(({ path }) => path.startsWith("daemon/adapters/images/"));
  const opening = images.filter(({ text }) => /openSync\(/.test(text)).map(({ path }) => path);
  expect(opening.sort()).toEqual(["daemon/adapters/images/byteSource.ts", "daemon/adapters/images/writeNew.ts"]);
  expect(images.find(({ path }) => path.endsWith("byteSource.ts"))?.text).toContain("O_RDONLY");
});
