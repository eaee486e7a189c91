/**
 * Whose a drop is, and whether it was done before: one owner per hot folder, claims of the dead, the dedupe key,
 * and where manifests and answers go in the end.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Hot, HotOptions } from "./hotFolder.ts";
import { openHot } from "./hotFolder.ts";

const PLATE = "SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png";
const TEXT = `use: env_relight\nplate: ../${PLATE.replace("1001", "####")}\nprompt: warm\n`;
const OVER = `use: slap_comp\nplate: ../${PLATE}\nparameters: {foreground: ../fg.png}\n`;

function studio(root: string, more: Partial<HotOptions> = {}): Hot {
  const hot = openHot({ root, ...more });
  if (!existsSync(join(root, PLATE))) hot.plate(PLATE);
  return hot;
}
/** Drops and lets the answers be written. */
async function drop(hot: Hot, name: string, text: string): Promise<string> {
  hot.drop(name, text);
  await hot.after(1_500);
  return hot.answer(name)?.split("\n")[0] ?? "nothing";
}

describe("one owner per hot folder", () => {
  it("another node's daemon refuses the folder and says whose it is (HP-INTAKE-OWNER)", async () => {
    using dir = tempDir();
    const first = studio(dir.path, { node: "farm01" });
    await first.look();
    const second = studio(dir.path, { node: "farm02" });
    await second.after(2_000);
    expect(second.view()).toMatchObject({ state: "down" });
    expect(second.view().reason).toMatch(/hot belongs to the Hotplate on farm01\..*--take-over/);
    expect(second.events).toContainEqual({
      name: "folder.down",
      fields: expect.objectContaining({ code: "HP-INTAKE-OWNER" }),
    });
    first.drop("a.yaml", TEXT);
    await second.after(2_000);
    expect(await second.jobs()).toEqual([]);
    await first.after(1_000);
    expect((await first.jobs()).length).toBe(1);
  });

  it("the same node's next life keeps it; an owner file that nobody can read still means an owner", async () => {
    using dir = tempDir();
    const first = studio(dir.path);
    await first.look();
    const next = studio(dir.path, { store: first.store });
    await next.look();
    expect(next.view().state).toBe("up");
    writeFileSync(join(first.dir, ".hotplate/owner.json"), "torn");
    const other = studio(dir.path);
    await other.look();
    expect(other.view().reason).toContain("owner.json can't be read");
  });

  it("is taken over by command only; claims of the dead come back, and the one that lost it stops claiming", async () => {
    using dir = tempDir();
    const first = studio(dir.path, { node: "farm01" });
    await first.look();
    // It died between the rename and its store.
    first.drop("dead.yaml", TEXT);
    renameSync(
      join(first.dir, "dead.yaml"),
      join(first.dir, ".hotplate/claimed/0d4a7c1e-0000-4000-8000-000000000000.dead.yaml"),
    );
    const second = studio(dir.path, { node: "farm02", takeOver: true });
    await second.after(2_000);
    expect((await second.jobs()).map((job) => job.source.name)).toEqual(["dead.yaml"]);
    expect(JSON.parse(readFileSync(join(first.dir, ".hotplate/owner.json"), "utf8"))).toMatchObject({ node: "farm02" });
    // The old one was only asleep.
    first.drop("b.yaml", `${TEXT}seed: 2\n`);
    await first.after(3_000);
    expect(await first.jobs()).toEqual([]);
    expect(first.view()).toMatchObject({ state: "down", reason: expect.stringContaining("farm02") });
    await second.after(1_000);
    expect((await second.jobs()).length).toBe(2);
  });
});

describe("the same drop again", () => {
  it("is answered with the job that does it, under any name and with other blanks and comments", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await drop(hot, "a.yaml", TEXT);
    const [job] = await hot.jobs();
    expect(await drop(hot, "a.yaml", TEXT)).toBe(
      `ALREADY ACCEPTED  a.yaml is the same work as job ${job?.id} (waiting). Nothing is rendered twice.`,
    );
    expect(await drop(hot, "b.yaml", TEXT)).toMatch(/^ALREADY ACCEPTED {2}b\.yaml is the same work/);
    expect(await drop(hot, "c.yaml", `# again\n\nprompt:   warm\n${TEXT.replace("prompt: warm\n", "")}`)).toMatch(
      /^ALREADY/,
    );
    expect(hot.answer("b.yaml")).toContain("rerun: true");
    expect((await hot.jobs()).length).toBe(1);
    const second = studio(dir.path, { store: hot.store, startAt: hot.now() });
    expect(await drop(second, "d.yaml", TEXT)).toMatch(/^ALREADY ACCEPTED/);
  });

  it("is done again with rerun: true, and the next one is answered with the new job", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await drop(hot, "a.yaml", TEXT);
    expect(await drop(hot, "b.yaml", `${TEXT}rerun: true\n`)).toMatch(/^ACCEPTED/);
    const jobs = await hot.jobs();
    expect(jobs.length).toBe(2);
    expect(await drop(hot, "c.yaml", TEXT)).toContain(jobs[0]!.id);
  });

  it("is new work after its job was canceled", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await drop(hot, "a.yaml", TEXT);
    await hot.end((await hot.jobs())[0]!);
    await hot.after(2_000);
    expect(await drop(hot, "a.yaml", TEXT)).toMatch(/^ACCEPTED/);
    expect((await hot.jobs()).length).toBe(2);
  });

  it("is new work when a plate, a foreground or a word changed", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.plate("fg.png", "a foreground");
    expect(await drop(hot, "a.yaml", OVER)).toMatch(/^ACCEPTED/);
    expect(await drop(hot, "b.yaml", OVER)).toMatch(/^ALREADY/);
    hot.plate("fg.png", "painted over");
    utimesSync(join(dir.path, "fg.png"), 1_700_000_000, 1_700_000_000);
    expect(await drop(hot, "c.yaml", OVER)).toMatch(/^ACCEPTED/);
    hot.plate(PLATE, "another take");
    utimesSync(join(dir.path, PLATE), 1_700_000_000, 1_700_000_000);
    expect(await drop(hot, "d.yaml", OVER)).toMatch(/^ACCEPTED/);
    expect(await drop(hot, "e.yaml", `${OVER}task: comp\n`)).toMatch(/^ACCEPTED/);
    expect((await hot.jobs()).length).toBe(4);
  });

  it("within one burst makes one job", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    for (let n = 0; n < 20; n += 1) hot.drop(`copy${n}.yaml`, TEXT);
    await hot.after(2_000);
    expect((await hot.jobs()).length).toBe(1);
    expect(hot.names().filter((name) => name.endsWith(".STATUS.txt")).length).toBe(20);
  });
});

describe("in the end", () => {
  it("a manifest lies under accepted/, then failed/ or done/, by date, and takes nobody's name", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await drop(hot, "a.yaml", TEXT);
    const day = new Date(hot.now()).toISOString().slice(0, 10);
    expect(readdirSync(join(hot.dir, "accepted", day))).toEqual(["a.yaml"]);
    mkdirSync(join(hot.dir, "failed", day), { recursive: true });
    writeFileSync(join(hot.dir, "failed", day, "a.yaml"), "an older one");
    const [job] = await hot.jobs();
    await hot.end(job!);
    await hot.after(3_000);
    expect(readdirSync(join(hot.dir, "accepted", day))).toEqual([]);
    expect(readFileSync(join(hot.dir, "failed", day, "a.yaml"), "utf8")).toBe("an older one");
    expect(readdirSync(join(hot.dir, "failed", day)).sort()).toEqual([
      "a.yaml",
      expect.stringMatching(`^${job!.id}-\\d+-a.yaml$`),
    ]);
    expect(hot.status("a.yaml")).toMatch(/^CANCELED/);
  });

  it("answers stay for 24 h and then move beside their manifests, hundreds in a minute", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    for (let n = 0; n < 300; n += 1) hot.drop(`m${n}.yaml`, TEXT.replace("warm", `warm ${n}`));
    await hot.after(4_000);
    for (const job of await hot.jobs()) await hot.end(job);
    await hot.after(5_000);
    await hot.sleepFor(23 * 60 * 60_000);
    expect(hot.status("m7.yaml")).toMatch(/^CANCELED/);
    await hot.sleepFor(60 * 60_000);
    await hot.after(65_000);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual([]);
    const day = new Date(hot.now()).toISOString().slice(0, 10);
    expect(readdirSync(join(hot.dir, "failed", day)).filter((name) => name.endsWith("STATUS.txt")).length).toBe(300);
  });

  it("an answer that somebody removed is no reason to stop", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await drop(hot, "a.yaml", TEXT);
    await hot.end((await hot.jobs())[0]!);
    await hot.after(3_000);
    rmSync(join(hot.dir, "a.yaml.STATUS.txt"));
    await hot.sleepFor(25 * 60 * 60_000);
    expect(await hot.store.drops({ open: true })).toEqual([]);
  });
});
