/** `hotplate qc calibrate` over judged pictures on disk: proposals, curves, what would change, a profile that a node accepts. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import type { CalibrationReport } from "../../daemon/domain/calibrationReport.ts";
import { calibrationSchema } from "../../daemon/domain/calibrationReport.ts";
import { readProfile } from "../../daemon/domain/qcProfile.ts";
import { picture, writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

const SIZE = { width: 160, height: 96, channels: 3, bits: 16 } as const;
const GOOD = 40;
const BAD = 12;

let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  for (const folder of ["good", "good/other", "bad", "plates", "few"]) mkdirSync(dir.file(folder));
  for (let i = 0; i < GOOD + BAD; i += 1) {
    const name = `shot_${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}.png`;
    const at = (x: number, y: number, c: number) => picture(x + i * 37, y + i * 11, c) * 0.8;
    await writePng(dir.file("plates"), name, { ...SIZE, value: at });
    // People took a green that wanders by up to 0.1 stop; 0.2 and more they sent back.
    const stops = i < GOOD ? (i / GOOD) * 0.1 : 0.2 + i / 500;
    const folder = i >= GOOD ? "bad" : i % 2 === 0 ? "good" : "good/other";
    const gain = 2 ** stops;
    // A sRGB-coded plate: light times a gain is codes times its 2.2th root, about.
    await writePng(dir.file(folder), name, {
      ...SIZE,
      value: (x, y, c) => at(x, y, c) * (c === 1 ? gain ** (1 / 2.2) : 1),
    });
  }
  await writePng(dir.file("few"), "one.png", SIZE);
});
afterAll(() => dir[Symbol.dispose]());

const calibrate = (...args: readonly string[]): Promise<Said> =>
  hotplate(["qc", "calibrate", ...args], { cwd: dir.path });
const SETS = ["--good", "good", "--bad", "bad", "--plate", "plates"] as const;

describe("calibration", () => {
  it("proposes the limit that keeps the good ones, finds the bad ones, and says what would change", async () => {
    const [html, profile] = [dir.file("curves.html"), dir.file("agm_grade.profile.yaml")];
    const said = await calibrate(...SETS, "--keep", "0.95", "--json", "--html", html, "--write", profile);
    expect([said.code, said.stderr]).toEqual([0, ""]);
    const report: CalibrationReport = calibrationSchema.parse(said.json());
    expect([report.profile, report.counts]).toEqual(["plate_preserving", { good: GOOD, bad: BAD }]);
    const grade = report.limits.find(({ check }) => check === "plate.grade");
    expect(grade).toMatchObject({
      limit: "stopsMax",
      must: "atMost",
      now: { value: 0.05, detection: { hits: BAD, of: BAD } },
      proposed: { detection: { hits: BAD, of: BAD }, falseAlarms: { hits: 2, of: GOOD } },
      area: 1,
    });
    expect(grade?.now.falseAlarms.hits).toBeGreaterThan(10);
    expect(grade?.proposed?.value).toBeGreaterThan(0.08);
    expect(grade?.proposed?.value).toBeLessThan(0.15);
    expect(grade?.curve.length).toBeGreaterThan(20);
    // Looked at again with the proposals, not reckoned.
    const { good, bad } = report.changes;
    expect(good.before.hits).toBe(grade?.now.falseAlarms.hits);
    expect(good.after.hits).toBeLessThan(good.before.hits);
    expect(good.newlyPassed).toHaveLength(good.before.hits - good.after.hits + good.newlyFlagged.length);
    expect(bad.after).toMatchObject({ hits: BAD, of: BAD });
    expect(report.left.map(({ check }) => check)).toContain("header.size");

    const page = readFileSync(html, "utf8");
    expect(page).not.toMatch(/<script|https?:|@import|url\(|<link|\son[a-z]+=/i);
    expect(page.match(/<svg /g)).toHaveLength(2 * report.limits.filter(({ curve }) => curve.length > 1).length);
    expect(page).toContain("plate.grade stopsMax");

    const { book } = await loadChecks([]);
    const reading = readProfile(readFileSync(profile, "utf8"), book.checks);
    expect(reading).toMatchObject({
      kind: "profile",
      profile: {
        name: "agm_grade",
        provenance: expect.stringMatching(
          /^Calibrated on 40 good and 12 bad pictures on \d{4}-\d\d-\d\d:.*plate\.grade\.stopsMax/,
        ),
        checks: { "plate.grade": { stopsMax: grade?.proposed?.value }, "header.size": null },
      },
    });
    const again = await calibrate(
      ...SETS,
      "--keep",
      "0.95",
      "--check",
      "image.clip",
      "--profile",
      "plate_preserving",
      "--write",
      profile,
    );
    expect([again.code, again.stderr]).toEqual([7, expect.stringContaining("is there already")]);
  });

  it("is refused with too few pictures, and says how many there must be", async () => {
    const few = await calibrate("--good", "good", "--bad", "few");
    expect([few.code, few.stderr]).toEqual([7, expect.stringMatching(/^HP-QC-TOO-FEW/)]);
    expect(few.stderr).toContain(
      "There are 40 good pictures; a limit that keeps 99 % of them needs at least 100, and 1 bad picture; at least 10",
    );
    const one = await calibrate("--good", "few", "--bad", "bad");
    expect(one.stderr).toContain("There is 1 good picture; a limit that keeps 99 % of them needs at least 100.");
  });

  it("counts pictures as pictures and sequences as sequences, and proposes no limit that means nothing", async () => {
    for (const folder of ["shots", "spoiled", "both"]) mkdirSync(dir.file(folder));
    for (let frame = 1001; frame < 1013; frame += 1) {
      const at = (x: number, y: number, c: number) => picture(x + frame * 3, y, c) * 0.8;
      const swapped = (x: number, y: number, c: number) => at(x, y, 2 - c);
      await writePng(dir.file("both"), `s.${frame}.png`, { ...SIZE, value: at });
      await writePng(dir.file("shots"), `s.${frame}.png`, { ...SIZE, value: at });
      if (frame < 1011) await writePng(dir.file("spoiled"), `s.${frame}.png`, { ...SIZE, value: swapped });
    }
    const said = await calibrate("--good", "shots", "--bad", "spoiled", "--plate", "both", "--keep", "0.9", "--json");
    const report: CalibrationReport = calibrationSchema.parse(said.json());
    const { good, bad } = report.changes;
    expect([report.counts, good.before.of, bad.before.of]).toEqual([{ good: 12, bad: 10 }, 12, 10]);
    expect([good.sequences?.before.of, bad.sequences?.before.of]).toEqual([1, 1]);
    const gain = report.limits.find(({ limit }) => limit === "gainMax");
    expect(gain).toMatchObject({ good: [expect.any(Number), expect.any(Number), expect.any(Number)] });
    expect(gain?.good?.[2]).toBeLessThan(0);
    expect(gain?.proposed?.value ?? 0).toBeGreaterThanOrEqual(0);
  });

  it("of a wrong call says what is meant, and makes nothing", async () => {
    for (const [args, code, words] of [
      [["--bad", "bad"], 2, "--good is needed"],
      [["--good", "good", "--bad", "nowhere"], 6, "There is no"],
      [[...SETS, "--keep", "1.5"], 2, "--keep is a share"],
      [[...SETS, "--write", "Bad Name.yaml"], 2, "NAME.profile.yaml"],
      [[...SETS, "--keep", "0.95", "--check", "image.clip", "--write", "x.profile.yaml"], 2, "--write needs a profile"],
    ] as const) {
      const said = await calibrate(...args);
      expect([args, said.code]).toEqual([args, code]);
      expect(said.stderr).toContain(words);
    }
    expect(existsSync(dir.file("x.profile.yaml"))).toBe(false);
  });
});
