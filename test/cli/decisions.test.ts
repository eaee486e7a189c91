/** Decisions by command: approve, pin, unpin, audit, with the daemon down; each on the record, each with its exit code. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import { commitOf, makeVersion } from "../fixtures/versions.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

function studio(root: string) {
  const shot = join(root, "shows/AGM/SH010");
  const env = join(shot, "env");
  makeVersion(env, 1);
  makeVersion(env, 2, { wedges: 3 });
  mkdirSync(join(root, "state"));
  const config = join(root, "hotplate.yaml");
  writeFileSync(
    config,
    `hotplate: 1\nstateDir: ${root}/state\nroots: [{name: shows, linux: ${root}/shows}]\nslots: [{name: gpu0, url: "http://127.0.0.1:9"}]\n`,
  );
  const say = (...args: readonly string[]): Promise<Said> => hotplate([...args, "--config", config], { cwd: shot });
  const approved = (): Record<string, unknown> =>
    JSON.parse(readFileSync(join(env, "approved.json"), "utf8")) as Record<string, unknown>;
  return { env, shot, say, approved };
}

describe("a decision by command", () => {
  it("is a line in the product's log, bound to the commit, and approved.json follows it", async () => {
    using dir = tempDir();
    const { env, say, approved } = studio(dir.path);
    const said = await say("approve", "env@v002/w003", "--note", "the sodium one", "--json");
    expect([said.code, said.stderr]).toEqual([0, ""]);
    expect(said.json()).toMatchObject({
      approved: {
        product: "env",
        subject: "v002/w003",
        action: "approve",
        via: "command",
        assurance: "weak",
        prev: null,
      },
    });
    expect(approved()).toMatchObject({ version: "v002", wedge: "w003", note: "the sodium one" });
    expect(approved()["commitSha256"]).toBe(commitOf(env, 2));
    expect((await say("approve", "SH010/env@v001")).stdout).toMatch(/^Approved: env v001, by /);
    expect(approved()["version"]).toBe("v001");
    const audit = await say("audit", "env", "--json");
    expect(audit.code).toBe(0);
    expect(audit.json()).toMatchObject({ products: [{ lines: 2, approved: "v001", code: null, problems: [] }] });
  }, 60_000);

  it("takes the folder of a version or a wedge; verify takes a wedge's folder and a reference", async () => {
    using dir = tempDir();
    const { env, say, approved } = studio(dir.path);
    expect((await say("approve", join(env, "v002/w003"))).stdout).toMatch(/^Approved: env v002\/w003, by /);
    expect(approved()).toMatchObject({ version: "v002", wedge: "w003" });
    expect((await say("audit", "env")).stdout).toContain("  1 line, approved: v002/w003");
    for (const what of [join(env, "v002/w003"), "SH010/env@v002"]) {
      const said = await say("verify", what, "--json");
      expect(said.json()).toMatchObject([{ dir: join(env, "v002") }]);
    }
    const none = await say("approve", "SH010/env@v002/w009");
    expect(none.stderr).toContain("Did you mean SH010/env@v002/w00");
  }, 60_000);

  it("is refused for what is not as it was committed (HP-VERIFY-CHANGED) or not there, with the nearest name", async () => {
    using dir = tempDir();
    const { env, say } = studio(dir.path);
    writeFileSync(join(env, "v001/SH010_PL01_env_v001.1001.png"), "changed");
    const changed = await say("approve", "env@v001");
    expect([changed.code, changed.stderr]).toEqual([
      1,
      expect.stringMatching(/HP-VERIFY-CHANGED.*Nothing was approved/),
    ]);
    const none = await say("approve", "env@v003");
    expect([none.code, none.stderr]).toEqual([3, expect.stringMatching(/HP-REF-VERSION.*env has no v003/)]);
    const wedge = await say("pin", "env@v002/w009");
    expect([wedge.code, wedge.stderr]).toEqual([
      3,
      expect.stringMatching(/HP-REF-WEDGE[^]*Did you mean env@v002\/w00\d/),
    ]);
    expect((await say("approve", "env")).stderr).toContain("HP-REF-SYNTAX");
  }, 60_000);

  it("pins and unpins, and says when there is nothing to do", async () => {
    using dir = tempDir();
    const { say } = studio(dir.path);
    expect((await say("pin", "env@v002/w001")).stdout).toBe("Pinned: env v002/w001.\n");
    expect((await say("pin", "env@v002/w001", "--json")).json()).toMatchObject({ pinned: true, before: true });
    expect((await say("unpin", "env@v002/w001")).code).toBe(0);
    const again = await say("unpin", "env@v002/w001");
    expect([again.code, again.stderr]).toEqual([7, expect.stringContaining("HP-STATE-REFUSED")]);
  }, 60_000);

  it("that somebody changed afterwards is found by audit (HP-AUDIT-BROKEN), and so is a version that was", async () => {
    using dir = tempDir();
    const { env, say } = studio(dir.path);
    await say("approve", "env@v001");
    await say("approve", "env@v002/w001");
    const log = join(env, ".hotplate/approvals.jsonl");
    writeFileSync(log, readFileSync(log, "utf8").replace("v001", "v009"));
    const audit = await say("audit", env);
    expect(audit.code).toBe(1);
    expect(audit.stdout).toMatch(
      /^BROKEN {2}.*HP-AUDIT-BROKEN\n {2}approvals\.jsonl:1: it is not what .*000001\.json says/,
    );
    expect(audit.stdout).toContain("approvals.jsonl:2: the line before it is not the one that it was written after");
    expect((await say("audit", "nothing")).code).toBe(6);
    writeFileSync(log, readFileSync(log, "utf8").replace("v009", "v001"));
    const commit = join(env, "v001/.hotplate/commit.json");
    writeFileSync(commit, readFileSync(commit, "utf8").replace("job_1", "job_x"));
    expect((await say("audit")).stdout).toBe("No product is known here.\n");
    expect((await say("audit", "env")).stdout).toMatch(/v001 was changed after .* approved it/);
  }, 60_000);
});
