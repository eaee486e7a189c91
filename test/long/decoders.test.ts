/** A million mutated files against the decoders, and the most memory that the process ever held. */
import { expect, test } from "vitest";
import { setUpSharp } from "../../daemon/adapters/images/loadFrame.ts";
import { fuzzDecoders } from "../fixtures/fuzzDecoders.ts";

/** MiB: what a picture worker may grow to by files of kilobytes, Node and the test runner included. */
const PEAK_MAX = 1_024;

test("1,000,000 mutated files break no promise of the decoders", async () => {
  setUpSharp();
  const figures = await fuzzDecoders(3_000, 1_000_000);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
  console.log(JSON.stringify({ name: "decoders", ...figures, peakMiB }));
  expect(figures.inputs).toBe(1_000_000);
  expect(peakMiB).toBeLessThan(PEAK_MAX);
});
