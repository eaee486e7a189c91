/**
 * A wedge whose picture came out black is made again as a whole with another seed, on a whole node: the papers name the seed
 * that made the files, what was refused is kept, and a rerun makes the same again.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { QcReport } from "../../daemon/domain/qcReport.ts";
import { qcReportSchema } from "../../daemon/domain/qcReport.ts";
import { seedOfTry } from "../../daemon/domain/seedRetry.ts";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";

const SECOND = seedOfTry("1000", 1);
const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const json = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

interface Wedges {
  readonly wedges: readonly {
    readonly seed: string;
    readonly axes: Readonly<Record<string, string>>;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly tries?: readonly { readonly seed: string; readonly check: string }[];
  }[];
}

/** Each look is a round trip to the disk, while the daemon goes on. */
async function answer(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (/^(DONE|FAILED)/.test(text)) return text;
  }
}

async function written(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text !== "") return text;
  }
}

test("a black picture costs its wedge another seed, and every paper says which one made the files", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 2 });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  await fetch(`${farm.slots[0]?.url ?? ""}/simulated/fault`, {
    method: "POST",
    body: JSON.stringify({ fault: "black=1000" }),
  });
  drop(
    farm.hot,
    "look.yaml",
    [
      "use: grain",
      'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"',
      "product: look",
      "sweep: {axes: {seed: {count: 2, from: 1000}}, frames: 1001-1002}",
      "qc: {onFail: {retry: {seeds: 2}}}",
      "...",
      "",
    ].join("\n"),
  );
  expect(await daemon.line(event("wedge.reseeded"))).toMatchObject({ check: "image.not_black", try: 1 });
  await committed(daemon);
  const status = await answer(join(farm.hot, "look.yaml.STATUS.txt"));
  expect(status).toContain(`seeds:    w001 was made again with seed ${SECOND} (seed 1000: image.not_black`);

  const version = join(farm.shot, "look/v001");
  const { wedges } = json<Wedges>(join(version, "wedges.json"));
  expect(wedges.map(({ seed }) => seed)).toEqual([SECOND, "1001"]);
  expect(wedges[0]).toMatchObject({
    axes: { seed: "1000" },
    parameters: { seed: SECOND },
    tries: [{ try: 0, seed: "1000", check: "image.not_black" }],
  });
  expect(wedges[1]?.tries).toBeUndefined();

  const report: QcReport = qcReportSchema.parse(json(join(version, ".hotplate/qc.json")));
  expect(report.profile).toMatchObject({
    name: "plate_preserving",
    by: "recipe grain 1.0.0",
    retry: { seeds: 2, by: "manifest" },
  });
  const [first] = report.wedges;
  expect(first).toMatchObject({ seed: SECOND, result: "pass" });
  expect(first?.frames.map(({ outcome }) => outcome)).toEqual(["published", "published"]);
  expect(first?.tries?.map(({ seed, result }) => [seed, result])).toEqual([["1000", "fail"]]);
  const black = first?.tries?.[0]?.results.find(({ result }) => result === "fail");
  const kept = join(farm.shot, "look", black?.quarantine ?? "");
  expect(sha256(kept)).toBe(black?.sha256);
  expect(readFileSync(`${kept}.reason.txt`, "utf8")).toContain("Made with seed 1000 and given up for seed try 1");

  const show = await farm.hotplate("show", String(daemon.lines.find(event("version.committed"))?.["job"]));
  expect(show).toMatchObject({ code: 0, json: { qc: [{ reseeded: [{ wedge: "w001", seed: SECOND }] }] } });

  // The rerun is of the seed that made it, and tries no other.
  const again = await farm.hotplate("rerun", version);
  expect(again.code).toBe(0);
  expect(await answer((again.json as { answer: string }).answer)).toContain("4/4 rendered");
  const second = join(farm.shot, "look/v002");
  expect(json<Wedges>(join(second, "wedges.json")).wedges.map(({ seed }) => seed)).toEqual([SECOND, "1001"]);
  expect(json(join(second, ".hotplate/asset.json"))).toMatchObject({ determinism: { grade: "bitwise" } });
});

test("when every seed is black the gate decides, and says how many were tried", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 1 });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  await fetch(`${farm.slots[0]?.url ?? ""}/simulated/fault`, {
    method: "POST",
    body: JSON.stringify({ fault: "black@all" }),
  });
  drop(
    farm.hot,
    "black.yaml",
    [
      "use: grain",
      'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"',
      "product: dark",
      "qc: {onFail: {retry: {seeds: 2}}}",
      "...",
      "",
    ].join("\n"),
  );
  const status = await answer(join(farm.hot, "black.yaml.STATUS.txt"));
  expect(daemon.lines.filter(event("wedge.reseeded"))).toHaveLength(2);
  expect(status).toMatch(/^FAILED/);
  expect(status).toContain("2 other seeds were tried.");

  // There is no version to look at: a page and a record say what was refused, and the pictures lie where all three say.
  const page = join(farm.shot, "review/dark_v001/dark_v001_qc.html");
  const place = join(farm.shot, "dark/.hotplate/quarantine/v001");
  expect(status).toContain(`  refused:  w001: the pictures lie in ${place}\n  QC:       ${page}\n`);
  expect(status).toContain("Next: read the QC report; drop the manifest again");
  const html = await written(page);
  for (const words of ["Refused: ", "image.not_black", "data:image/jpeg", "1 of 1 variation", "Other seeds"])
    expect(html).toContain(words);
  expect(html).not.toMatch(/<script|https?:\/\//i);
  const report = qcReportSchema.parse(json(page.replace(".html", ".json")));
  expect(report).toMatchObject({ publishedResult: null, result: "fail", subject: { version: "v001" } });
  const [frame] = report.wedges[0]?.frames ?? [];
  expect(frame).toMatchObject({ outcome: "rejected", file: null });
  const kept = join(farm.shot, "dark", frame?.refused?.quarantine ?? "");
  expect([kept.startsWith(place), sha256(kept)]).toEqual([true, frame?.refused?.sha256]);
  expect(html).toContain(frame?.refused?.quarantine);
  expect(readFileSync(page.replace(".html", ".junit.xml"), "utf8")).toContain("<failure");

  const [, job = ""] = /job: +(\S+)/.exec(status) ?? [];
  expect((await farm.hotplate("show", job)).json).toMatchObject({
    qc: [{ refused: { wedges: ["w001"], more: 0, place, report: page } }],
  });
  const explained = (await farm.hotplate("explain", job)).json as { tasks: { reasons: { action: string }[] }[] };
  expect(explained.tasks[0]?.reasons[0]?.action).toBe(
    `read ${page}, the pictures lie in ${place}; drop the manifest again, and with qc: {gate: hold} it waits for you`,
  );
});
