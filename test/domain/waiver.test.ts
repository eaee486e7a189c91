/** A waiver covers what it is bound to and nothing else: the picture, the check, the check's version; never an error. */
import { describe, expect, it } from "vitest";
import type { Finding, Inspection, Verdict } from "../../daemon/domain/qc.ts";
import { worstVerdict } from "../../daemon/domain/qc.ts";
import { applyingWaivers } from "../../daemon/domain/qcWaivers.ts";
import { qcReport, qcReportSchema } from "../../daemon/domain/qcReport.ts";
import { versionHtml } from "../../daemon/domain/qcReportHtml.ts";
import type { Waiver } from "../../daemon/domain/waiver.ts";
import { isWaived, judgedPictures, openFindings, waiversFor } from "../../daemon/domain/waiver.ts";
import { versionFacts } from "../fixtures/versionFacts.ts";

const finding = (check: string, verdict: Verdict, version = 1): Finding => ({
  check,
  version,
  verdict,
  measures: [{ name: "ratio", value: 0.4, unit: "ratio", limit: 0.6, must: "atLeast" }],
  message: `${check} is ${verdict}`,
  hint: null,
});
const seen = (...findings: readonly Finding[]): Inspection => ({
  verdict: worstVerdict(findings.map(({ verdict }) => verdict)),
  findings,
  notApplied: [],
  reader: "test",
});
const picture = (inspection: Inspection, sha256 = "aa") => ({ frame: 1001, sha256, inspection });
const WISH = { wedge: 3, check: "image.soft", by: "anna", reason: "rack focus" };
const waiver = (more: Partial<Waiver> = {}): Waiver => ({
  id: 1,
  wedge: 3,
  frame: 1001,
  sha256: "aa",
  check: "image.soft",
  version: 1,
  verdict: "fail",
  measures: [],
  by: "anna",
  reason: "rack focus",
  at: Date.UTC(2026, 10, 24, 12),
  revoked: null,
  ...more,
});

describe("a waiver", () => {
  it("keeps the picture's hash, the check's version, the limit and the value at the time", () => {
    const [line] = waiversFor([picture(seen(finding("image.soft", "fail", 2)))], WISH) as readonly Waiver[];
    expect(line).toMatchObject({ ...WISH, frame: 1001, sha256: "aa", version: 2, verdict: "fail" });
    expect(line?.measures[0]).toMatchObject({ name: "ratio", value: 0.4, limit: 0.6 });
  });

  it("covers warnings and failures, never an error, and says what else there is to waive", () => {
    expect(waiversFor([picture(seen(finding("image.soft", "warn")))], WISH)).toHaveLength(1);
    expect(waiversFor([picture(seen(finding("image.soft", "error")))], WISH)).toContain(
      "an error has no measure to waive",
    );
    expect(waiversFor([picture(seen(finding("image.grain", "fail"), finding("image.soft", "pass")))], WISH)).toBe(
      "image.soft found nothing here. To waive are: image.grain.",
    );
  });

  it("is void for another picture, another version of the check, and once it was taken back", () => {
    const soft = finding("image.soft", "fail");
    expect(isWaived(soft, "aa", [waiver()])).toBe(true);
    expect(isWaived(soft, "bb", [waiver()])).toBe(false);
    expect(isWaived(finding("image.soft", "fail", 2), "aa", [waiver()])).toBe(false);
    expect(isWaived(soft, "aa", [waiver({ revoked: { by: "anna", at: 1 } })])).toBe(false);
  });

  it("leaves what it does not cover: other failures, errors", () => {
    const both = seen(finding("image.soft", "fail"), finding("header.size", "fail"), finding("plate.grade", "error"));
    expect(openFindings([picture(both)], [waiver()]).map(({ check }) => check)).toEqual(["header.size", "plate.grade"]);
    expect(
      openFindings([picture(seen(finding("image.soft", "fail"), finding("image.grain", "warn")))], [waiver()]),
    ).toEqual([]);
  });

  it("of a chunk is bound to each frame's own picture", () => {
    const frames = [1001, 1002].map((frame) => ({ frame, inspection: seen(finding("image.soft", "fail")) }));
    const staged = frames.map(({ frame }) => ({ frame, sha256: `h${frame}` }));
    const pictures = judgedPictures({ staged, inspection: { ...seen(finding("image.soft", "fail")), frames } });
    expect((waiversFor(pictures, WISH) as readonly Waiver[]).map(({ sha256 }) => sha256)).toEqual(["h1001", "h1002"]);
  });
});

describe("the papers of a version", () => {
  const facts = versionFacts({
    wedges: 3,
    task: (wedge) => (wedge === 3 ? { inspection: seen(finding("image.soft", "fail")) } : {}),
  });
  const file = facts.files.find(({ wedge }) => wedge === 3)!;
  const bound = waiver({ frame: file.frame, sha256: file.sha256 });

  it("list the waivers that apply, beside findings that stay as they were", () => {
    const report = qcReport(
      { ...facts, waivers: [bound] },
      {
        tool: { name: "hotplate", version: "0.1.0" },
        simulated: false,
        sequences: new Map(),
      },
    );
    expect(qcReportSchema.parse(report).waivers).toMatchObject([
      { wedge: "w003", check: "image.soft", result: "fail", by: "anna", reason: "rack focus" },
    ]);
    expect(report.wedges[2]).toMatchObject({ result: "fail" });
    const html = versionHtml(report, { title: "t", contactSheets: [], picture: () => null });
    expect(html).toContain("<h2>Waived</h2>");
    expect(html).toContain("waived by <bdi>anna</bdi> on 2026-11-24: <bdi>rack focus</bdi>");
    expect(html).toContain("image.soft is fail");
  });

  it("leave out those that are void", () => {
    for (const gone of [{ sha256: "other" }, { version: 9 }, { revoked: { by: "anna", at: 1 } }])
      expect(applyingWaivers([{ ...bound, ...gone }], facts)).toEqual([]);
    expect(applyingWaivers([bound], facts)).toHaveLength(1);
  });
});
