/** QC's record and its page: complete, deterministic, honest about what was not looked at, and deaf to hostile text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { QcExtra, QcReport } from "../../daemon/domain/qcReport.ts";
import { qcJson, qcReport, qcReportSchema } from "../../daemon/domain/qcReport.ts";
import type { QcPage } from "../../daemon/domain/qcReportHtml.ts";
import { qcHtml, versionHtml } from "../../daemon/domain/qcReportHtml.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import { address, esc, frameRanges, measureWords, valueWords } from "../../daemon/domain/qcReportWords.ts";
import type { FactsOf } from "../fixtures/versionFacts.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";

const EXTRA = {
  tool: { name: "hotplate", version: "0.1.0" },
  simulated: false,
  sequences: new Map<number, Inspection>(),
};
const report = (of: FactsOf, extra: QcExtra = EXTRA): QcReport => qcReport(versionFacts(of), extra);
const page = (of: QcReport, more: QcPage = {}) =>
  qcHtml(viewOfVersion(of), { title: "AGM envTunnel v007", contactSheets: ["v007_contact.jpg"], ...more });
const PICTURE = { src: "data:image/jpeg;base64,/9j/4AAQ", width: 960, height: 540 };

const MIXED: FactsOf = {
  wedges: 6,
  task: (wedge) => {
    if (wedge === 2) return { inspection: inspection(finding("image.soft", "warn")) };
    if (wedge === 3) {
      const failure = { class: "qc", code: "HP-TASK-POISON", message: "QC refused it" } as const;
      return {
        state: "failed",
        failure,
        inspection: inspection(finding("image.not_black", "fail", { message: "Black.", hint: "Another seed." })),
      };
    }
    if (wedge === 4) return { inspection: inspection(finding("file.decodes", "error", { message: "no reader" })) };
    if (wedge === 5)
      return {
        state: "failed",
        failure: { class: "memory", code: "HP-COMFY-MEMORY", message: "out of memory" },
        inspection: null,
      };
    return {};
  },
};

describe("qc.json", () => {
  test("is what its schema says, and the same bytes for the same rows", () => {
    const facts = versionFacts(MIXED);
    const text = qcJson(facts, EXTRA);
    expect(qcReportSchema.parse(JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(qcReport(facts, EXTRA))));
    expect(qcJson(versionFacts(MIXED), EXTRA)).toBe(text);
    expect(qcJson({ ...facts, frames: [...facts.frames].reverse(), files: [...facts.files].reverse() }, EXTRA)).toBe(
      text,
    );
  });

  test("says who rejected a result and why, when it was let pass after that, too, and so does the page", () => {
    const rejections = [
      { wedge: 1, frame: 1002, by: "anna", reason: "<dark>", at: 0, stands: false },
      { wedge: 2, frame: null, by: "bob", reason: "soft", at: 0, stands: true },
    ];
    const facts = { ...versionFacts(MIXED), rejections };
    const made = qcReportSchema.parse(JSON.parse(qcJson(facts, EXTRA)));
    expect(made.rejections).toEqual([
      { wedge: "w001", frame: 1002, by: "anna", reason: "<dark>", at: "1970-01-01T00:00:00.000Z", stands: false },
      { wedge: "w002", frame: null, by: "bob", reason: "soft", at: "1970-01-01T00:00:00.000Z", stands: true },
    ]);
    const html = versionHtml(made);
    expect(html).toMatch(
      /w001 frame 1002<\/strong> rejected by <bdi>anna<\/bdi> on 1970-01-01: <bdi>&lt;dark&gt;<\/bdi> <strong>A person let/,
    );
    expect(html).toContain("rejected by <bdi>bob</bdi> on 1970-01-01: <bdi>soft</bdi></li>");
    expect(qcReport(versionFacts(MIXED), EXTRA).rejections).toBeUndefined();
  });

  test("lists what was refused with where it lies, and so does the page of a version that holds the others", () => {
    const facts = versionFacts(MIXED);
    const refused = { path: "/staging/attempts/w3.1-2.png", bytes: 9, sha256: "ab".repeat(32) };
    const frames = facts.frames.map((frame) => (frame.wedge === 3 ? { ...frame, refused } : frame));
    const made = qcReportSchema.parse(qcReport({ ...facts, frames }, EXTRA));
    const place = ".hotplate/quarantine/v007/w003/w3.1-2.png";
    expect(made.wedges.map((wedge) => wedge.frames[0]?.refused?.quarantine)).toEqual([
      undefined,
      undefined,
      place,
      undefined,
      undefined,
      undefined,
    ]);
    const html = page(made);
    expect(html).toContain("Refused: w003. What was made of them lies in .hotplate/quarantine/v007/ of the product");
    expect(html).toContain(place);
    expect(html).toContain("HP-TASK-POISON: QC refused it");
    expect(page(report(MIXED))).not.toContain("quarantine/");
  });

  test("names tool, time, subject, recipe and profile", () => {
    expect(report(MIXED)).toMatchObject({
      schema: "hotplate-qc/1",
      tool: { name: "hotplate", version: "0.1.0" },
      createdAt: "2026-11-24T13:00:00.000Z",
      subject: { show: "AGM", product: "envTunnel", version: "v007", job: "job_1" },
      recipe: { name: "env_relight", version: "1.0.0" },
      profile: { gate: "reject" },
    });
  });

  test("keeps whether QC could look apart from what it saw", () => {
    const { wedges } = report(MIXED);
    expect(wedges.map(({ executionStatus, result }) => [executionStatus, result])).toEqual([
      ["complete", "pass"],
      ["complete", "warn"],
      ["complete", "fail"],
      ["error", null],
      ["error", null],
      ["complete", "pass"],
    ]);
    expect(wedges[3]?.frames[0]?.inspection?.findings[0]).toMatchObject({ executionStatus: "error", result: null });
  });

  test("counts every wedge once and says what the published ones are worth apart from all", () => {
    const { totals, result, executionStatus, publishedResult } = report(MIXED);
    expect(totals.wedges).toEqual({ pass: 2, warn: 1, fail: 1, error: 1, notLooked: 1 });
    expect([executionStatus, result, publishedResult]).toEqual(["error", "fail", null]);
    const rejectedOnly = report({ ...MIXED, wedges: 3 });
    expect([rejectedOnly.result, rejectedOnly.publishedResult]).toEqual(["fail", "warn"]);
  });

  test("says of each frame whether it is in the version, and if not, why", () => {
    const frames = report(MIXED).wedges.map((wedge) => wedge.frames[0]!);
    expect(frames.map((frame) => frame.outcome)).toEqual([
      "published",
      "published",
      "rejected",
      "published",
      "failed",
      "published",
    ]);
    expect(frames[4]).toMatchObject({ file: null, inspection: null, reason: "HP-COMFY-MEMORY: out of memory" });
    expect(frames[0]?.file).toMatchObject({ bytes: 1234 });
  });

  test("keeps the reasons of checks that did not apply, and every measure with its limit", () => {
    const seen = report({ wedges: 1 }).wedges[0]?.frames[0]?.inspection;
    expect(seen?.notApplied).toEqual([{ check: "pixels.finite", because: "whole numbers are always finite" }]);
    expect(seen?.findings[0]?.measures).toEqual([
      { name: "value", value: 0.314, unit: "ratio", limit: 0.008, must: "atLeast" },
    ]);
  });

  test("judges a wedge by its sequence too", () => {
    const sequences = new Map([[1, inspection(finding("frames.complete", "fail"))]]);
    const { wedges, totals } = report({ wedges: 2, frames: [1001, 1002] }, { ...EXTRA, sequences });
    expect(wedges.map((wedge) => wedge.result)).toEqual(["fail", "pass"]);
    expect(totals.frames).toMatchObject({ pass: 4, fail: 0 });
    expect(wedges[0]?.sequence?.findings[0]?.check).toBe("frames.complete");
  });

  test("of a version that nobody looked at is no pass", () => {
    const unseen = report({ wedges: 2, task: () => ({ inspection: null }) });
    expect(unseen).toMatchObject({ executionStatus: "error", result: null, publishedResult: null });
    expect(unseen.totals.wedges.notLooked).toBe(2);
  });
});

describe("what QC says of more than one picture", () => {
  const flicker = finding("temporal.flicker", "warn", {
    measures: [{ name: "medianMax", value: 0.02, unit: "stop", limit: 0.01, must: "atMost", frame: 1007 }],
  });
  const over = (sequences: readonly (readonly [number, Inspection])[], set?: Inspection) => ({
    ...EXTRA,
    sequences: new Map(sequences),
    ...(set === undefined ? {} : { set }),
  });

  test("of a wedge's frames stands with the wedge, says at which frame, and counts into both results", () => {
    const of = report({ wedges: 2 }, over([[2, inspection(flicker)]]));
    expect(qcReportSchema.parse(of)).toBeTruthy();
    expect(of.wedges[1]?.sequence?.findings[0]?.measures[0]).toMatchObject({ name: "medianMax", frame: 1007 });
    expect([of.result, of.publishedResult, of.wedges[0]?.result]).toEqual(["warn", "warn", "pass"]);
  });

  test("counts frames that are missing into the whole result, not into what the version holds", () => {
    const of = report({ wedges: 1 }, over([[1, inspection(finding("frames.complete", "fail"))]]));
    expect([of.result, of.publishedResult]).toEqual(["fail", "pass"]);
  });

  test("of the variations stands by itself, counts, and is absent where nobody looked", () => {
    const set = inspection(finding("set.duplicate", "warn", { message: "w001, w002 are <one>." }));
    const of = report({ wedges: 2 }, over([], set));
    expect(qcReportSchema.parse(of).set?.findings[0]).toMatchObject({ check: "set.duplicate", result: "warn" });
    expect([of.result, of.publishedResult]).toEqual(["warn", "warn"]);
    expect(page(of)).toContain("The variations together");
    expect(page(of)).toContain("w001, w002 are &lt;one&gt;.");
    expect(report({ wedges: 2 })).not.toHaveProperty("set");
    expect(page(report({ wedges: 2 }))).not.toContain("The variations together");
  });
});

describe("the page", () => {
  test("shows every wedge with axes, seed and verdict word, and puts what failed first", () => {
    const html = page(report(MIXED));
    for (const word of ["w001", "w006", "sodium lamps", "1004", "pass", "warn", "fail", "error", "not looked at"])
      expect(html).toContain(word);
    expect(html.indexOf("Black.")).toBeLessThan(html.indexOf("no reader"));
    expect(html.indexOf("no reader")).toBeLessThan(html.indexOf('<h2 id="results">'));
    expect(html).toContain("out of memory");
    expect(html).toContain('href="#w3"');
    expect(html).toContain('id="w3"');
  });

  test("writes numbers beside their thresholds", () => {
    expect(page(report({ wedges: 1 }))).toContain(
      '<span class="number">31.4 %</span> <span class="limit">(&ge; 0.8 %)</span>',
    );
  });

  test("tells verdicts by icon and word, and needs no script, no network and no font", () => {
    const html = page(report(MIXED));
    const tags = html.match(/<span class="v v-[a-z]+">.*?<\/span>/g) ?? [];
    expect(tags.length).toBeGreaterThan(20);
    for (const tag of tags) expect(tag).toMatch(/<use href="#i-[a-z]+"\/><\/svg>[a-z0-9 ]+<\/span>/);
    expect(html).not.toMatch(/<script|https?:|@import|url\(|<link|\son[a-z]+=/i);
    expect(html).toContain("default-src 'none'");
  });

  test("shows a sweep that is a grid by its axes, every tile with its verdict and seed, each picture in the page once", () => {
    const sweep = report({ wedges: 6, label: (wedge) => ["dawn", "noon", "dusk"][Math.floor((wedge - 1) / 2)] ?? "" });
    const wedges = sweep.wedges.map((wedge, i) => ({
      ...wedge,
      axes: { side: i % 2 === 0 ? "left" : "right", light: wedge.axes["lighting"] ?? "" },
    }));
    const html = page({ ...sweep, wedges }, { picture: (at) => ({ ...PICTURE, src: `./w00${at + 1}.jpg` }) });
    const heads = [...html.matchAll(/<th scope="(col|row)"><bdi>(dawn|noon|dusk|left|right)<\/bdi>/g)].map(
      ([, , name]) => name,
    );
    expect(heads.toSorted((a = "", b = "") => (a < b ? -1 : 1))).toEqual(["dawn", "dusk", "left", "noon", "right"]);
    expect(html.match(/<image id="p\d" href="\.\/w00\d\.jpg" width="960" height="540"/g)).toHaveLength(6);
    expect(html.match(/<use href="#p\d"\/>/g)).toHaveLength(6);
    expect(html.match(/class="tile t-pass"/g)).toHaveLength(6);
    expect(html).toContain('aria-label="w004 right noon"');
    expect(html).toContain("seed <bdi>1003</bdi>");
  });

  test("draws evidence over the picture of its frame, in pixels of the frame that was measured", () => {
    const seam = finding("image.seam", "fail", {
      evidence: [{ kind: "boxes", title: "Seam", boxes: [[512, 0, 1, 540]] }],
    });
    const html = page(report({ wedges: 2, task: (wedge) => (wedge === 2 ? { inspection: inspection(seam) } : {}) }), {
      picture: () => PICTURE,
    });
    const [look] = html.split('<h2 id="sheet">');
    expect(look).toContain('aria-label="Seam, w002"');
    expect(look?.match(/<use href="#p0"\/>/g)).toHaveLength(1);
  });

  test("shows the place itself as it is, where somebody made a part of the frame", () => {
    const seam = finding("image.seam", "fail", {
      evidence: [{ kind: "boxes", title: "Seam", boxes: [[512, 0, 1, 540]] }],
    });
    const of = report({ wedges: 1, task: () => ({ inspection: inspection(seam) }) });
    const crop = (src: string) =>
      page(of, { picture: () => PICTURE, crop: () => ({ src, box: [433, 110, 160, 320] }) });
    expect(crop(PICTURE.src)).toContain(
      'viewBox="433 110 160 320" width="160" height="320"><image href="data:image/jpeg;base64,/9j/4AAQ" x="433" y="110"',
    );
    expect(crop(PICTURE.src)).toContain("1:1 at x 433, y 110");
    expect(crop("/absolute.jpg")).not.toContain("1:1 at");
  });

  test("tells what was found in all frames together once, and not again for each of them", () => {
    const sequences = new Map([[1, inspection(finding("temporal.flicker", "warn"), finding("frames.order", "pass"))]]);
    const html = page(report({ wedges: 1, frames: [1001, 1002, 1003] }, { ...EXTRA, sequences }));
    const table = html.slice(html.indexOf('id="results"'));
    expect(table.match(/temporal\.<wbr>flicker|temporal\.flicker/g)).toHaveLength(1);
    expect(table.match(/frames\.<wbr>order|frames\.order/g)).toHaveLength(1);
    const rows = [...table.matchAll(/<th scope="row">(.*?)<\/th>/g)].map(([, name = ""]) =>
      name.replaceAll(/<[^>]*>/g, ""),
    );
    expect(rows.map((row) => row.split(/lighting|seed/)[0])).toEqual(["together", "1001", "1002", "1003"]);
    // Of several variations each row is one whole, with what was said of it.
    const two = page(report({ wedges: 2, frames: [1001, 1002] }, { ...EXTRA, sequences }));
    expect(two.slice(two.indexOf('id="results"')).match(/<tr/g)).toHaveLength(3);
    expect(two.slice(two.indexOf('id="results"'))).toContain("flicker");
  });

  test("draws a long sequence by the worst of every few frames, and limits that each frame has of its own by two", () => {
    const frames = Array.from({ length: 2_000 }, (_, i) => 1001 + i);
    const holes = (frame: number) => {
      const value = frame === 2_222 ? 9_999 : frame % 7;
      const measures = [{ name: "notFinite", value, unit: "count", limit: frame % 11, must: "atMost" }] as const;
      return finding("pixels.finite", value > frame % 11 ? "fail" : "pass", { measures });
    };
    const html = page(
      report({ wedges: 1, frames, task: (_, frame) => ({ inspection: inspection(holes(frame ?? 0)) }) }),
    );
    const curve = /<svg class="curve"[^>]*pixels\.finite notFinite.*?<\/svg>/.exec(html)?.[0] ?? "";
    const points = /points="([^"]+)"/.exec(curve)?.[1]?.split(" ") ?? [];
    expect(points.length).toBeGreaterThan(200);
    expect(points.length).toBeLessThanOrEqual(240);
    expect(curve.match(/class="bar"/g)).toHaveLength(2);
    expect(curve).toContain("count up to 10000, limit 0 and 10");
  });

  test("draws measures over the frames of a sequence with their limits, and the curves that its checks kept", () => {
    const grain = (value: number) =>
      finding("image.grain", value < 0.6 ? "warn" : "pass", {
        measures: [{ name: "ratio", value, unit: "ratio", limit: 0.6, must: "atLeast" }],
      });
    const plot = {
      kind: "plot",
      title: "Second difference",
      x: [1001, 1002],
      y: [0.1, 0.2],
      xName: "frame",
      yName: "stop",
      limit: 0.01,
    } as const;
    const flicker = finding("temporal.flicker", "pass", { evidence: [plot] });
    const html = page(
      report(
        {
          wedges: 1,
          frames: [1001, 1002, 1003],
          task: (_, frame) => ({ inspection: inspection(grain(frame === 1003 ? 0.5 : 0.9)) }),
        },
        { ...EXTRA, sequences: new Map([[1, inspection(flicker)]]) },
      ),
    );
    expect(html).toContain("Over the frames");
    expect(html).toContain("temporal.flicker: Second difference");
    expect(html).toContain('aria-label="image.grain ratio over the frames of w001"');
    expect(html).toContain("ratio down to 0.5, limit 0.6");
  });

  test("says what all variations together were found to be, and of each threshold where it comes from", () => {
    const set = inspection(finding("set.duplicate", "warn", { message: "w001 and w002 look alike." }));
    const seen = report({ wedges: 2 }, { ...EXTRA, set });
    const checks = [
      {
        check: "image.grain",
        version: 1,
        layer: "essence" as const,
        limits: { ratioMin: 0.5, ratioMax: 1.7 },
        limitsFrom: { ratioMin: "manifest" },
      },
    ];
    const html = page({
      ...seen,
      profile: {
        ...seen.profile,
        name: "relight",
        by: "the recipe",
        provenance: "Calibrated on 120 good ones.",
        checks,
      },
    });
    for (const words of [
      "w001 and w002 look alike.",
      "The variations together",
      "Calibrated on 120 good ones.",
      "named by the recipe",
    ])
      expect(html).toContain(words);
    expect(html).toContain('<bdi>ratioMin</bdi> <b>0.5</b> <span class="faint"><bdi>manifest</bdi>');
    expect(html).toContain('<b>1.7</b> <span class="faint"><bdi>the check&#39;s own</bdi>');
  });

  test("marks what a simulated ComfyUI made", () => {
    expect(page(report({ wedges: 1 }))).not.toContain("SIMULATED");
    expect(page(report({ wedges: 1 }, { ...EXTRA, simulated: true }))).toContain("SIMULATED");
  });

  test("has a row per frame where there is one wedge only", () => {
    const html = page(report({ wedges: 1, frames: [1001, 1002, 1003] }));
    expect(html).toContain('<th scope="row"><bdi>1002</bdi>');
  });

  test("gathers the frames of one fault into ranges", () => {
    const bad = inspection(finding("image.not_black", "fail"));
    const html = page(
      report({
        wedges: 2,
        frames: [1, 2, 3, 4, 9],
        task: (wedge, frame) => (wedge === 2 && frame !== 2 ? { inspection: bad } : {}),
      }),
    );
    expect(html).toContain("frame 1, 3-4, 9");
  });

  test("stays openable with 200 wedges of 58 frames that all fail", () => {
    const bad = inspection(finding("image.not_black", "fail"), finding("image.not_solid", "fail"));
    const frames = Array.from({ length: 58 }, (_, i) => 1001 + i);
    const html = page(report({ wedges: 200, frames, task: () => ({ inspection: bad }) }));
    expect(html.length).toBeLessThan(1_500_000);
    expect(/\d+ more: see \.hotplate\/qc\.json/.test(html)).toBe(true);
  });

  test("no text of a stranger becomes markup, wherever it stands", () => {
    const attacks = [
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "'><svg onload=alert(1)>",
      "</style><b>",
      "javascript:alert(1)",
      "]]>",
      "&lt;",
      "\u202Eexe.gnp",
    ];
    for (const attack of attacks) {
      const hostile = finding("studio.check", "fail", {
        check: attack,
        message: attack,
        hint: attack,
        measures: [{ name: attack, value: 1, unit: "count", limit: 2 }],
      });
      const seen: Inspection = { ...inspection(hostile), notApplied: [{ check: attack, because: attack }] };
      const facts = versionFacts({
        wedges: 2,
        label: () => attack,
        task: (wedge) =>
          wedge === 1
            ? { inspection: seen }
            : { state: "failed", inspection: null, failure: { class: "other", code: attack, message: attack } },
      });
      const named = {
        ...facts,
        job: { ...facts.job, show: attack, id: attack },
        plan: { ...facts.plan, name: attack, qc: { gate: "hold", checks: [{ check: attack, limits: {} }] } },
      } as const;
      const html = page(qcReport(named, EXTRA), {
        title: attack,
        contactSheets: [attack],
        picture: () => ({ ...PICTURE, src: attack }),
      });
      expect(html).not.toMatch(/<script|<img src=x|<svg onload|<b>(?!How)|\u202e/);
      expect(html).not.toMatch(/(src|href)="(?!#|\.\/)/);
      expect(tagsBalance(html)).toBe(true);
    }
  });
});

/** Counts of opening and closing tags agree: an attack that breaks out of an attribute or an element would disturb them. */
function tagsBalance(html: string): boolean {
  return ["div", "table", "tr", "td", "th", "span", "bdi", "ul", "li", "p"].every((tag) => {
    const opened = html.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0;
    return opened === (html.match(new RegExp(`</${tag}>`, "g"))?.length ?? 0);
  });
}

describe("words", () => {
  test("escaping leaves no sign that HTML reads, and no text that turns the line around", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => !/[<>"'\u202a-\u202e\u2066-\u2069\0]/.test(esc(text))),
    );
    expect(esc(`a<b>&"c'`)).toBe("a&lt;b&gt;&amp;&quot;c&#39;");
  });

  test("an address is a relative path or a picture's data, and nothing else", () => {
    expect(address("v007/a b#1.jpg")).toBe("./v007/a%20b%231.jpg");
    expect(address("../envTunnel/v007/c.jpg")).toBe("./../envTunnel/v007/c.jpg");
    expect(address("data:image/jpeg;base64,AAAA")).toBe("data:image/jpeg;base64,AAAA");
    for (const bad of ["/etc/passwd", "", ".", "//host/x"]) expect(address(bad)).toBeNull();
    for (const odd of ["javascript:alert(1)", "http://x/y", "data:text/html,x", 'data:image/png;base64,"onerror='])
      expect(address(odd)).toMatch(/^\.\/[^:"]*$/);
  });

  test("values carry their unit and as many digits as say something", () => {
    expect([
      valueWords(0.31415, "ratio"),
      valueWords(0.00012, "ratio"),
      valueWords(0, "ratio"),
      valueWords(1920, "px"),
      valueWords(1, "bool"),
      valueWords(0, "bool"),
    ]).toEqual(["31.41 %", "0.012 %", "0 %", "1920 px", "yes", "no"]);
    expect(measureWords({ name: "a", value: 3, unit: "count", limit: 0, must: "atMost" })).toContain("(&le; 0)");
    expect(measureWords({ name: "a", value: 3, unit: "count", limit: null })).not.toContain("(");
    expect(frameRanges([3, 1, 2, null, 7])).toBe("1-3, 7");
  });
});
