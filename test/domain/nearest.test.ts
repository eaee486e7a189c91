/** The nearest right word: what a person most likely meant, or nothing. */
import { expect, test } from "vitest";
import { editDistance, nearestWord } from "../../daemon/domain/nearest.ts";

test("a swapped pair of letters is one slip", () => {
  expect(editDistance("promtp", "prompt")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
});

test("the nearest word is found whatever its case", () => {
  expect(nearestWord("promt", ["plate", "prompt", "product"])).toBe("prompt");
  expect(nearestWord("ENV_RELGHT", ["grain", "env_relight"])).toBe("env_relight");
});

test("a word that is mostly different is not offered", () => {
  expect(nearestWord("banana", ["plate", "prompt"])).toBeNull();
  expect(nearestWord("ab", ["cd"])).toBeNull();
  expect(nearestWord("", ["a"])).toBeNull();
});

test("a very long word is not compared", () => {
  expect(nearestWord("x".repeat(10_000), ["x".repeat(10_000)])).toBeNull();
});
