/** Evidence as drawings: escaped, without script, over the frame's own picture, small whatever the map. */
import { describe, expect, it } from "vitest";
import type { EvidenceWords } from "../../daemon/domain/qcEvidenceSvg.ts";
import { evidenceSvg } from "../../daemon/domain/qcEvidenceSvg.ts";
import { esc } from "../../daemon/domain/qcReportWords.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { readXml } from "../fixtures/xml.ts";

const BARE: EvidenceWords = { escape: esc, place: "w001 frame 1001", picture: null };
const OVER: EvidenceWords = { ...BARE, picture: { id: "p3", width: 960, height: 540 } };
const parsed = (html: string) => readXml(`<?xml version="1.0" encoding="UTF-8"?>\n<x>${html}</x>`);

describe("a heat map", () => {
  const map = { kind: "map", title: "<b>", columns: 4, rows: 2, levels: [0, 0, 64, 64, 255, 0, 0, 128] } as const;

  it("is runs of cells in steps of heat, its words escaped", () => {
    const html = evidenceSvg(map, BARE);
    expect(parsed(html).children[0]?.name).toBe("figure");
    expect(html).toContain('d="M2 0h2v1h-2z"');
    expect(html).toContain('d="M0 1h1v1h-1z"');
    expect(html.match(/<path /g)).toHaveLength(3);
    expect(html).not.toContain("<b>");
    expect(html).toContain('aria-label="&lt;b&gt;, w001 frame 1001"');
  });

  it("lies over the frame's picture, in the frame's own pixels", () => {
    const html = evidenceSvg(map, OVER);
    expect(html).toContain('viewBox="0 0 960 540"');
    expect(html).toContain('<use href="#p3"/>');
    expect(html).toContain('transform="scale(240 270)"');
  });

  it("has a frame around what is small, and the part of the frame as it is, once", () => {
    const found = { ...map, within: [480, 270, 40, 40], worst: [481, 270] } as const;
    const crop = { src: "data:image/jpeg;base64,AAAA", box: [420, 210, 160, 160] } as const;
    const html = evidenceSvg(found, { ...OVER, crop, frame: 1001 });
    expect(html).toContain("&lt;b&gt;: within x 480, y 270, 40 x 40 px");
    expect(html).toContain('d="M474 264h52v52h-52z"');
    expect(html).toContain("1:1 at x 420, y 210 of frame 1001");
    expect(html).toContain('d="M478 268h44v44h-44z"');
    // Of the whole frame a frame says nothing.
    expect(evidenceSvg({ ...found, within: [0, 0, 960, 540] }, OVER)).not.toContain("M-6 -6");
  });

  it("of the largest size stays a part of a page", () => {
    const side = LIMITS.evidenceMapSideMax;
    const levels = Array.from({ length: side * side }, (_, i) => (i * 37) % 256);
    expect(evidenceSvg({ ...map, columns: side, rows: side, levels }, OVER).length).toBeLessThan(330_000);
    const blob = levels.map((_, i) => (Math.hypot((i % side) - 60, i / side - 60) < 30 ? 200 : 0));
    expect(evidenceSvg({ ...map, columns: side, rows: side, levels: blob }, OVER).length).toBeLessThan(3_000);
  });
});

it("a curve is drawn with its title and its limit", () => {
  const plot = { kind: "plot", title: "Flicker", x: [1001, 1003], y: [0.1, 0.2] } as const;
  const html = evidenceSvg({ ...plot, xName: "frame", yName: "stop", limit: 0.15 }, BARE);
  for (const word of ["frame 1001", ">1003<", "stop up to 0.2, limit 0.15", 'class="bar"', "Flicker"])
    expect(html).toContain(word);
  expect(parsed(html).children[0]?.children[0]?.attributes["role"]).toBe("img");
});

describe("places", () => {
  const boxes = { kind: "boxes", title: "Seam", boxes: [[512, 0, 1, 540]] } as const;

  it("are told where there is no picture, and framed where there is one, a line of one pixel too", () => {
    expect(evidenceSvg(boxes, BARE)).toBe('<p class="small">Seam: x 512, y 0, 1 x 540 px</p>');
    const html = evidenceSvg(boxes, OVER);
    expect(html).toContain('d="M506 -6h18v552h-18z"');
    expect(html).toContain("x 512, y 0, 1 x 540 px");
  });

  it("are told up to a few, and all are drawn", () => {
    const many = Array.from({ length: 10 }, (_, i) => [i * 20, 0, 10, 10] as const);
    const html = evidenceSvg({ ...boxes, boxes: many }, OVER);
    expect(html).toContain("; 6 more");
    expect(html.match(/h22v22/g)).toHaveLength(20);
  });
});
