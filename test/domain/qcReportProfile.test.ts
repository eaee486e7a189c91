/** What qc.json says of the checks that were asked for: what each is, and of every limit where it comes from. */
import { describe, expect, it } from "vitest";
import type { InstalledCheck } from "../../daemon/domain/qc.ts";
import { profilePart, qcProfilePartSchema } from "../../daemon/domain/qcReportProfile.ts";

const grain: InstalledCheck = {
  id: "image.grain",
  version: 2,
  scope: "frame",
  layer: "crosscheck",
  limits: { ratioMin: 0.6, ratioMax: 1.7 },
  file: "image_grain.ts",
  shipped: true,
};

describe("the profile part of qc.json", () => {
  it("names the profile, who named it, the retry, and of each check layer, version, scope, severity and sources", () => {
    const part = profilePart(
      {
        gate: "hold",
        profile: { name: "relight", by: "recipe env 1.0.0", provenance: "calibrated on 312 frames" },
        retry: { seeds: 2, parameter: "seed", cures: ["image.grain"], by: "manifest" },
        checks: [
          {
            check: "image.grain",
            limits: { ratioMin: 0.7, ratioMax: 1.7 },
            severity: "fail",
            from: { ratioMin: "manifest", ratioMax: "the check's own: a paper", severity: "manifest" },
          },
        ],
      },
      [grain],
    );
    expect(qcProfilePartSchema.parse(part)).toEqual({
      name: "relight",
      by: "recipe env 1.0.0",
      provenance: "calibrated on 312 frames",
      gate: "hold",
      retry: { seeds: 2, by: "manifest" },
      checks: [
        {
          check: "image.grain",
          version: 2,
          layer: "crosscheck",
          scope: "frame",
          severity: "fail",
          usedAs: "check",
          limits: { ratioMin: 0.7, ratioMax: 1.7 },
          limitsFrom: { ratioMin: "manifest", ratioMax: "the check's own: a paper", severity: "manifest" },
        },
      ],
    });
  });

  it("uses a check on trial as a report, and of a plan of before says no more than it knows", () => {
    const checks = [
      { check: "image.grain", limits: {}, severity: "measure" as const },
      { check: "gone.check", limits: {} },
    ];
    const part = profilePart({ gate: "reject", checks }, [grain]);
    expect(part.checks.map(({ check, usedAs, version }) => [check, usedAs, version])).toEqual([
      ["image.grain", "report", 2],
      ["gone.check", "check", undefined],
    ]);
    expect(part.name).toBeNull();
  });
});
