/**
 * Retention on a real disk: what is old and nobody needs goes, with a tombstone; what is approved, pinned, selected, newest or
 * used stays; and whichever call fails, each thing is whole or has its tombstone.
 */
import { failingAt } from "../fixtures/failingAt.ts";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendApproval } from "../../daemon/approvalLog.ts";
import type { Decision } from "../../daemon/domain/approvals.ts";
import type { Tombstone } from "../../daemon/domain/retention.ts";
import type { Files } from "../../daemon/ports.ts";
import type { RetentionWorld } from "../../daemon/retention.ts";
import { collect, planRetention } from "../../daemon/retention.ts";
import type { RetentionReport } from "../../daemon/retentionRun.ts";
import { runRetention } from "../../daemon/retentionRun.ts";
import { verifyVersion } from "../../daemon/verifyVersion.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { commitOf, makeVersion, versionWorld } from "../fixtures/versions.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-12-01T00:00:00.000Z");

interface Parts {
  readonly rules?: { readonly rejects?: string; readonly wip?: string };
  readonly jobs?: readonly unknown[];
  readonly files?: Files;
}

function worldAt(products: readonly string[], parts: Parts = {}): RetentionWorld {
  return {
    ...versionWorld(),
    ...(parts.files === undefined ? {} : { files: parts.files }),
    clock: { now: () => NOW },
    config: { retention: { apply: false, ...(parts.rules ?? { rejects: "14d", wip: "20d" }) } },
    store: {
      products: async () => products.map((dir) => ({ dir, show: "AGM", highest: 9 })),
      jobs: async () => (parts.jobs ?? []) as never,
      step: async () => null,
      wedge: async () => null,
    },
  };
}

async function decide(env: string, subject: string, action: Decision["action"], daysAgo = 30): Promise<void> {
  await appendApproval(versionWorld(), env, {
    ts: new Date(NOW - daysAgo * DAY).toISOString(),
    who: "ana",
    via: "command",
    assurance: "weak",
    subject,
    action,
    note: "",
    commitSha256: commitOf(env, Number(subject.slice(1, 4))),
  });
}

function quarantine(env: string, subject: string): string {
  const dir = join(env, ".hotplate/quarantine", subject);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "w2.1001-7.png"), "refused pixels");
  writeFileSync(join(dir, "w2.1001-7.png.reason.txt"), "image.not_black: it is black\n");
  writeFileSync(join(dir, "note.txt"), "somebody's own");
  return dir;
}

const run = (world: RetentionWorld, dirs: readonly string[], apply: boolean): Promise<RetentionReport> =>
  runRetention(world, { dirs, apply, told: async () => undefined });
const subjects = (report: RetentionReport): readonly string[] =>
  report.items.map((item) => `${item.kind} ${item.subject}`).toSorted();
const tombstone = (dir: string): Tombstone & { made: { wedges: readonly object[] } } =>
  JSON.parse(readFileSync(join(dir, "collected.json"), "utf8")) as never;

/** v001 to v003 of 2026-11-01, thirty days old; v003 is the newest. */
function product(root: string): string {
  const env = join(root, "SH010/env");
  makeVersion(env, 1);
  makeVersion(env, 2, { wedges: 3, frames: [1001, 1002] });
  makeVersion(env, 3);
  return env;
}

describe("what is collected", () => {
  it("is nothing without rules, and nothing but pixels that are old enough with them; looking touches nothing", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    quarantine(env, "v002/w002");
    await decide(env, "v002/w003", "reject", 15);
    await decide(env, "v002/w002", "reject", 13);
    expect(subjects(await run(worldAt([env], { rules: {} }), [env], true))).toEqual([]);
    const before = readdirSync(env, { recursive: true }).map(String).toSorted();
    const report = await run(worldAt([env]), [env], false);
    expect(subjects(report)).toEqual(["quarantine v002/w002", "rejected v002/w003", "undecided v001"]);
    expect(report.kept).toEqual([
      { product: env, subject: "v002", why: "somebody decided about v002/w003" },
      { product: env, subject: "v003", why: "it is the latest" },
    ]);
    expect(readdirSync(env, { recursive: true }).map(String).toSorted()).toEqual(before);
  });

  it("leaves a tombstone that is enough to make it again; papers, sheets and reasons stay; verify says collected", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    const held = quarantine(env, "v002/w002");
    await decide(env, "v002/w003", "reject");
    const name = "SH010_PL01_env_v002_w003.1001.png";
    const sha256 = createHash("sha256")
      .update(readFileSync(join(env, "v002/w003", name)))
      .digest("hex");
    await run(worldAt([env]), [env], true);
    expect(readdirSync(join(env, "v002/w003"))).toEqual(["collected.json"]);
    const kept = tombstone(join(env, "v002/w003"));
    expect(kept).toMatchObject({
      product: "env",
      subject: "v002/w003",
      why: "rejected",
      at: "2026-12-01T00:00:00.000Z",
    });
    expect(kept.files[0]).toEqual({ path: name, bytes: 48, sha256 });
    expect(kept.made).toEqual({
      wedges: [{ wedge: "w003", parameters: { lighting: "look 2" }, seed: "1002" }],
      record: "v002/.hotplate/asset.json",
      graph: "v002/.hotplate/graph.api.json",
    });
    expect(readdirSync(held).toSorted()).toEqual(["collected.json", "note.txt", "w2.1001-7.png.reason.txt"]);
    expect(tombstone(held).files).toEqual([
      { path: "w2.1001-7.png", bytes: 14, sha256: createHash("sha256").update("refused pixels").digest("hex") },
    ]);
    expect(readdirSync(join(env, "v001")).toSorted()).toEqual([
      ".hotplate",
      "collected.json",
      "contact_v001.jpg",
      "wedges.json",
    ]);
    for (const number of [1, 2, 3]) {
      const report = await verifyVersion(versionWorld(), join(env, `v00${number}`));
      const lines = report.lines.filter((line) => line.outside !== true);
      expect(report.verdict).toBe("intact");
      const states = new Set(lines.map((line) => line.state));
      expect([...states].toSorted()).toEqual(number === 3 ? ["ok"] : ["collected", "ok"]);
    }
    expect(subjects(await run(worldAt([env]), [env], true))).toEqual([]);
  });

  it("is not what a tombstone does not name: that is missing", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    await decide(env, "v002/w003", "reject");
    await run(worldAt([env]), [env], true);
    rmSync(join(env, "v002/w001/SH010_PL01_env_v002_w001.1002.png"));
    const report = await verifyVersion(versionWorld(), join(env, "v002"));
    expect(report.verdict).toBe("changed");
    expect(report.lines.find((line) => line.state === "missing")?.path).toBe("w001/SH010_PL01_env_v002_w001.1002.png");
  });
});

describe("what is kept", () => {
  it.each([
    ["approved", "v001", "approve", "approved"],
    ["pinned", "v001", "pin", "pinned"],
  ] as const)("a version that is %s", async (_what, subject, action, why) => {
    using dir = tempDir();
    const env = product(dir.path);
    await decide(env, subject, action);
    const report = await run(worldAt([env]), [env], true);
    expect(subjects(report)).toEqual(["undecided v002"]);
    expect(report.kept).toContainEqual({ product: env, subject, why });
  });

  it("a version of which one variation is approved, pinned or chosen; a wedge whose rejection was taken back", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    await decide(env, "v002/w002", "pin");
    await decide(env, "v001", "reject");
    await decide(env, "v001", "select");
    const report = await run(worldAt([env]), [env], true);
    expect(subjects(report)).toEqual([]);
    expect(report.kept.map((one) => one.why)).toEqual([
      "somebody decided about v001",
      "a part of it is pinned",
      "it is the latest",
    ]);
  });

  it("what a living version is made of, and what a job that has not ended works on", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    await decide(env, "v002/w002", "reject");
    await decide(env, "v002/w003", "reject");
    const grained = join(dir.path, "SH010/grained");
    makeVersion(grained, 1);
    const record = { derivedFrom: [{ ref: "hotplate://AGM/SH010/env/v002/w002", as: "select" }] };
    writeFileSync(join(grained, "v001/.hotplate/asset.json"), JSON.stringify(record));
    const source = { productDir: env, subject: "v001" };
    const jobs = [{ id: "job_a", state: "running", steps: [{ plan: { plate: { source } } }] }];
    const report = await run(worldAt([env], { jobs }), [env], true);
    expect(subjects(report)).toEqual(["rejected v002/w003"]);
    expect(report.kept).toEqual([
      { product: env, subject: "v001", why: "job job_a is made of it" },
      { product: env, subject: "v002/w002", why: "grained v001 is made of it" },
      { product: env, subject: "v002", why: "somebody decided about v002/w002" },
      { product: env, subject: "v003", why: "it is the latest" },
    ]);
  });

  it("what a version was made again from, by the name that the show's templates give its shot", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    const papers = (number: number, record: object): void =>
      writeFileSync(join(env, `v00${number}/.hotplate/asset.json`), JSON.stringify(record));
    papers(1, { ref: "hotplate://AGM/104_065_010/env/v001", derivedFrom: [] });
    papers(3, {
      ref: "hotplate://AGM/104_065_010/env/v003",
      derivedFrom: [{ ref: "hotplate://AGM/104_065_010/env/v001", as: "rerun" }],
    });
    const report = await run(worldAt([env]), [env], true);
    expect(report.kept).toContainEqual({ product: env, subject: "v001", why: "env v003 is made of it" });
    expect(subjects(report)).toEqual(["undecided v002"]);
  });

  it("files to which a link leads that stands in the place of a folder", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    await decide(env, "v002/w003", "reject");
    const plates = join(dir.path, "SH010/plates");
    renameSync(join(env, "v002/w003"), plates);
    symlinkSync(plates, join(env, "v002/w003"));
    const before = readdirSync(plates);
    const report = await run(worldAt([env]), [env], true);
    expect(readdirSync(plates)).toEqual(before);
    expect(report.trouble).toEqual([expect.stringMatching(/w003 leads elsewhere by a link/)]);
  });

  it("what somebody works on in a version, and what was approved between the look and the deed", async () => {
    using dir = tempDir();
    const env = product(dir.path);
    await decide(env, "v002/w003", "reject");
    writeFileSync(join(env, "v002/w003/SH010_PL01_env_v002_w003.1001.png"), "painted over");
    const report = await run(worldAt([env]), [env], true);
    expect(subjects(report)).toEqual(["undecided v001"]);
    expect(report.trouble).toEqual([
      expect.stringMatching(/w003\.1001\.png is not as it was committed; nothing of v002\/w003 is collected$/),
    ]);
    rmSync(join(env, "v001"), { recursive: true });
    makeVersion(env, 1);
    const world = worldAt([env]);
    const [planned] = (await planRetention(world, env)).collect;
    await decide(env, "v001", "approve");
    expect(await collect(world, planned!)).toBe(0);
    expect(existsSync(join(env, "v001/collected.json"))).toBe(false);
  });
});

it("leaves each thing whole or with its tombstone whichever call fails, and the next run ends it", async () => {
  using dir = tempDir();
  const real = versionWorld().files;
  for (let n = 1; ; n += 1) {
    const env = product(join(dir.path, `try${n}`));
    await decide(env, "v002/w003", "reject");
    const failing = failingAt(real, n);
    await run(worldAt([env], { files: failing.files }), [env], true);
    for (const [version, place] of [
      [1, "v001"],
      [2, "v002/w003"],
    ] as const) {
      const pixels = readdirSync(join(env, place)).filter((name) => name.endsWith(".png"));
      const whole = pixels.length === (version === 1 ? 1 : 2);
      const marked = existsSync(join(env, place, "collected.json"));
      expect(whole || marked, `call ${n}: ${place}`).toBe(true);
      const report = await verifyVersion(versionWorld(), join(env, `v00${version}`));
      const lines = report.lines.filter((line) => !line.path.includes(".hotplate-tmp."));
      expect(lines.every((line) => line.state === "ok" || line.state === "collected")).toBe(true);
    }
    await run(worldAt([env]), [env], true);
    expect(readdirSync(join(env, "v002/w003")).filter((name) => name.endsWith(".png"))).toEqual([]);
    expect(readdirSync(join(env, "v001")).filter((name) => name.endsWith(".png"))).toEqual([]);
    if (failing.calls() < n) {
      expect(n).toBeGreaterThan(60);
      return;
    }
  }
}, 300_000);
