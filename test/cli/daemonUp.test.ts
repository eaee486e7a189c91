/**
 * With the daemon up, through a whole job: every command that asks it or reads what it wrote, and the codes that a node says
 * when a drop, a plate, a slot or a folder is not as it should be. Real processes; waits for events, never for time.
 */
import { createServer } from "node:http";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Child, Farm, LogLine } from "../e2e/farm.ts";
import { Child as Process, makeFarm } from "../e2e/farm.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

const event =
  (name: string, fields: Readonly<Record<string, unknown>> = {}) =>
  (line: LogLine): boolean =>
    line.event === name && Object.entries(fields).every(([key, value]) => line[key] === value);

function manifestFor(farm: Farm, more: string): string {
  return `use: grain\nplate: "${farm.plates}/SH010_PL01_v001.####.png"\n${more}`;
}
function write(farm: Farm, name: string, text: string): string {
  const path = join(farm.dir, name);
  writeFileSync(path, text);
  return path;
}
async function fault(farm: Farm, text: string): Promise<void> {
  const { url } = farm.slots[0]!;
  const answer = await fetch(`${url}/simulated/fault`, { method: "POST", body: JSON.stringify({ fault: text }) });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

describe("the commands, with the daemon up", () => {
  it("hand in a manifest while it is down, follow it through, verify it, and see what was changed", async () => {
    await using farm = await makeFarm({ slots: 1, frames: 1 });
    const call = (...args: readonly string[]): Promise<Said> => hotplate([...args, "--config", farm.config]);
    const look = write(farm, "look.yaml", manifestFor(farm, "sweep: {axes: {seed: [1, 2]}}\n"));
    expect((await call("submit", look)).code).toBe(0);
    const daemon = farm.startDaemon();
    const accepted = await daemon.line(event("manifest.accepted"));
    const id = String(accepted["job"]);
    await daemon.line(event("version.committed"));
    const follow = await call("logs", "-f", id, "--json");
    expect(
      follow.stdout
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).toEqual(expect.arrayContaining(["manifest.accepted", "task.staged", "version.committed", "job.ended"]));
    expect((await call("ls", "--state", "done", "--json")).json()).toMatchObject({
      jobs: [{ id, counts: { done: 2 } }],
    });
    const versions = (await call("ls", "versions", "--json")).json<{ versions: { path: string }[] }>();
    const version = versions.versions[0]!.path;
    const [head, row] = (await call("ls", "versions")).stdout.split("\n").map((line) => line.split("\t"));
    expect([head?.slice(0, 3), row?.[0]]).toEqual([
      ["SHOT", "PRODUCT", "VERSION"],
      basename(dirname(dirname(version))),
    ]);
    expect((await call("ls", "slots", "--json")).json()).toMatchObject({ slots: [{ name: "gpu0", state: "up" }] });
    expect((await call("ls", "folders", "--json")).json()).toMatchObject({
      folders: [{ path: farm.hot, state: "up" }],
    });
    const { stdout } = await call("show", id);
    expect(stdout).toContain(`results:  ${version}`);
    expect(stdout).not.toContain("Why it waits");
    expect((await call("explain", id)).stdout).toContain("it is done: its file is in the committed version");
    expect((await call("explain", "job_none")).code).toBe(6);
    for (const command of ["cancel", "retry"]) {
      const said = await call(command, id);
      expect([command, said.code, said.stderr.split(" ")[0]]).toEqual([command, 7, "HP-STATE-REFUSED"]);
    }
    expect((await call("doctor", "--json")).code).toBe(0);
    expect(await call("verify", id)).toMatchObject({ code: 0, stdout: expect.stringContaining(`INTACT  ${version}`) });
    writeFileSync(join(version, "wedges.json"), "{}");
    const changed = await call("verify", version);
    expect([changed.code, changed.stdout]).toEqual([
      1,
      expect.stringMatching(/^CHANGED {2}.*HP-VERIFY-CHANGED\n {2}changed +wedges\.json/),
    ]);
    rmSync(join(version, ".hotplate/commit.json"));
    expect(await call("verify", version, "--json")).toMatchObject({ code: 9 });
    // The same work again is answered with the job that did it, and nothing is rendered.
    expect((await call("submit", look)).code).toBe(0);
    await daemon.line(event("manifest.duplicate", { job: id }));
    const logs = (await call("logs", id, "--json")).json<{ events: { name: string; fields: object }[] }>();
    expect(logs.events.find(({ name }) => name === "manifest.duplicate")?.fields).toMatchObject({
      code: "HP-INTAKE-DUPLICATE",
    });
  });

  it("cancel a job that runs: the prompt is stopped in ComfyUI, and the job says who did it", async () => {
    await using farm = await makeFarm({ slots: 1, frames: 1, workMs: 60_000 });
    const call = (...args: readonly string[]): Promise<Said> => hotplate([...args, "--config", farm.config]);
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    await call("submit", write(farm, "long.yaml", manifestFor(farm, "sweep: {axes: {seed: {count: 9, from: 1}}}\n")));
    const id = String((await daemon.line(event("manifest.accepted")))["job"]);
    await daemon.line(event("task.submitted"));
    expect((await call("explain", id)).stdout).toMatch(/running, such as [^]*it is with slot gpu0/);
    const canceled = await call("cancel", id.slice(0, -2));
    expect([canceled.code, canceled.stdout]).toEqual([0, expect.stringContaining("is canceled")]);
    await daemon.line(event("task.canceled"));
    expect((await call("show", id, "--json")).json()).toMatchObject({ state: "canceled", counts: { canceled: 9 } });
    const events = (await call("logs", id, "--json")).json<{ events: { name: string }[] }>().events;
    expect(events.map(({ name }) => name)).toEqual(expect.arrayContaining(["job.canceled", "task.canceled"]));
  });
});

describe("what a node says by code", () => {
  it("of a stray picture, a plate that changed, and a result that ComfyUI names and did not write", async () => {
    await using farm = await makeFarm({ slots: 1, frames: 1 });
    await farm.slots[0]!.child.kill();
    const daemon = farm.startDaemon();
    writeFileSync(join(farm.hot, "photo.jpg"), "not for us");
    await daemon.line(event("file.refused", { code: "HP-INTAKE-NOT-A-MANIFEST" }));
    const put = (name: string, seed: number): void =>
      writeFileSync(join(farm.hot, name), `${manifestFor(farm, `seed: ${seed}\n`)}...\n`);
    put("changed.yaml", 1);
    await daemon.line(event("manifest.accepted"));
    const plate = join(farm.plates, "SH010_PL01_v001.1001.png");
    rmSync(plate);
    await paint(plate);
    await farm.slots[0]!.restart();
    await daemon.line(event("task.failed", { code: "HP-PLATE-CHANGED" }));
    await daemon.line(event("version.burnt", { code: "HP-PUBLISH-BURNT" }));
    await fault(farm, "noFile");
    put("nofile.yaml", 2);
    await daemon.line(event("task.retried", { code: "HP-COMFY-OUTPUT" }));
    await daemon.line(event("version.committed"));
  });

  it("of a folder that is another's, of one that is not there, and of a ComfyUI that is too old", async () => {
    await using farm = await makeFarm({ slots: 1, frames: 1 });
    await farm.startDaemon().line(event("slot.up"));
    const old = createServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ system: { comfyui_version: "0.18.3" }, devices: [] }));
    });
    await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
    try {
      const address = old.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const other: Child = farm.track(new Process(["daemon/cli/main.ts", "run", "--config", second(farm, port)]));
      await other.line(event("folder.down", { folder: farm.hot, code: "HP-INTAKE-OWNER" }));
      await other.line(event("folder.down", { folder: join(farm.dir, "none"), code: "HP-INTAKE-FOLDER" }));
      const refused = await other.line(event("slot.refused"));
      expect(refused["reason"]).toContain("0.18.3 is older than 0.19 (HP-COMFY-VERSION)");
    } finally {
      old.closeAllConnections();
      old.close();
    }
  });
});

/** The same name, other pixels. */
async function paint(path: string): Promise<void> {
  const background = { r: 200, g: 20, b: 20 };
  await sharp({ create: { width: 96, height: 54, channels: 3, background } })
    .png()
    .toFile(path);
}

/** A second node with a state of its own and the first one's hot folder. */
function second(farm: Farm, port: number): string {
  mkdirSync(join(farm.dir, "state2"));
  return write(
    farm,
    "second.yaml",
    `hotplate: 1
stateDir: ${farm.dir}/state2
roots: [{name: farm, linux: ${farm.dir}}]
hotFolders: [{path: ${farm.hot}, show: T}, {path: ${farm.dir}/none, show: T}]
slots: [{name: gpu0, url: "http://127.0.0.1:${port}"}]
api: {listen: "127.0.0.1:0"}
`,
  );
}
