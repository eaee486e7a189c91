/** The log of decisions on a real disk: many writers at once, writers that die, hands that change it. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendApproval, auditApprovals, readApprovals } from "../../daemon/approvalLog.ts";
import type { Decision } from "../../daemon/domain/approvals.ts";
import type { Files } from "../../daemon/ports.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { versionWorld } from "../fixtures/versions.ts";

const decision = (who: string): Decision => ({
  ts: "2026-11-27T10:00:00.000Z",
  who,
  via: "command",
  assurance: "weak",
  subject: "v001",
  action: "approve",
  note: "",
  commitSha256: "a".repeat(64),
});
const LOG = ".hotplate/approvals.jsonl";

function product(root: string): string {
  mkdirSync(join(root, "env/.hotplate"), { recursive: true });
  return join(root, "env");
}

describe("the log", () => {
  it("of a product without one is empty", async () => {
    using dir = tempDir();
    expect(await readApprovals(versionWorld(), product(dir.path))).toEqual({ texts: [], lines: [], problems: [] });
  });

  it.each([
    ["with hard links", {}],
    ["without them", { link: () => Promise.reject(Object.assign(new Error("EPERM"), { code: "EPERM" })) }],
  ])("takes the lines of ten writers at once, each once, in one unbroken chain, on a disk %s", async (_what, other) => {
    using dir = tempDir();
    const at = product(dir.path);
    const writers = Array.from({ length: 10 }, async (_, n) => {
      const world = versionWorld();
      const files: Files = { ...world.files, ...other };
      for (let line = 0; line < 3; line += 1)
        await appendApproval({ ...world, files }, at, decision(`writer ${n} line ${line}`));
    });
    await Promise.all(writers);
    const log = await auditApprovals(versionWorld(), at);
    expect(log.problems).toEqual([]);
    expect(new Set(log.lines.map((line) => line.who)).size).toBe(30);
    expect(readFileSync(join(at, LOG), "utf8").trimEnd().split("\n")).toEqual(log.texts);
  });

  it("holds the line of a writer that died before it was added", async () => {
    using dir = tempDir();
    const at = product(dir.path);
    const world = versionWorld();
    await appendApproval(world, at, decision("ana"));
    const dies = { ...world.files, rename: () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" })) };
    await expect(appendApproval({ ...world, files: dies }, at, decision("bo"))).rejects.toThrow("EIO");
    expect((await readApprovals(world, at)).lines.map((line) => line.who)).toEqual(["ana", "bo"]);
    await appendApproval(world, at, decision("cy"));
    expect(readFileSync(join(at, LOG), "utf8").match(/"who":"\w+"/g)).toEqual([
      '"who":"ana"',
      '"who":"bo"',
      '"who":"cy"',
    ]);
  });

  it("goes on over a line whose copy was cut off by the death of its writer", async () => {
    using dir = tempDir();
    const at = product(dir.path);
    const world = versionWorld();
    await appendApproval(world, at, decision("ana"));
    writeFileSync(join(at, ".hotplate/approvals/000002.json"), '{"ts":"2026');
    await appendApproval(world, at, decision("bo"));
    const log = await auditApprovals(world, at);
    expect([log.problems, log.lines.map((line) => line.who)]).toEqual([[], ["ana", "bo"]]);
  });

  it("is made again of its lines when it is deleted", async () => {
    using dir = tempDir();
    const at = product(dir.path);
    const world = versionWorld();
    for (const who of ["ana", "bo"]) await appendApproval(world, at, decision(who));
    const before = readFileSync(join(at, LOG), "utf8");
    rmSync(join(at, LOG));
    await appendApproval(world, at, decision("cy"));
    expect(readFileSync(join(at, LOG), "utf8").startsWith(before)).toBe(true);
  });

  it("shows a hand that changed it, even one that made the chain fit again", async () => {
    using dir = tempDir();
    const at = product(dir.path);
    const world = versionWorld();
    for (const who of ["ana", "bo"]) await appendApproval(world, at, decision(who));
    const log = readFileSync(join(at, LOG), "utf8").trimEnd().split("\n");
    writeFileSync(join(at, LOG), `${log[0]}\n${log[1]?.replace("bo", "eve")}\n`);
    expect((await auditApprovals(world, at)).problems).toEqual([
      { line: 2, message: "it is not what .hotplate/approvals/000002.json says" },
    ]);
    expect(readdirSync(join(at, ".hotplate/approvals"))).toEqual(["000001.json", "000002.json"]);
  });
});
