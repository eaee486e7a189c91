/** A model file is what its name says, or it is refused with what was found; judged by its head alone. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { headBytes, headTrouble, HEAD_SIZE_BYTES } from "../../daemon/domain/modelHead.ts";
import { PICKLE, safetensors, TORCH_ZIP } from "../fixtures/models.ts";

/** As `findModel` asks: the first bytes, then as many as these say. */
function judge(name: string, whole: Uint8Array): string | null {
  const first = whole.subarray(0, HEAD_SIZE_BYTES);
  const more = headBytes(name, first);
  const head = more === 0 ? first : whole.subarray(0, more);
  return headTrouble(name, { head, text: Buffer.from(head.subarray(HEAD_SIZE_BYTES)).toString() }, whole.length);
}
const whole = safetensors("weights");
const size = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

test.each<readonly [string, string, Uint8Array, RegExp]>([
  ["a pickle under another name", "x.safetensors", PICKLE, /begins with .* \(a pickle\)/],
  ["what torch saves today", "x.safetensors", TORCH_ZIP, /a PyTorch pickle/],
  ["an empty file", "x.safetensors", new Uint8Array(0), /0 bytes, too few/],
  ["words", "x.safetensors", Buffer.from("just some words"), /begins with "just som"/],
  ["a length of 2^64-1", "x.safetensors", Buffer.concat([size(2n ** 64n - 1n), whole]), /no safetensors file/],
  [
    "a head past the bound",
    "x.sft",
    Buffer.concat([size(BigInt(LIMITS.modelHeadBytesMax) + 1n), whole]),
    /no safetensors/,
  ],
  [
    "a head longer than the file",
    "x.safetensors",
    Buffer.concat([size(900n), Buffer.from("{}")]),
    /no safetensors file/,
  ],
  ["a head that is no JSON", "x.safetensors", Buffer.concat([size(6n), PICKLE]), /header is no JSON/],
  ["a list as a head", "x.safetensors", Buffer.concat([size(2n), Buffer.from("[]")]), /header is no object/],
  ["a tensor without a place", "x.safetensors", safetensors("abc", { w: { dtype: "U8" } }), /tensor "w" has no place/],
  ["a tensor with a wild place", "x.safetensors", safetensors("abc", { w: { data_offsets: [2, 1] } }), /has no place/],
  ["a copy that was cut off", "x.safetensors", whole.subarray(0, whole.length - 2), /not whole: .* byte 7 of 5/],
  ["bytes behind the last tensor", "x.safetensors", Buffer.concat([whole, PICKLE]), /not whole/],
  ["a gguf that is none", "x.gguf", whole, /no GGUF file/],
])("%s is refused", (_what, name, bytes, words) => {
  expect(judge(name, bytes)).toMatch(words);
});

test("whole ones pass, with and without tensors and metadata", () => {
  expect(judge("x.safetensors", whole)).toBeNull();
  expect(judge("X.SFT", safetensors("", { __metadata__: { format: "pt" } }))).toBeNull();
  expect(judge("x.gguf", Buffer.from("GGUF\u0003\u0000\u0000\u0000more"))).toBeNull();
});

test("whatever the bytes are, it answers, and asks for no more than the bound", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom("a.safetensors", "a.gguf"), (bytes, name) => {
      expect(headBytes(name, bytes.subarray(0, 8))).toBeLessThanOrEqual(LIMITS.modelHeadBytesMax + HEAD_SIZE_BYTES);
      const words = judge(name, bytes);
      if (name === "a.safetensors" && words === null) expect(judge(name, bytes)).toBeNull();
      else expect(words === null || words.length < 300).toBe(true);
    }),
    { seed: 41, numRuns: 500 },
  );
});
