/**
 * The QC page in a real browser: nothing reaches out of the window, is cut off, too small or too faint, at 100 % and 200 %, on phones and on paper;
 * without scripts, network, or anything beside the one file.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { qcReport } from "../../daemon/domain/qcReport.ts";
import { qcHtml } from "../../daemon/domain/qcReportHtml.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import { hotplate } from "../cli/commandLine.ts";
import { makeFarm } from "../e2e/farm.ts";
import { drop } from "../e2e/killRounds.ts";
import { fileSaying, folderOf } from "../e2e/faultFarm.ts";
import { event } from "../e2e/spawnedFarm.ts";
import { picture, writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";
import { BROWSER, look, NO_BROWSER, openBrowser, printed, VIEWS } from "./realBrowser.ts";

const SIZE = { width: 320, height: 180, channels: 3, bits: 16 } as const;
/** Of ten digits, as ComfyUI's are and longer. */
const SEED = 4_294_967_000;
/** No place to break at, as file names of studios are. */
const LONG = "environment_interior_tunnel_lighting_variation_number_one_of_many_for_the_show_comp_v001";

let dir: TempDir;
let browser: Browser | null = null;
const pages: Record<string, string> = {};

beforeAll(async () => {
  dir = tempDir();
  if (BROWSER === null) return;
  browser = await openBrowser();
  await sequencePage();
  await setPage();
  await versionPage();
  await calibrationPage();
  await widePage();
  // A farm, three commands and a browser: minutes on a busy machine.
}, 600_000);
afterAll(async () => {
  await browser?.close();
  dir[Symbol.dispose]();
});

/** Frames beside a plate, one changed outside the mask (box, map), one darker (curve). */
async function sequencePage(): Promise<void> {
  for (const folder of ["plate", "out"]) mkdirSync(dir.file(folder));
  await writePng(dir.path, "mask.png", { ...SIZE, channels: 1, value: (x) => (x >= 160 ? 1 : 0) });
  for (let frame = 1001; frame <= 1008; frame += 1) {
    const plate = (x: number, y: number, c: number): number => picture(x + (frame % 7), y, c);
    await writePng(dir.file("plate"), `p.${frame}.png`, { ...SIZE, value: plate });
    const gain = frame === 1006 ? 0.7 : 0.8;
    const value = (x: number, y: number, c: number): number =>
      plate(x, y, c) * (x >= 160 ? gain : frame === 1004 && x < 40 && y < 40 ? 0.9 : 1);
    await writePng(dir.file("out"), `${LONG}.${frame}.png`, { ...SIZE, value });
  }
  const args = ["out", "--plate", "plate/p.####.png", "--mask", "mask.png", "--composited", "--html", "sequence.html"];
  expect((await hotplate(["qc", "run", ...args], { cwd: dir.path })).code).toBe(1);
  pages["a sequence"] = dir.file("sequence.html");
}

/** Variations of one picture, two of them nearly alike. */
async function setPage(): Promise<void> {
  mkdirSync(dir.file("set"));
  for (let w = 0; w < 12; w += 1)
    await writePng(dir.file("set"), `relit_${w}.png`, {
      ...SIZE,
      value: (x, y, c) => picture(x, y, c) * (w < 2 ? 0.8 : 0.4 + w * 0.03),
    });
  const args = ["set", "--set", "--html", "set.html"];
  expect((await hotplate(["qc", "run", ...args], { cwd: dir.path })).code).toBe(0);
  pages["a set"] = dir.file("set.html");
}

/** Pictures that people judged by their brightness: curves and tables of numbers. */
async function calibrationPage(): Promise<void> {
  for (const folder of ["judged_plates", "good", "bad"]) mkdirSync(dir.file(folder));
  for (let i = 0; i < 24; i += 1) {
    const at = (x: number, y: number, c: number): number => picture(x + i * 37, y + i * 11, c) * 0.8;
    // Letters: numbers would make sequences of them.
    const name = `${LONG}_${String.fromCharCode(97 + i)}.png`;
    const gain = i < 12 ? 1 + i / 400 : 1.1 + i / 100;
    await writePng(dir.file("judged_plates"), name, { ...SIZE, value: at });
    await writePng(dir.file(i < 12 ? "good" : "bad"), name, {
      ...SIZE,
      value: (x, y, c) => at(x, y, c) * (c === 1 ? gain : 1),
    });
  }
  const args = [
    "--good",
    "good",
    "--bad",
    "bad",
    "--plate",
    "judged_plates",
    "--keep",
    "0.9",
    "--html",
    "calibration.html",
  ];
  const said = await hotplate(["qc", "calibrate", ...args], { cwd: dir.path });
  expect(`${said.code}${said.stderr}`).toBe("0");
  pages["a calibration"] = dir.file("calibration.html");
}

/** Sixteen strengths beside each other under six lights, each with its seed. */
async function widePage(): Promise<void> {
  const wedges = 96;
  const facts = versionFacts({
    wedges,
    task: (wedge) => ({
      inspection: inspection(finding("image.soft", wedge % 7 === 0 ? "warn" : wedge % 11 === 0 ? "fail" : "pass")),
    }),
  });
  const extra = { tool: { name: "hotplate", version: "0.1.0" }, simulated: false, sequences: new Map() };
  const view = viewOfVersion(qcReport(facts, extra));
  const places = view.places.map((place, i) => ({
    ...place,
    seed: String(SEED + i),
    axes: { lighting: `light_${Math.floor(i / 16)}`, strength: String(1 + (i % 16)) },
  }));
  const pixels = new Uint8Array(160 * 90 * 3).fill(120);
  const jpeg = await sharp(pixels, { raw: { width: 160, height: 90, channels: 3 } })
    .jpeg()
    .toBuffer();
  const src = `data:image/jpeg;base64,${jpeg.toString("base64")}`;
  pages["a wide sheet"] = dir.file("wide.html");
  const picture = () => ({ src, width: 160, height: 90 });
  writeFileSync(pages["a wide sheet"], qcHtml({ ...view, places }, { picture }));
}

/** The page that a version leaves in the shot's review folder, taken away alone: as somebody gets it who has neither daemon nor version. */
async function versionPage(): Promise<void> {
  await using farm = await makeFarm({ slots: 1, frames: 2 });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  const lines = [
    "use: grain",
    "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png",
    "sweep: {axes: {amount: [0.5, 1], seed: {count: 3, from: 7}}, combine: amount * seed, frames: 1001}",
    "",
  ];
  drop(farm.hot, "mine.yaml", lines.join("\n"));
  // The review folder is filled after the version is there: first its folder, then the page in it.
  await fileSaying(join(farm.hot, "mine.yaml.STATUS.txt"), /^DONE/);
  const page = join(farm.shot, "review/grain_v001/grain_v001_qc.html");
  await folderOf(page);
  pages["a version"] = dir.file("version.html");
  writeFileSync(pages["a version"], await fileSaying(page, /<\/html>/));
}

describe.each(["a sequence", "a set", "a version", "a calibration", "a wide sheet"])("the page of %s", (name) => {
  test.for(Object.keys(VIEWS))("reads on %s", async (at, ctx) => {
    if (browser === null) return ctx.skip(NO_BROWSER);
    const { text, height, pictures, ...problems } = await look(browser, pages[name] as string, VIEWS[at] as never);
    expect(problems).toEqual({
      tooWide: 0,
      broken: [],
      outside: [],
      cut: [],
      tiny: [],
      faint: [],
      overlapping: [],
      asked: [],
      complaints: [],
    });
    // A calibration has curves and no pictures.
    expect(pictures > 0).toBe(name !== "a calibration");
    expect(height).toBeGreaterThan(0);
    expect(text).toContain(name === "a calibration" ? "plate.grade" : "Checks and thresholds");
    return undefined;
  });

  test("prints on A4, on more than no and less than twenty sheets", async (ctx) => {
    if (browser === null) return ctx.skip(NO_BROWSER);
    const pdf = Buffer.from(await printed(browser, pages[name] as string)).toString("latin1");
    const sheets = pdf.match(/\/Type\s*\/Page\b/g) ?? [];
    expect(sheets.length).toBeGreaterThan(0);
    expect(sheets.length).toBeLessThan(20);
    // 595.3 x 841.9 points; the browser rounds to its own pixels.
    for (const box of pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/g)) {
      expect(Math.abs(Number(box[1]) - 595.3)).toBeLessThan(1);
      expect(Math.abs(Number(box[2]) - 841.9)).toBeLessThan(1);
    }
    return undefined;
  });
});

test("a bad page is seen to be one", async (ctx) => {
  if (browser === null) return ctx.skip(NO_BROWSER);
  const bad = `<!doctype html><body style="background:#fff;margin:0"><img src="gone.png" alt=""><img src="data:image/png;base64,AAAA" alt="">
<p style="width:2000px;text-align:right">far away</p><p style="font-size:5px">small</p><p style="color:#ddd">pale</p>
<svg width="100" height="50"><text x="0" y="20">one word</text><text x="20" y="22">another</text></svg>
<p style="width:20px;overflow:hidden;white-space:nowrap">cut off words</p>`;
  writeFileSync(dir.file("bad.html"), bad);
  const seen = await look(browser, dir.file("bad.html"), VIEWS["a phone"] as never);
  expect(seen.tooWide).toBeGreaterThan(1_000);
  expect(seen.broken).toHaveLength(2);
  expect(seen.outside).toEqual([expect.stringContaining("far away")]);
  expect(seen.tiny).toEqual([expect.stringContaining("small")]);
  expect(seen.faint).toEqual([expect.stringContaining("pale")]);
  expect(seen.cut).toEqual([expect.stringContaining("cut off")]);
  expect(seen.overlapping).toEqual([expect.stringContaining("another on one word")]);
  expect(seen.asked).toEqual([expect.stringContaining("gone.png")]);
  return undefined;
});

test("each variation of a wide sheet has its name, its seed, its verdict and its column on paper", async (ctx) => {
  if (browser === null) return ctx.skip(NO_BROWSER);
  const { text } = await look(browser, pages["a wide sheet"] as string, VIEWS["paper"] as never);
  const sheet = text.slice(text.indexOf("Contact sheet"), text.indexOf("Checks and thresholds")).split(/\s+/).join(" ");
  for (const [i, verdict] of [
    [6, "warn"],
    [10, "fail"],
    [95, "pass"],
  ] as const)
    expect(sheet).toContain(`strength ${1 + (i % 16)} w${String(i + 1).padStart(3, "0")} ${verdict} seed ${SEED + i}`);
  const screen = await look(browser, pages["a wide sheet"] as string, VIEWS["100 % on a desk"] as never);
  expect(screen.text).toContain("16 columns: the sheet scrolls sideways.");
  return undefined;
});
