/** A bounded number of mutated files against the decoders; `npm run test:long` looks at a million. */
import { expect, test } from "vitest";
import { fuzzDecoders } from "../../fixtures/fuzzDecoders.ts";

test("3,000 mutated files give a picture that is what its head says, or an answer with a code, and nothing else", async () => {
  const { inputs, decoded, broken, refused, largestBytes } = await fuzzDecoders(0, 3_000);
  expect(inputs).toBe(3_000);
  expect(decoded + broken + refused).toBe(3_000);
  // Each way out was gone; a mutation that breaks all or nothing would prove little.
  for (const ways of [decoded, broken, refused]) expect(ways).toBeGreaterThan(100);
  expect(largestBytes).toBeGreaterThan(1_000);
});
