/** What does not look is told: in qc.json, on the page, in JUnit, and in STATUS.txt where a structural check is gone. */
import { expect, it } from "vitest";
import { junitXml } from "../../daemon/domain/junit.ts";
import type { Inspection, InstalledCheck } from "../../daemon/domain/qc.ts";
import { structuralOffLines } from "../../daemon/domain/qcOff.ts";
import type { QcPlan } from "../../daemon/domain/plan.ts";
import { qcReport, qcReportSchema } from "../../daemon/domain/qcReport.ts";
import { versionHtml } from "../../daemon/domain/qcReportHtml.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import { versionFacts } from "../fixtures/versionFacts.ts";
import { readXml } from "../fixtures/xml.ts";

const QC: QcPlan = {
  gate: "reject",
  checks: [
    { check: "image.clip", limits: { moreMax: 1 }, severity: "measure", from: { severity: "recipe look 1.0.0" } },
  ],
  off: [
    { check: "image.not_black", by: "manifest" },
    { check: "image.grain", by: "manifest" },
  ],
};

const CLIP: InstalledCheck = {
  id: "image.clip",
  version: 2,
  scope: "frame",
  limits: { moreMax: 0.005 },
  file: "image_clip.ts",
  shipped: true,
};

function report() {
  const facts = versionFacts({ wedges: 1 });
  const extra = {
    tool: { name: "hotplate", version: "0" },
    simulated: false,
    sequences: new Map<number, Inspection>(),
    installed: [CLIP],
  };
  return qcReport({ ...facts, plan: { ...facts.plan, qc: QC } }, extra);
}

it("the record and the page name what is off or on trial, and who said so", () => {
  const made = qcReportSchema.parse(report());
  expect(made.profile.off).toEqual(QC.off);
  const page = versionHtml(made);
  expect(page).toMatch(/<p><b>Off, and so nobody looked:<\/b> .*image\.not_black, image\.grain \(manifest\)/);
  expect(page).toMatch(/<p><b>Measured only, never gated:<\/b> .*image\.clip \(recipe look 1\.0\.0\)/);
  expect(page).not.toContain("every check that applies passed");
});

it("a build server sees skipped cases, not fewer green ones", () => {
  const suite = readXml(junitXml(viewOfVersion(report()))).children.find(({ attributes }) =>
    (attributes["name"] ?? "").endsWith(" off"),
  );
  expect(suite?.attributes).toMatchObject({ tests: "3", skipped: "3" });
  const said = suite?.children.map(({ attributes, children }) => [
    attributes["name"],
    children[0]?.name,
    children[0]?.attributes["message"],
  ]);
  expect(said).toEqual([
    ["image.not_black", "skipped", "off: manifest says so"],
    ["image.grain", "skipped", "off: manifest says so"],
    ["image.clip", "skipped", "measured only: recipe look 1.0.0 says so"],
  ]);
});

it("an artist reads of structural ones only: without them a broken result is published unseen", () => {
  expect(structuralOffLines(QC)).toEqual(["  QC off:   image.not_black (manifest)"]);
  const trial = { check: "header.size", limits: {}, severity: "measure", from: { severity: "manifest" } } as const;
  expect(structuralOffLines({ checks: [trial] })).toEqual([
    "  QC off:   measured only, never gated: header.size (manifest)",
  ]);
  expect(structuralOffLines({ checks: [] })).toEqual([]);
});
