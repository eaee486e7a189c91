/** What every shipped check says of itself: where each of its limits comes from, its layer, and whether another seed may cure it. */
import { beforeAll, describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import type { CheckBook } from "../../daemon/domain/qc.ts";

let checks: CheckBook["checks"] = [];
beforeAll(async () => {
  checks = (await loadChecks([])).book.checks;
});

describe("a shipped check", () => {
  it("says of each of its limits where it comes from, and of no other", () => {
    for (const check of checks)
      expect([check.id, Object.keys(check.limitsFrom ?? {}).sort()]).toEqual([
        check.id,
        Object.keys(check.limits).sort(),
      ]);
  });

  it("of set-up faults asks for no other seed, and of generation's it does", () => {
    const cures = checks.filter((check) => check.seedMayCure === true).map((check) => check.id);
    expect(cures).toContain("image.not_black");
    expect(cures).toContain("image.seam");
    for (const setUp of ["file.decodes", "header.size", "image.bit_depth", "mask.preserved", "alpha.preserved"])
      expect(cures).not.toContain(setUp);
  });

  it("of the layer container looks at the file, and one that needs the plate is a crosscheck", () => {
    const layers = new Map(checks.map((check) => [check.id, check.layer ?? "essence"]));
    expect(layers.get("header.size")).toBe("container");
    expect(layers.get("mask.preserved")).toBe("crosscheck");
    expect(layers.get("image.not_black")).toBe("essence");
  });
});
