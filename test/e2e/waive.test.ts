/**
 * People decide about what QC holds, on a whole node: a waiver with a name and a reason lets it pass and stands in the papers beside
 * the finding; a rejection ends the hold; a published version's warnings are waived in its log of decisions.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { qcReportSchema } from "../../daemon/domain/qcReport.ts";
import type { Farm } from "./farm.ts";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";

/** Each look is a round trip to the disk, while the daemon goes on. */
async function answerWith(path: string, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (pattern.test(text)) return text;
  }
}

async function black(farm: Farm): Promise<void> {
  const url = `${farm.slots[0]?.url ?? ""}/simulated/fault`;
  await fetch(url, { method: "POST", body: JSON.stringify({ fault: "black=1000" }) });
}

const manifest = (product: string, wedges: number): string =>
  [
    "use: grain",
    'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"',
    `product: ${product}`,
    `sweep: {axes: {seed: {count: ${wedges}, from: 1000}}, frames: 1001}`,
    "qc: {onFail: hold}",
    "...",
    "",
  ].join("\n");

/** Each answer and page comes some seconds after what it tells of; on a busy machine that adds up. */
const PATIENCE = { timeout: 600_000 };

test(
  "what gate warn publishes although it failed is said first: in the folder, by show and by explain",
  PATIENCE,
  async () => {
    await using farm = await makeFarm({ slots: 1, frames: 1 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    await black(farm);
    drop(farm.hot, "loose.yaml", manifest("loose", 2).replace("onFail: hold", "gate: warn"));
    const status = await answerWith(join(farm.hot, "loose.yaml.STATUS.txt"), /^DONE/);
    const said = "1 of 2 variations FAILED; it is published all the same, for gate: warn says so";
    expect(status.split("\n").slice(0, 3)).toEqual(["DONE  loose.yaml", "", `  QC:       ${said}`]);
    expect(status).toContain("Next: read the QC report before anything of it is used");
    const [, job = ""] = /job: +(\S+)/.exec(status) ?? [];
    expect((await farm.hotplate("show", job)).json).toMatchObject({
      qc: [{ publishedAnyway: { failed: 1, unlooked: 0 } }],
    });
    const explained = (await farm.hotplate("explain", job)).json as { tasks: { reasons: { message: string }[] }[] };
    expect(explained.tasks[0]?.reasons[0]?.message).toMatch(/^QC failed it: image\..*It is published all the same/);
  },
);

test("what is held is published once every failing finding is waived, and the papers show both", PATIENCE, async () => {
  await using farm = await makeFarm({ slots: 1, frames: 1 });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  await black(farm);
  drop(farm.hot, "look.yaml", manifest("look", 2));
  const status = await answerWith(join(farm.hot, "look.yaml.STATUS.txt"), /held: {5}w001/);
  const [, task = ""] = /hotplate waive (\S+) /.exec(status) ?? [];
  const [job = ""] = task.split("/");
  // The line can be pasted: the task as people spell it, and what is to be waived.
  expect(status).toContain(
    `hotplate waive ${job}/1/w001/1001 --check image.not_black --check image.not_solid --reason WHY\n`,
  );

  // People look before they decide: the page lies where the version's own will lie, and its pictures are in it.
  const page = join(farm.shot, "review/look_v001/look_v001_qc.html");
  expect(status).toContain(`  look at:  ${page}`);
  const held = await answerWith(page, /hotplate: held/);
  for (const words of [
    task,
    "image.not_black",
    "data:image/jpeg",
    "1 of 2 variations",
    "This version is not published",
  ])
    expect(held).toContain(words);
  expect(held).not.toMatch(/<script|https?:\/\//i);
  const [staging = ""] = readdirSync(join(farm.shot, "look/.hotplate/staging"));
  const record = join(farm.shot, "look/.hotplate/staging", staging, "held_qc.json");
  const machines = qcReportSchema.parse(JSON.parse(readFileSync(record, "utf8")));
  expect(machines.wedges.map(({ wedge, frames }) => [wedge, frames.map(({ outcome }) => outcome)])).toEqual([
    ["w001", ["held"]],
  ]);
  expect(machines.publishedResult).toBeNull();
  expect((await farm.hotplate("show", job)).json).toMatchObject({ qc: [{ heldCount: 1, heldPage: page }] });

  const waive = (check: string) =>
    farm.hotplate(
      "waive",
      `${job.slice(0, -3)}/1/w01/1001`,
      "--check",
      check,
      "--reason",
      "a night shot",
      "--by",
      "anna",
    );
  expect(JSON.stringify((await waive("image.not_black")).json)).toContain("still kept by image.not_solid (fail)");
  expect(await answerWith(page, /waived by <bdi>anna/)).toContain("hotplate: held");
  expect(JSON.stringify((await waive("image.not_solid")).json)).toContain("It passes and will be published");
  await committed(daemon);

  const version = join(farm.shot, "look/v001");
  const report = qcReportSchema.parse(JSON.parse(readFileSync(join(version, ".hotplate/qc.json"), "utf8")));
  expect(report.waivers?.map(({ wedge, check, by }) => [wedge, check, by])).toEqual([
    ["w001", "image.not_black", "anna"],
    ["w001", "image.not_solid", "anna"],
  ]);
  const [first] = report.wedges;
  expect(first).toMatchObject({ result: "fail", frames: [{ outcome: "published" }] });
  expect(report.waivers?.[0]?.sha256).toBe(first?.frames[0]?.file?.sha256);
  expect(JSON.parse(readFileSync(join(version, "wedges.json"), "utf8"))).toMatchObject({
    wedges: [{ qc: "fail", waived: ["image.not_black", "image.not_solid"] }, {}],
  });
  expect(await answerWith(page, /This version: /)).toContain("waived by <bdi>anna</bdi>");
  expect(readFileSync(page, "utf8")).not.toContain("hotplate: held");

  const ended = await answerWith(join(farm.hot, "look.yaml.STATUS.txt"), /^DONE/);
  expect(ended).toContain("  waived:   w001 image.not_black by anna: a night shot");
  expect(ended).toContain("  waived:   w001 image.not_solid by anna: a night shot");
  const listed = await farm.hotplate("waive", job, "--list");
  expect(listed.json).toMatchObject({ waivers: [{ check: "image.not_black" }, { check: "image.not_solid" }] });

  // In the published version: the log of decisions, bound to the commit.
  const published = await farm.hotplate(
    "waive",
    version,
    "--check",
    "image.not_black",
    "--reason",
    "seen",
    "--by",
    "bob",
  );
  expect(published).toMatchObject({
    code: 0,
    json: { waived: [{ check: "image.not_black", pictures: [{ wedge: "w001" }] }] },
  });
  expect((await farm.hotplate("waive", version, "--list")).json).toMatchObject({
    waivers: [{ who: "bob", note: "seen" }],
  });
  // The version is as it was; its page for people says what was decided since.
  expect(readFileSync(page, "utf8")).toMatch(
    /Waived after publication[^]*waived by <bdi>bob<\/bdi> on [^]*<bdi>seen<\/bdi>/,
  );
  expect((await farm.hotplate("audit")).code).toBe(0);
  expect((await farm.hotplate("waive", version, "--revoke", "image.not_black")).code).toBe(0);
  expect((await farm.hotplate("waive", version, "--list")).json).toMatchObject({ waivers: [] });
  expect(readFileSync(page, "utf8")).not.toContain("Waived after publication");
  expect((await farm.hotplate("verify", version)).code).toBe(0);
});

test("what is held is refused at once when a person says so, with their words as the reason", PATIENCE, async () => {
  await using farm = await makeFarm({ slots: 1, frames: 1 });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  await black(farm);
  drop(farm.hot, "bad.yaml", manifest("bad", 1));
  const status = await answerWith(join(farm.hot, "bad.yaml.STATUS.txt"), /held: {5}w001/);
  const [, task = ""] = /hotplate reject (\S+) /.exec(status) ?? [];
  const page = join(farm.shot, "review/bad_v001/bad_v001_qc.html");
  expect(await answerWith(page, /hotplate: held/)).toContain("Decide");
  const answer = await farm.hotplate(
    "reject",
    task.replace("/w001/", "/w1/"),
    "--reason",
    "black for good",
    "--by",
    "anna",
  );
  expect(answer).toMatchObject({ code: 0 });
  const ended = await answerWith(join(farm.hot, "bad.yaml.STATUS.txt"), /^FAILED/);
  expect(ended).toContain("Rejected by anna: black for good");
  // Nothing waits any more, and no version will come: the page says what was refused instead.
  const refused = await answerWith(page, /<title>Refused: /);
  expect(refused).toContain("Rejected by anna: black for good");
  expect(refused).not.toContain("hotplate: held");
});

test(
  "a word on a whole variation decides about what waits, and never against what was decided before",
  PATIENCE,
  async () => {
    await using farm = await makeFarm({ slots: 1, frames: 3 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    await black(farm);
    drop(farm.hot, "whole.yaml", manifest("whole", 1).replace("frames: 1001", "frames: 1001-1003"));
    const status = await answerWith(join(farm.hot, "whole.yaml.STATUS.txt"), /3 results of w001 \(1001-1003\) wait/);
    const [, job = ""] = /hotplate reject (\S+)\/1\/w001 --reason WHY/.exec(status) ?? [];
    const say = (...args: readonly string[]) => farm.hotplate(...args, "--reason", "night", "--by", "bob");
    const first = await farm.hotplate("reject", `${job}/1/w001/1002`, "--reason", "too dark", "--by", "anna");
    expect(first).toMatchObject({ code: 0 });
    const checks = ["--check", "image.not_black", "--check", "image.not_solid"];
    expect(await say("waive", `${job}/w001`, ...checks)).toMatchObject({
      code: 0,
      json: {
        answers: [
          expect.stringMatching(
            /^image\.not_black@\d+, image\.not_solid@\d+ of 2 frames \(1001,1003\) of w001 is waived by bob\. They pass .* Left as it was: frame 1002 \(rejected by anna: too dark\)\.$/,
          ) as string,
        ],
      },
    });
    await committed(daemon);
    const version = join(farm.shot, "whole/v001");
    const report = qcReportSchema.parse(JSON.parse(readFileSync(join(version, ".hotplate/qc.json"), "utf8")));
    expect(report.rejections).toMatchObject([
      { wedge: "w001", frame: 1002, by: "anna", reason: "too dark", stands: true },
    ]);
    expect(report.wedges[0]?.frames.map(({ frame, outcome }) => [frame, outcome])).toEqual([
      [1001, "published"],
      [1002, "rejected"],
      [1003, "published"],
    ]);
    // Nothing waits any more: refused, in words that say what became of each.
    const late = await say("reject", `${job}/w001`);
    expect(late.code).not.toBe(0);
  },
);
