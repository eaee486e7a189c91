/** What `qc run` adds to a check's hint: the option that says that a thing is meant, and nothing to what passes. */
import { describe, expect, it } from "vitest";
import type { Finding } from "../../daemon/domain/qc.ts";
import { handInspection } from "../../daemon/domain/qcHints.ts";

const size = (width: number, height: number, of = { width: 768, height: 512 }): Finding => ({
  check: "header.size",
  version: 1,
  verdict: width === of.width && height === of.height ? "pass" : "fail",
  measures: [
    { name: "width", value: width, unit: "px", limit: of.width, must: "equal" },
    { name: "height", value: height, unit: "px", limit: of.height, must: "equal" },
  ],
  message: "",
  hint: "Check the sizes.",
});
const hintOf = (finding: Finding): string | null | undefined =>
  handInspection({ verdict: "fail", findings: [finding], notApplied: [], reader: "x" }).findings[0]?.hint;

describe("the hint of a finding that somebody made by hand", () => {
  it("names the scale where both sides are as much larger, and the size", () => {
    expect(hintOf(size(1536, 1024))).toBe(
      "Check the sizes. If that is the size you want: --scale 2, or --size 1536x1024.",
    );
    expect(hintOf(size(384, 256))).toContain("--scale 0.5, or --size 384x256.");
    expect(hintOf(size(760, 512))).toBe("Check the sizes. If that is the size you want: --size 760x512.");
  });

  it("stays what the check said where the command line has no word for it", () => {
    expect(hintOf(size(768, 512))).toBe("Check the sizes.");
    expect(hintOf({ ...size(1, 1), check: "studio.own" })).toBe("Check the sizes.");
    const windows = { ...size(768, 512), verdict: "fail" as const, hint: "Keep the window." };
    expect(hintOf(windows)).toBe("Keep the window.");
  });

  it("is there where the check itself had none", () => {
    const fill = { ...size(1, 1), check: "frames.repeated", verdict: "warn" as const, hint: null };
    expect(hintOf(fill)).toBe("Where a hold is wanted: --limit frames.repeated.equalMax=N.");
  });
});
