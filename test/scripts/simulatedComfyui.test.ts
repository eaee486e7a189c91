/** The simulated ComfyUI as a program and as a server: its flags, its exits, and every fault it can be told to have. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import type { Graph } from "../../daemon/domain/recipe.ts";
import { FAULTS } from "../../scripts/simulatedComfyui/faults.ts";
import type { Simulated, SimulatedOptions } from "../../scripts/simulatedComfyui/server.ts";
import { startSimulatedComfyui } from "../../scripts/simulatedComfyui/server.ts";
import { flat, noisy, save } from "../contract/comfyGraphs.ts";
import type { Json } from "../contract/comfyWire.ts";
import { Wire } from "../contract/comfyWire.ts";
import { Child } from "../e2e/farm.ts";
import { REPOSITORY } from "../fixtures/sources.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const PROGRAM = "scripts/simulatedComfyui/main.ts";

interface Started {
  readonly server: Simulated;
  readonly wire: Wire;
  readonly dir: string;
}
async function start(options: Partial<SimulatedOptions> = {}): Promise<Started> {
  const dir = tempDir();
  const server = await startSimulatedComfyui({ slotDir: dir.path, ...options });
  onTestFinished(async () => {
    await server.close();
    dir[Symbol.dispose]();
  });
  return { server, wire: new Wire(server.url), dir: dir.path };
}
function run(args: readonly string[]): Child {
  const child = new Child([PROGRAM, ...args]);
  onTestFinished(async () => {
    if (child.process.exitCode === null && child.process.signalCode === null) await child.kill();
  });
  return child;
}
async function post(wire: Wire, graph: Graph, more: Json = {}): Promise<string> {
  const id = randomUUID();
  const answer = await wire.prompt(graph, { prompt_id: id, client_id: "test", ...more });
  expect(answer.status, answer.text).toBe(200);
  return id;
}
async function picture({ wire, dir }: Started, graph: Graph): Promise<{ job: Json; path: string }> {
  const job = await wire.ended(await post(wire, graph));
  const outputs = Object.values(job["outputs"] as Record<string, { images: Json[] }>);
  const file = outputs[0]?.images[0] ?? {};
  return { job, path: join(dir, "output", String(file["subfolder"]), String(file["filename"])) };
}

test("--help names every fault with what it does, and ends well", async () => {
  const child = run(["--help"]);
  expect(await child.exited).toBe(0);
  const text = child.lines.map((line) => String(line["text"])).join("\n");
  for (const [name, does] of Object.entries(FAULTS))
    expect(text).toMatch(new RegExp(`^ *${name} .*${escaped(does)}`, "m"));
});

test("the page names every fault with what it does", () => {
  const page = readFileSync(join(REPOSITORY, "docs/simulated-comfyui.md"), "utf8");
  for (const [name, does] of Object.entries(FAULTS)) expect(page).toContain(`| \`${name}\` | ${does} |`);
});

test("every fault is used by a test of the server or of the adapter", () => {
  const tests = ["test/adapters/comfyui/slot.test.ts", "test/scripts/simulatedComfyui.test.ts"];
  const text = tests.map((path) => readFileSync(join(REPOSITORY, path), "utf8")).join("\n");
  expect(Object.keys(FAULTS).filter((name) => !new RegExp(`"${name}[="@]`).test(text))).toEqual([]);
});

test.each([
  [["--nonsense"]],
  [[]],
  [["--slot-dir", "x", "--version", "0.20"]],
  [["--slot-dir", "x", "--fault", "nope"]],
])("wrong flags %j end with 2", async (args) => {
  const child = run(args);
  expect(await child.exited).toBe(2);
  expect(child.stderr.join("\n")).toContain("usage:");
});

test("it says that it is ready once, in one line, and SIGINT ends it with 0 and without temp", async () => {
  using dir = tempDir();
  const child = run(["--slot-dir", dir.path, "--version", "0.38", "--fault", "slowStart=1"]);
  const ready = await child.line((line) => typeof line["url"] === "string");
  expect(ready).toMatchObject({ version: "0.38", simulated: true, pid: child.process.pid });
  expect(existsSync(dir.file("temp"))).toBe(true);
  child.process.kill("SIGINT");
  expect(await child.exited).toBe(0);
  expect(existsSync(dir.file("temp"))).toBe(false);
});

test("a port that is taken and a locked database end it with 1, SIGTERM kills it, temp stays", async () => {
  using dir = tempDir();
  const first = run(["--slot-dir", dir.file("a")]);
  const { port } = await first.line((line) => typeof line["url"] === "string");
  const second = run(["--slot-dir", dir.file("b"), "--port", String(port)]);
  expect(await second.exited).toBe(1);
  const locked = run(["--slot-dir", dir.file("c"), "--fault", "databaseLocked"]);
  expect(await locked.exited).toBe(1);
  expect(locked.stderr.join()).toContain("ASSETS_STARTUP_FAILED: locked");
  first.process.kill("SIGTERM");
  await first.exited;
  expect(first.process.signalCode).toBe("SIGTERM");
  expect(existsSync(dir.file("a/temp"))).toBe(true);
});

test("a process that ignores signals ends by SIGKILL only, and one that dies says its exit code", async () => {
  using dir = tempDir();
  const stubborn = run(["--slot-dir", dir.file("a"), "--fault", "ignoreSignals"]);
  const { url } = await stubborn.line((line) => typeof line["url"] === "string");
  stubborn.process.kill("SIGINT");
  stubborn.process.kill("SIGTERM");
  expect((await new Wire(String(url)).get("/system_stats")).status).toBe(200);
  await stubborn.kill("SIGKILL");
  expect(stubborn.process.signalCode).toBe("SIGKILL");
  const mortal = run(["--slot-dir", dir.file("b"), "--fault", "die=139"]);
  const ready = await mortal.line((line) => typeof line["url"] === "string");
  await new Wire(String(ready["url"])).prompt(noisy("x", 1));
  expect(await mortal.exited).toBe(139);
});

test("an interrupt that is read late lets the prompt run on meanwhile", async () => {
  const { wire } = await start({ workMs: 600_000, faults: ["slowInterrupt=1"] });
  const id = await post(wire, noisy("x", 1));
  await wire.until(id, ["in_progress"]);
  await wire.send("POST", "/interrupt", { prompt_id: id });
  expect((await wire.ended(id))["status"]).toBe("cancelled");
});

test("binary previews are type 1, or type 4 with ids where metadata was asked for, and type 3 for text", async () => {
  const { wire } = await start({ faults: ["previews@all"] });
  for (const asks of [false, true]) {
    await using ear = await wire.listen();
    if (asks) {
      ear.socket.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }));
      await ear.event((event) => event.type === "feature_flags");
    }
    const id = await post(wire, noisy("x", asks ? 2 : 3), { client_id: ear.clientId });
    await ear.event((event) => event.type === "execution_success" && event.data["prompt_id"] === id);
    const [image, words] = ear.binary;
    expect(image?.readUInt32BE(0)).toBe(asks ? 4 : 1);
    expect(words?.readUInt32BE(0)).toBe(3);
    if (image === undefined) throw new Error("no preview came");
    const at = asks ? 8 + image.readUInt32BE(4) : 8;
    if (asks)
      expect(JSON.parse(image.subarray(8, at).toString())).toMatchObject({ prompt_id: id, image_type: "image/jpeg" });
    else expect(image.readUInt32BE(4)).toBe(1);
    expect(image.subarray(at, at + 2)).toEqual(Buffer.from([0xff, 0xd8]));
  }
});

test("0.38 saves through SaveImageAdvanced with 16 bits and without the last underscore; 0.19 has no such class", async () => {
  const graph: Graph = {
    e: flat(0x4080c0),
    out: {
      class_type: "SaveImageAdvanced",
      inputs: { images: ["e", 0], filename_prefix: "deep/a", format: "png", "format.bit_depth": "16-bit" },
    },
  };
  const { path } = await picture(await start({ version: "0.38" }), graph);
  expect(path.endsWith("deep/a_00001.png")).toBe(true);
  expect((await sharp(path).metadata()).depth).toBe("ushort");
  const { wire } = await start();
  expect((await wire.prompt(graph)).json).toMatchObject({ error: { type: "missing_node_type" } });
});

test("0.19 names the one device that it uses, 0.38 all that it sees and its packages", async () => {
  for (const version of ["0.19", "0.38"] as const) {
    const { json } = await (await start({ version })).wire.get("/system_stats");
    expect((json["devices"] as Json[]).map((device) => device["index"])).toEqual(version === "0.19" ? [0] : [0, 1]);
    expect("comfy_package_versions" in (json["system"] as Json)).toBe(version === "0.38");
  }
});

test("0.19 loads what lies outside its input directory, 0.38 refuses it", async () => {
  using other = tempDir();
  const outside = other.file("secret.png");
  await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toFile(outside);
  const graph = (): Graph => ({
    p: { class_type: "LoadImage", inputs: { image: outside } },
    out: save("p", "x"),
  });
  const old = await start();
  expect((await old.wire.ended(await post(old.wire, graph())))["status"]).toBe("completed");
  const { wire } = await start({ version: "0.38" });
  const refused = await wire.prompt(graph());
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("Invalid image file");
});

test("results can be black, cut, too narrow or absent, each named as if it were well", async () => {
  const graph = (): Graph => ({ e: flat(0x808080, 200, 100), out: save("e", `x/${randomUUID()}`) });
  const black = await picture(await start({ faults: ["black"] }), graph());
  expect((await sharp(black.path).stats()).channels.map((channel) => channel.max)).toEqual([0, 0, 0]);
  const cut = await picture(await start({ faults: ["truncated"] }), graph());
  await expect(sharp(cut.path, { failOn: "truncated" }).raw().toBuffer()).rejects.toThrow();
  const narrow = await picture(await start({ faults: ["wrongSize"] }), graph());
  expect((await sharp(narrow.path).metadata()).width).toBe(199);
  const absent = await picture(await start({ faults: ["noFile"] }), graph());
  expect(absent.job["status"]).toBe("completed");
  expect(existsSync(absent.path)).toBe(false);
});

test("a graph node can fail, an answer can be late, and a fault can be set and cleared while it runs", async () => {
  const { wire } = await start({ faults: ["nodeError", "slowAnswer=1@all"] });
  const failed = await wire.ended(await post(wire, noisy("x", 1)));
  expect(failed["execution_error"]).toMatchObject({ exception_type: "RuntimeError", node_type: "ImageBlur" });
  expect((await wire.send("POST", "/simulated/fault", { fault: "nope" })).status).toBe(400);
  expect((await wire.send("POST", "/simulated/fault", { fault: "oom" })).status).toBe(200);
  expect((await wire.send("POST", "/simulated/fault", { clear: true })).status).toBe(200);
  expect((await wire.ended(await post(wire, noisy("x", 2))))["status"]).toBe("completed");
});

test("every picture says SIMULATED in its declared corner, and the server says it in /system_stats", async () => {
  const started = await start();
  const { path } = await picture(started, { e: flat(0x808080, 400, 240), out: save("e", "x") });
  const corner = await sharp(path).extract({ left: 0, top: 220, width: 100, height: 20 }).toBuffer();
  const [red] = (await sharp(corner).stats()).channels;
  expect(red?.min).toBeLessThan(40);
  expect(red?.max).toBeGreaterThan(220);
  expect((await started.wire.get("/system_stats")).json["system"]).toMatchObject({ hotplate_simulated: true });
});

test("VAELoader offers the files that are there and, as a real one does, pixel_space", async () => {
  const { wire, dir } = await start();
  const offered = async (): Promise<unknown> => {
    const { json } = await wire.get("/object_info/VAELoader");
    return (json["VAELoader"] as { input: { required: { vae_name: unknown[] } } }).input.required.vae_name[0];
  };
  expect(await offered()).toEqual(["pixel_space"]);
  mkdirSync(join(dir, "models/vae"), { recursive: true });
  writeFileSync(join(dir, "models/vae/a.safetensors"), "x");
  expect(await offered()).toEqual(["a.safetensors", "pixel_space"]);
  expect(readdirSync(join(dir, "models"))).toContain("checkpoints");
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
