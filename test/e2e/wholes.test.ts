/**
 * QC over frames and variations, on a whole node: what is kept of each frame is read when the version is assembled, a wedge that fails as
 * a whole is held and decided about as a whole, and nothing of it all is left behind or comes into the version.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { qcReportSchema } from "../../daemon/domain/qcReport.ts";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";

/** Fails the sequences of seed 1000. */
const STEADY = `export default {
  apiVersion: 1, id: "studio.steady", version: 4, scope: "sequence", needs: ["result", "plate"], limits: { max: 3 },
  trace: ({ cells, plate }) => ({ numbers: cells("result").luma, digest: String(plate !== null) }),
  run({ series, limits }) {
    const seen = ({ trace }) => trace.numbers.filter((value) => !Number.isNaN(value));
    const light = (one) => seen(one).reduce((sum, value) => sum + value, 0) / seen(one).length;
    const measures = series.map((one) => ({ name: "light", value: light(one), unit: "ratio", limit: limits.max, frame: one.frame }));
    const message = series.map(({ frame, trace }) => frame + " " + trace.digest).join(", ");
    return { verdict: series[0].seed === "1000" ? "fail" : "pass", measures, message };
  },
};`;

async function answerWith(path: string, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (pattern.test(text)) return text;
  }
}

function namesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" });
}

test("a wedge that fails over its frames is held, waived and published as a whole; the version holds no trace of how", async () => {
  await using farm = await makeFarm({
    slots: 1,
    frames: 3,
    more: (dir) => {
      const folder = join(dir, "checks");
      mkdirSync(folder);
      writeFileSync(join(folder, "steady.mjs"), STEADY);
      return [`plugins: [${folder}]`];
    },
  });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  drop(
    farm.hot,
    "steady.yaml",
    [
      "use: grain",
      'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"',
      "product: steady",
      "sweep: {axes: {seed: {count: 2, from: 1000}}, frames: 1001-1003}",
      "qc: {onFail: hold}",
      "...",
      "",
    ].join("\n"),
  );
  const status = await answerWith(
    join(farm.hot, "steady.yaml.STATUS.txt"),
    /held: {5}3 results of w001 \(1001-1003\) wait/,
  );
  expect(status).toContain("studio.steady: 1001 true, 1002 true, 1003 true");
  const [, task = ""] = /hotplate waive (\S+) /.exec(status) ?? [];

  const [job = ""] = task.split("/");
  // All three of its results are held; they are decided about once.
  const waived = await farm.hotplate(
    "waive",
    `${job}/w001`,
    "--check",
    "studio.steady",
    "--reason",
    "as wanted",
    "--by",
    "anna",
  );
  expect(waived.code).toBe(0);
  expect(JSON.stringify(waived.json)).toContain("studio.steady@4 of all frames of w001 is waived by anna");
  await committed(daemon);

  const version = join(farm.shot, "steady/v001");
  const report = qcReportSchema.parse(JSON.parse(readFileSync(join(version, ".hotplate/qc.json"), "utf8")));
  const [first, second] = report.wedges;
  expect(first?.frames.map(({ outcome }) => outcome)).toEqual(["published", "published", "published"]);
  const own = first?.sequence?.findings.find(({ check }) => check === "studio.steady");
  expect(own).toMatchObject({ result: "fail", measures: [{ frame: 1001 }, { frame: 1002 }, { frame: 1003 }] });
  expect(second?.sequence?.findings.find(({ check }) => check === "studio.steady")?.result).toBe("pass");
  expect(report.waivers?.map(({ check, frame, wedge }) => `${check} ${wedge} ${frame ?? ""}`)).toEqual(
    [1001, 1002, 1003].map((frame) => `studio.steady w001 ${frame}`),
  );
  expect(report.set?.findings.map(({ check }) => check)).toContain("set.seed");
  expect(namesBelow(farm.shot).filter((name) => name.endsWith(".trace"))).toEqual([]);
  const published = await farm.hotplate(
    "waive",
    `${version}/w001`,
    "--check",
    "studio.steady",
    "--reason",
    "seen",
    "--by",
    "bob",
  );
  expect(published).toMatchObject({ code: 0, json: { waived: [{ check: "studio.steady", version: 4 }] } });
  expect(JSON.stringify(published.json).match(/"wedge":"w001"/g)).toHaveLength(3);
  expect((await farm.hotplate("verify", version)).code).toBe(0);
});

test("a studio's check that can't be loaded keeps results from being published unseen, until it is mended or turned off", async () => {
  await using farm = await makeFarm({
    slots: 1,
    frames: 1,
    more: (dir) => {
      const folder = join(dir, "checks");
      mkdirSync(folder);
      writeFileSync(join(folder, "steady.mjs"), "export default {{{");
      return [`plugins: [${folder}]`];
    },
  });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  const manifest = (product: string, qc: string): string =>
    [
      "use: grain",
      'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"',
      `product: ${product}`,
      qc,
      "...",
      "",
    ].join("\n");
  drop(farm.hot, "seen.yaml", manifest("seen", "qc: {gate: reject}"));
  const status = await answerWith(join(farm.hot, "seen.yaml.STATUS.txt"), /held: {5}w001/);
  expect(status).toMatch(/plugin\.steady: .*steady\.mjs could not be loaded, so nobody looked.*HP-PLUGIN/);
  // There is nothing to waive: nobody looked.
  expect(status).not.toContain("hotplate waive");
  drop(farm.hot, "off.yaml", manifest("off", "qc: {checks: {plugin.steady: off}}"));
  await answerWith(join(farm.hot, "off.yaml.STATUS.txt"), /^DONE/);
  const report = qcReportSchema.parse(JSON.parse(readFileSync(join(farm.shot, "off/v001/.hotplate/qc.json"), "utf8")));
  expect(report.profile.off?.filter(({ by }) => by === "manifest")).toEqual([
    { check: "plugin.steady", by: "manifest" },
  ]);
  // A manifest that names what could not be loaded is told so.
  drop(farm.hot, "named.yaml", manifest("named", "qc: {checks: {studio.steady: {max: 2}}}"));
  const refused = await answerWith(join(farm.hot, "named.yaml.ERROR.txt"), /studio\.steady/);
  expect(refused).toMatch(
    /There is no check "studio\.steady".*Could not be loaded: .*steady\.mjs \(hotplate doctor says why\)/,
  );
});
