/** The text that hashes are made of: one value, one text. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../daemon/domain/canonicalJson.ts";

test("keys are sorted by code unit, also those that look like numbers", () => {
  expect(canonicalJson({ b: 1, "10": 2, "9": 3, a: [true, null] })).toBe('{"10":2,"9":3,"a":[true,null],"b":1}');
});

test("the order in which an object was made does not show", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(object));
    }),
    { seed: 7 },
  );
});

test("reading the text back gives the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed: 8 },
  );
});

test("undefined fields are left out and undefined items are null", () => {
  expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
});
