/** With the daemon down: what is on record can be read, a manifest can be handed in, and what needs a daemon says so. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { StepId } from "../../daemon/domain/ids.ts";
import { newJob } from "../contract/store.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
  for (const name of ["hot", "state"]) mkdirSync(dir.file(name));
  writeFileSync(
    dir.file("hotplate.yaml"),
    `hotplate: 1
stateDir: ${dir.file("state")}
roots: [{name: r, linux: ${dir.path}}]
hotFolders: [{path: ${dir.file("hot")}, show: AGM}]
slots: [{name: gpu0, url: "http://127.0.0.1:9"}]
api: {listen: "127.0.0.1:0"}
`,
  );
});
afterEach(() => dir[Symbol.dispose]());

const call = (...args: readonly string[]): Promise<Said> =>
  hotplate(args, { env: { HOTPLATE_CONFIG: dir.file("hotplate.yaml") } });
const errorOf = (said: Said): readonly [number | null, string] => [said.code, said.stderr.split(" ")[0] ?? ""];

async function jobs(...ids: readonly string[]): Promise<void> {
  const clock = { now: () => Date.parse("2026-11-27T10:00:00Z") };
  const store = openSqliteStore({ path: dir.file("state/hotplate.db"), clock, ids: { uuid: () => "s" } });
  await store.submit(ids.map((id) => newJob(id)));
  await store.close();
}

describe("with the daemon down", () => {
  it("says that none ever ran (HP-DAEMON-ABSENT), exit 5", async () => {
    for (const args of [
      ["ls"],
      ["show", "job_a"],
      ["logs", "job_a"],
      ["explain", "job_a"],
      ["cancel", "job_a"],
      ["ls", "slots"],
    ])
      expect([args, ...errorOf(await call(...args))]).toEqual([args, 5, "HP-DAEMON-ABSENT"]);
  });

  it("lists, shows and logs from the record, as text with tabs and as the API's JSON", async () => {
    await jobs("job_aa", "job_ab", "job_b");
    const listed = await call("ls", "--limit", "2");
    expect(listed.stdout).toBe(
      "JOB\tSTATE\tTASKS\tFRAMES\tSHOW\tVERSION\tNAME\njob_b\twaiting\t0/4\t4\tAGM\t-\tjob_b\njob_ab\twaiting\t0/4\t4\tAGM\t-\tjob_ab\n",
    );
    expect((await call("ls", "--json", "--show", "NONE")).json()).toEqual({ jobs: [] });
    expect((await call("ls", "versions", "--json")).json()).toEqual({ versions: [] });
    const shown = await call("show", "job_b", "--json");
    expect(shown.json()).toMatchObject({ id: "job_b", state: "waiting", counts: { blocked: 4 }, failed: [] });
    expect((await call("show", "job_b")).stdout).toMatch(/^ACCEPTED {2}job_b\.yaml\n[^]*hotplate explain job_b\n$/);
    const logs = await call("logs", "job_b");
    expect(logs.stdout).toBe("2026-11-27T10:00:00.000Z  manifest.accepted  name=job_b.yaml  folder=/hot\n");
    expect((await call("logs", "job_b", "--json")).json()).toMatchObject({ events: [{ name: "manifest.accepted" }] });
  });

  it("takes the beginning of an id, names what it could be (HP-ID-AMBIGUOUS, exit 2), and says when there is none (6)", async () => {
    await jobs("job_aa", "job_ab", "job_b");
    expect((await call("show", "job_b")).code).toBe(0);
    for (const command of ["show", "logs", "explain", "verify"]) {
      const several = await call(command, "job_a");
      expect([command, ...errorOf(several)]).toEqual([command, 2, "HP-ID-AMBIGUOUS"]);
      expect(several.stderr).toMatch(/job_ab.*job_aa/);
      expect([command, ...errorOf(await call(command, "job_x"))]).toEqual([command, 6, "HP-NOT-FOUND"]);
    }
  });

  it("explains that no daemon runs, for a job and for one task of it", async () => {
    await jobs("job_a");
    expect((await call("explain", "job_a")).stdout).toBe(
      "job_a is waiting\n4 blocked, such as job_a/1/w1.1001\n  no daemon runs, so nothing goes on\n    do this: hotplate run\n".replace(
        "job_a/1/w1.1001",
        await firstTask(),
      ),
    );
    const task = await call("explain", await firstTask(), "--json");
    expect(task.json()).toMatchObject({ state: "blocked", reasons: [{ code: "HP-DAEMON-ABSENT" }] });
    expect(errorOf(await call("explain", "job_a/9/x"))).toEqual([6, "HP-NOT-FOUND"]);
  });

  it("can't cancel or retry, and does not pretend (HP-DAEMON-ABSENT); a stale daemon.json is no daemon", async () => {
    await jobs("job_a");
    const dead = { pid: 2 ** 22 - 1, api: "http://127.0.0.1:9", version: "0", startedAt: "2026-11-27T10:00:00Z" };
    writeFileSync(dir.file("state/daemon.json"), JSON.stringify(dead));
    for (const command of ["cancel", "retry"])
      expect([command, ...errorOf(await call(command, "job_a"))]).toEqual([command, 5, "HP-DAEMON-ABSENT"]);
    const said = await call("cancel", "job_a", "--json");
    expect(said.json()).toMatchObject({ error: { code: "HP-DAEMON-ABSENT", hint: "hotplate run --config FILE" } });
  });

  async function firstTask(): Promise<string> {
    const store = openSqliteStore({
      path: dir.file("state/hotplate.db"),
      clock: { now: () => 0 },
      ids: { uuid: () => "s" },
    });
    const [task] = await store.tasks("job_a/1" as StepId, { limit: 1 });
    await store.close();
    return task!.id;
  }
});

describe("submit with the daemon down", () => {
  it("judges first: what would be refused is not dropped, exit 3, with its place", async () => {
    writeFileSync(dir.file("bad.yaml"), "use: grain\npromt: x\n");
    const said = await call("submit", dir.file("bad.yaml"));
    expect(errorOf(said)).toEqual([3, "HP-MANIFEST-FIELD"]);
    expect(said.stderr).toContain(`${dir.file("bad.yaml")}:2:1 "promt" is not a field. Nothing was dropped.`);
    expect(existsSync(dir.file("hot/bad.yaml"))).toBe(false);
    expect((await call("submit", dir.file("bad.yaml"), "--json")).json()).toMatchObject({
      error: { problems: [{ code: "HP-MANIFEST-FIELD", line: 2 }] },
    });
  });

  it("drops it under its own name with paths that still mean the same, and says that it waits for a daemon", async () => {
    mkdirSync(dir.file("elsewhere"));
    writeFileSync(dir.file("elsewhere/p.1001.png"), "");
    writeFileSync(dir.file("elsewhere/look.yaml"), "use: grain   # mine\nplate: p.1001.png\n");
    const said = await call("submit", dir.file("elsewhere/look.yaml"), "--json");
    expect([said.code, said.json()]).toEqual([
      0,
      { dropped: dir.file("hot/look.yaml"), answer: dir.file("hot/look.yaml.STATUS.txt"), daemon: false },
    ]);
    expect(readFileSync(dir.file("hot/look.yaml"), "utf8")).toBe(
      `use: grain   # mine\nplate: "${dir.file("elsewhere/p.1001.png")}"\n...\n`,
    );
    expect((await call("submit", dir.file("elsewhere/look.yaml"))).code).toBe(0);
    writeFileSync(dir.file("hot/look.yaml"), "another");
    const again = await call("submit", dir.file("elsewhere/look.yaml"));
    expect(errorOf(again)).toEqual([7, "HP-STATE-REFUSED"]);
    expect(readFileSync(dir.file("hot/look.yaml"), "utf8")).toBe("another");
  });

  it("refuses what is no manifest, what is not there, and a folder that is no hot folder", async () => {
    writeFileSync(dir.file("x.jpg"), "x");
    expect(errorOf(await call("submit", dir.file("x.jpg")))).toEqual([3, "HP-INTAKE-NOT-A-MANIFEST"]);
    expect(errorOf(await call("submit", dir.file("none.yaml")))).toEqual([6, "HP-NOT-FOUND"]);
    const folder = await call("submit", dir.file("x.yaml"), "--folder", "/tmp");
    expect([...errorOf(folder), folder.stderr.includes(dir.file("hot"))]).toEqual([6, "HP-NOT-FOUND", true]);
  });
});

describe("validate", () => {
  const put = (name: string, text: string): string => {
    writeFileSync(dir.file(name), text);
    return dir.file(name);
  };

  it("judges several files, prints count, GPU time and destination with --plan, and ends by the worst", async () => {
    const good = put("good.yaml", `use: sd_text_to_image\nprompt: fog\noutput: {to: ${dir.file("shots/SH010")}}\n`);
    const bad = put("bad.yaml", "use: grian\n");
    const said = await call("validate", "--plan", good, bad, dir.file("none.yaml"));
    expect(said.code).toBe(3);
    expect(said.stdout).toMatch(/^VALID {2}good\.yaml\n {2}1 task, (about \d+ s of GPU time|GPU time unknown)/);
    expect(said.stdout).toContain(`lands in: ${dir.file("shots/SH010/sd_text_to_image/v###")}`);
    expect(said.stdout).toMatch(/^REJECTED {2}bad\.yaml[^]*bad\.yaml:1:6 {2}HP-RECIPE-UNKNOWN[^]*did you mean: grain/m);
    expect(said.stdout).toMatch(/^MISSING[^]*HP-NOT-FOUND/m);
    const json = await call("validate", "--json", good, bad, dir.file("none.yaml"));
    expect(json.json<{ kind: string }[]>().map(({ kind }) => kind)).toEqual(["plan", "rejected", "missing"]);
    expect(json.json<unknown[]>()[0]).toMatchObject({
      tasks: 1,
      steps: [{ recipe: expect.stringMatching(/^sd_text/) }],
    });
    expect((await call("validate", dir.file("none.yaml"))).code).toBe(6);
    expect((await call("validate", good)).code).toBe(0);
  });

  it("works without any configuration, and says what it then can't check", async () => {
    const said = await hotplate(["validate", put("bad.yaml", "use: grain\n\tplate: x\n")], { cwd: dir.file("hot") });
    expect(said.code).toBe(3);
    expect(said.stdout).toContain("HP-MANIFEST-TAB");
    expect(said.stderr).toMatch(/^No configuration: /);
  });
});

describe("init and doctor", () => {
  it("writes a configuration that works after testing its paths, and never writes over one (exit 7)", async () => {
    const flags = [
      "--root",
      dir.path,
      "--hot",
      dir.file("h"),
      "--state",
      dir.file("s"),
      "--comfy",
      "http://127.0.0.1:9",
    ];
    const out = ["--out", dir.file("new.yaml")];
    const said = await call("init", ...flags, ...out, "--json");
    expect([said.code, said.json()]).toMatchObject([0, { written: dir.file("new.yaml") }]);
    const text = readFileSync(dir.file("new.yaml"), "utf8");
    expect(errorOf(await call("init", ...flags, ...out))).toEqual([7, "HP-STATE-REFUSED"]);
    expect(readFileSync(dir.file("new.yaml"), "utf8")).toBe(text);
    expect(
      errorOf(await call("init", "--root", dir.file("h"), "--hot", dir.path, "--state", "/s", "--out", "n")),
    ).toEqual([3, "HP-CONFIG-INVALID"]);
    const none = ["--root", dir.file("none"), "--hot", dir.file("none/hot"), "--state", dir.file("s")] as const;
    expect(errorOf(await call("init", ...none, "--out", dir.file("n.yaml")))).toEqual([6, "HP-NOT-FOUND"]);
    expect(existsSync(dir.file("n.yaml"))).toBe(false);
  });

  it("looks at this machine before there is any configuration, exit 4", async () => {
    const said = await hotplate(["doctor"], { cwd: dir.file("hot") });
    expect(said.code).toBe(4);
    expect(said.stdout).toMatch(/^OK\tnode\t[^]*FAIL\tconfiguration\tThere is no configuration[^]*hotplate init/);
  });

  it("names every fault with its fix and exits 4; what is well is OK", async () => {
    const said = await call("doctor", "--json");
    const { lines } = said.json<{ lines: { state: string; what: string; fix: string | null }[] }>();
    expect(said.code).toBe(4);
    expect(lines.find(({ what }) => what === "slot gpu0")).toMatchObject({ state: "FAIL", fix: expect.any(String) });
    expect(lines.find(({ what }) => what === `hot folder ${dir.file("hot")}`)).toMatchObject({
      state: "OK",
      fix: null,
    });
    expect(lines.find(({ what }) => what === "daemon")).toMatchObject({ state: "WARN" });
    expect(lines.filter(({ state, fix }) => state !== "OK" && fix === null)).toEqual([]);
    expect((await call("doctor")).stdout).toMatch(/^OK\tnode\t/);
  });
});

describe("demo", () => {
  it("touches no folder of anybody else's (HP-DEMO-ROOT), exit 7", async () => {
    writeFileSync(dir.file("hot/mine.txt"), "mine");
    expect(errorOf(await call("demo", "--root", dir.file("hot")))).toEqual([7, "HP-DEMO-ROOT"]);
    expect(existsSync(dir.file("hot/hotplate.yaml"))).toBe(false);
  });
});
