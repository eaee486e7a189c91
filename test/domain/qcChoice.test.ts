/** Which checks look at a result: the manifest's own list, its profile, the recipe's, or the basic one; a studio's checks always. */
import { describe, expect, it } from "vitest";
import type { CheckBook, InstalledCheck } from "../../daemon/domain/qc.ts";
import { chosenChecks } from "../../daemon/domain/qcChoice.ts";
import type { Manifest } from "../../daemon/domain/manifestSchema.ts";
import { evidenceFault } from "../../daemon/domain/qcEvidence.ts";
import { evidenceSvg } from "../../daemon/domain/qcEvidenceSvg.ts";

const check = (id: string, shipped = true): InstalledCheck => ({
  id,
  version: 1,
  scope: "frame",
  limits: { max: 1 },
  file: `${id}.ts`,
  shipped,
});
const profile = (name: string, checks: Readonly<Record<string, Record<string, number> | null>>) => ({
  hotplate: 1 as const,
  name,
  title: name,
  checks,
});
const book: CheckBook = {
  checks: [check("a.one"), check("a.two"), check("studio.own", false)],
  profiles: [profile("basic", { "a.one": null }), profile("relight", { "a.two": { max: 3 } })],
  refused: [],
};
const manifest = (qc: object | undefined): Manifest =>
  ({ use: "x", ...(qc === undefined ? {} : { qc }) }) as unknown as Manifest;
const ids = (qc: object | undefined, recipe: string | null) => chosenChecks(manifest(qc), book, recipe).requests;

describe("the checks of a result", () => {
  it("are those of the recipe's profile with its limits, and every check of the studio", () => {
    expect(ids(undefined, "relight")).toEqual([
      { check: "a.two", limits: { max: 3 } },
      { check: "studio.own", limits: { max: 1 } },
    ]);
    expect(ids(undefined, null).map((each) => each.check)).toEqual(["a.one", "studio.own"]);
  });

  it("are the manifest's profile before the recipe's, and its own list before both", () => {
    expect(ids({ profile: "basic" }, "relight").map((each) => each.check)).toEqual(["a.one", "studio.own"]);
    expect(ids({ profile: "basic", checks: [{ "a.two": { max: 9 } }] }, "relight")).toEqual([
      { check: "a.two", limits: { max: 9 } },
    ]);
  });

  it("of a profile that is not there are a problem at its place, with the nearest name", () => {
    expect(chosenChecks(manifest({ profile: "relihgt" }), book, null).findings).toMatchObject([
      { code: "HP-MANIFEST-FIELD", path: ["qc", "profile"], nearest: "relight" },
    ]);
    expect(chosenChecks(manifest(undefined), book, "gone").findings).toMatchObject([{ path: ["use"], found: "gone" }]);
  });
});

describe("evidence", () => {
  it("is bounded and whole, or a fault of the check", () => {
    const map = { kind: "map", title: "m", columns: 2, rows: 1, levels: [0, 255] };
    expect(evidenceFault([map])).toBeNull();
    expect(evidenceFault([{ ...map, levels: [0] }])).toContain("columns x rows");
    expect(evidenceFault([{ ...map, columns: 1000 }])).toContain("columns");
    expect(evidenceFault(Array.from({ length: 9 }, () => map))).toContain("more than 8");
    expect(evidenceFault("x")).toContain("no list");
    expect(evidenceFault([{ kind: "plot", title: "p", x: [1], y: [], xName: "", yName: "", limit: null }])).toContain(
      "one length",
    );
  });

  it("is drawn without script, its words escaped", () => {
    const escape = (text: string) => text.replaceAll("<", "&lt;");
    const map = evidenceSvg({ kind: "map", title: "<b>", columns: 2, rows: 2, levels: [0, 128, 0, 255] }, escape);
    expect(map.match(/<rect x=/g)).toHaveLength(2);
    expect(map).toContain("&lt;b>");
    const plot = evidenceSvg(
      { kind: "plot", title: "f", x: [1001, 1002], y: [0.1, 0.2], xName: "frame", yName: "stop", limit: 0.15 },
      escape,
    );
    expect(plot).toContain("frame 1001 to 1002");
    expect(plot).toContain("stroke-dasharray");
    expect(evidenceSvg({ kind: "boxes", title: "seam", boxes: [[1, 2, 3, 4]] }, escape)).toContain(
      "x 1, y 2, 3 x 4 px",
    );
  });
});
