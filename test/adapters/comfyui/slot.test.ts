/** The adapter against the simulated ComfyUI's faults: whatever it answers, or does not, becomes a value or an error with a code. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { createComfy } from "../../../daemon/adapters/comfyui/slot.ts";
import type { PromptId } from "../../../daemon/domain/ids.ts";
import type { ComfySlot } from "../../../daemon/ports.ts";
import type { Simulated, SimulatedOptions } from "../../../scripts/simulatedComfyui/server.ts";
import { startSimulatedComfyui } from "../../../scripts/simulatedComfyui/server.ts";
import { ended, stopped } from "../../contract/comfy.ts";
import { flat, noisy, save, slow } from "../../contract/comfyGraphs.ts";
import { Wire } from "../../contract/comfyWire.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

interface Bench {
  readonly server: Simulated;
  readonly slot: ComfySlot;
  readonly dir: TempDir;
  /** Resolves at the next wake. */
  readonly woken: () => Promise<void>;
}

async function bench(
  options: Partial<SimulatedOptions> & { readonly timeoutMs?: number; readonly shared?: boolean } = {},
): Promise<Bench> {
  const dir = tempDir();
  const { timeoutMs, shared, ...rest } = options;
  const server = await startSimulatedComfyui({ slotDir: dir.path, ...rest });
  let ring: () => void = () => undefined;
  const comfy = createComfy({ pauseMs: 1, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const directories = { input: join(dir.path, "input"), output: join(dir.path, "output") };
  const slot = comfy.open(
    { name: "gpu0", url: server.url, demo: true, ...(shared === true ? { shared: directories } : {}) },
    () => ring(),
  );
  onTestFinished(async () => {
    await slot.close();
    await server.close();
    dir[Symbol.dispose]();
  });
  return {
    server,
    slot,
    dir,
    woken: () =>
      new Promise((resolve) => {
        ring = resolve;
      }),
  };
}
const id = (): PromptId => randomUUID() as PromptId;
const prompt = (own: PromptId, seed = 1): Parameters<ComfySlot["submit"]>[0] => ({
  id: own,
  graph: noisy(`hotplate/${own}`, seed),
  jobId: "job_1",
});

test("a POST whose answer is lost throws, and status finds the prompt that was accepted", async () => {
  const { slot, server } = await bench({ faults: ["lostPostAnswer"] });
  const own = id();
  await expect(slot.submit(prompt(own))).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await ended(slot, own)).kind).toBe("completed");
  expect(server.log.json().prompts.map((entry) => entry.id)).toEqual([own]);
});

test("a server that hangs is an ETIMEDOUT within the time given, for every call", async () => {
  const { slot, server, dir } = await bench({ timeoutMs: 50 });
  writeFileSync(dir.file("plate.png"), "x");
  server.faults.set("hang=/@all");
  const output = { node: "1", filename: "a.png", subfolder: "", type: "output" } as const;
  const calls: (() => Promise<unknown>)[] = [
    () => slot.stats(),
    () => slot.submit(prompt(id())),
    () => slot.status(id()),
    () => slot.cancel(id()),
    () => slot.place(dir.file("plate.png"), "plate.png"),
    () => slot.fetch(output, dir.file("result.png")),
    () => slot.forget(id()),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "ETIMEDOUT" });
  expect(existsSync(dir.file("result.png"))).toBe(false);
});

test("nobody listening is an ECONNREFUSED", async () => {
  const { slot, server } = await bench();
  await server.close();
  await expect(slot.stats()).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a 500 of /prompt is a refusal, not a lost answer", async () => {
  const { slot } = await bench({ faults: ["serverError"] });
  expect(await slot.submit(prompt(id()))).toMatchObject({
    kind: "refused",
    error: { message: expect.stringMatching(/^500 Internal/) as unknown },
  });
});

test("a 200 that leaves an output out is a refusal, and what would still run is canceled", async () => {
  const { slot, server } = await bench({ faults: ["leftOut"], workMs: 600_000 });
  const own = id();
  expect(await slot.submit(prompt(own))).toMatchObject({
    kind: "refused",
    error: { exceptionType: "custom_validation_failed", classType: "SaveImage" },
  });
  // It would run for ten minutes.
  while (["pending", "running"].includes((await slot.status(own)).kind));
  expect(server.log.entry(own)?.outcome).not.toBe("success");
});

test("success without outputs is told as it is: completed, and no file", async () => {
  const { slot } = await bench({ faults: ["noOutputs"] });
  const own = id();
  await slot.submit(prompt(own));
  expect(await ended(slot, own)).toMatchObject({ kind: "completed", outputs: [] });
});

test("a named result that is not there is an ENOENT, and nothing is left behind", async () => {
  for (const shared of [false, true]) {
    const { slot, dir } = await bench({ faults: ["noFile"], shared });
    const own = id();
    await slot.submit(prompt(own));
    const done = await ended(slot, own);
    if (done.kind !== "completed") throw new Error(done.kind);
    await expect(slot.fetch(done.outputs[0]!, dir.file("result.png"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(existsSync(dir.file("result.png"))).toBe(false);
  }
});

test("a download that breaks off leaves no half file, and works the next time", async () => {
  const { slot, dir } = await bench({ faults: ["cutView"] });
  const own = id();
  await slot.submit({ id: own, graph: slow(`hotplate/${own}`, 3, { blurs: 1, side: 512 }), jobId: "job_1" });
  const done = await ended(slot, own);
  if (done.kind !== "completed") throw new Error(done.kind);
  await expect(slot.fetch(done.outputs[0]!, dir.file("result.png"))).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(existsSync(dir.file("result.png"))).toBe(false);
  await slot.fetch(done.outputs[0]!, dir.file("result.png"));
  expect(existsSync(dir.file("result.png"))).toBe(true);
});

test("a false success is a failure", async () => {
  const { slot } = await bench({ faults: ["falseSuccess"] });
  const own = id();
  await slot.submit(prompt(own));
  expect(await ended(slot, own)).toMatchObject({
    kind: "failed",
    error: { kind: "failed", message: "Dependency cycle detected" },
  });
});

test("out of memory and a poisoned process come with the exceptions that the rules know", async () => {
  const { slot } = await bench({ faults: ["oom", "cudaError@2"] });
  const [first, second, third] = [id(), id(), id()];
  for (const [seed, own] of [first, second, third].entries()) await slot.submit(prompt(own, seed));
  expect(await ended(slot, first)).toMatchObject({
    kind: "failed",
    error: { exceptionType: "torch.OutOfMemoryError", classType: "ImageBlur" },
  });
  for (const own of [second, third])
    expect(await ended(slot, own)).toMatchObject({
      kind: "failed",
      error: { message: expect.stringContaining("CUDA error") as unknown },
    });
});

test("a prompt between queue and history is never unknown", async () => {
  const { slot, server } = await bench({ faults: ["lateHistory"] });
  const own = id();
  await slot.submit(prompt(own));
  await logged(server, own);
  expect((await slot.status(own)).kind).toBe("running");
  server.release();
  expect((await ended(slot, own)).kind).toBe("completed");
});

test("after a restart a prompt is unknown, and the slot works again", async () => {
  const { slot, server } = await bench({ workMs: 600_000 });
  const own = id();
  await slot.submit(prompt(own));
  await server.restart();
  expect(await slot.status(own)).toEqual({ kind: "unknown" });
  expect((await slot.stats()).simulated).toBe(true);
  expect(await slot.submit(prompt(id()))).toEqual({ kind: "accepted", number: 0 });
});

test("a prompt that never reaches history is unknown in the end", async () => {
  const { slot, server } = await bench({ faults: ["forget"] });
  const own = id();
  await slot.submit(prompt(own));
  await logged(server, own);
  expect(await slot.status(own)).toEqual({ kind: "unknown" });
});

test("a zombie keeps the prompt running for ever: HTTP says nothing is wrong", async () => {
  const { slot } = await bench({ faults: ["zombie"] });
  const own = id();
  await slot.submit(prompt(own));
  await slot.submit(prompt(id(), 2));
  expect((await slot.status(own)).kind).toBe("running");
  expect((await slot.stats()).simulated).toBe(true);
});

test.each(["0.19", "0.38"] as const)(
  "a cancel that %s loses is sent again until the prompt has ended",
  async (version) => {
    const { slot, server } = await bench({ version, workMs: 600_000, faults: ["lostCancel@1-3"] });
    const own = id();
    await slot.submit(prompt(own));
    await new Wire(server.url).until(own, ["in_progress"]);
    await slot.cancel(own);
    expect((await slot.status(own)).kind).toBe("running");
    expect(await stopped(slot, own)).toMatchObject({ kind: "failed", error: { kind: "interrupted" } });
  },
);

test.each(["0.19", "0.38"] as const)(
  "canceling a pending prompt of %s leaves the running one alone",
  async (version) => {
    const { slot, server } = await bench({ version, workMs: 600_000 });
    const [running, pending] = [id(), id()];
    await slot.submit(prompt(running));
    await slot.submit(prompt(pending, 2));
    await new Wire(server.url).until(running, ["in_progress"]);
    await slot.cancel(pending);
    expect(await slot.status(pending)).toEqual({ kind: "unknown" });
    expect((await slot.status(running)).kind).toBe("running");
  },
);

test("the way to cancel is asked for once, and every interrupt names its prompt", async () => {
  const { slot, server } = await bench({ workMs: 600_000 });
  const own = id();
  await slot.submit(prompt(own));
  await slot.cancel(id());
  await slot.cancel(id());
  expect((await slot.status(own)).kind).toBe("running");
  const { requests } = server.log.json();
  expect(Object.entries(requests).filter(([route]) => route.endsWith("/cancel"))).toEqual([
    ["POST /api/jobs/{id}/cancel", 1],
  ]);
  expect(requests["POST /interrupt"]).toBe(2);
});

test("cut sockets are made anew under another id, and prompts run on", async () => {
  const { slot, server, woken } = await bench({ faults: ["dropSocket"] });
  const own = id();
  const first = woken();
  await slot.submit(prompt(own));
  await first;
  expect((await ended(slot, own)).kind).toBe("completed");
  const wire = new Wire(server.url);
  for (;;) {
    const sockets = (await wire.get("/simulated/log")).json["sockets"] as { open: number; opened: number };
    if (sockets.opened >= 2 && sockets.open === 1) break;
  }
  const second = id();
  const wake = woken();
  await slot.submit(prompt(second, 2));
  await wake;
  expect((await ended(slot, second)).kind).toBe("completed");
});

test("a socket that was muted is made anew as soon as a prompt ended unheard", async () => {
  const { slot, server } = await bench({ faults: ["muteSocket"] });
  const wire = new Wire(server.url);
  const sockets = async (): Promise<{ open: number; opened: number }> =>
    (await wire.get("/simulated/log")).json["sockets"] as { open: number; opened: number };
  while ((await sockets()).open < 1);
  const clients: unknown[] = [];
  for (const seed of [1, 2, 3]) {
    const own = id();
    await slot.submit(prompt(own, seed));
    await ended(slot, own);
    clients.push(
      ((await wire.get(`/api/jobs/${own}`)).json["workflow"] as { extra_data: { client_id: string } }).extra_data
        .client_id,
    );
    while ((await sockets()).open < 1);
  }
  expect((await sockets()).opened).toBeGreaterThanOrEqual(2);
  expect(new Set(clients).size).toBeGreaterThanOrEqual(2);
});

test("lost, doubled and unknown events, previews and blocked outputs change no verdict", async () => {
  for (const fault of ["loseEvents", "doubleEvents", "unknownEvents", "previews", "blockedEvent", "stallSockets"]) {
    const { slot } = await bench({ faults: [fault] });
    const own = id();
    await slot.submit(prompt(own));
    expect((await ended(slot, own)).kind, fault).toBe("completed");
  }
});

test("requests say the address asked as Host, and no Origin", async () => {
  const { createServer } = await import("node:http");
  const seen: { host: string | undefined; origin: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ host: request.headers.host, origin: request.headers.origin });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const slot = createComfy({ timeoutMs: 2_000 }).open(
    { name: "gpu0", url: `http://127.0.0.1:${port}/`, demo: false },
    () => undefined,
  );
  await slot.stats();
  await slot.forget(id());
  await slot.close();
  server.closeAllConnections();
  server.close();
  expect(seen.length).toBeGreaterThanOrEqual(2);
  for (const one of seen) expect(one).toEqual({ host: `127.0.0.1:${port}`, origin: undefined });
});

test("names that lead out of the slot's directories are refused before anything is touched", async () => {
  for (const shared of [false, true]) {
    const { slot, dir } = await bench({ shared });
    writeFileSync(dir.file("plate.png"), "x");
    await expect(slot.place(dir.file("plate.png"), "../plate.png")).rejects.toMatchObject({ code: "EPROTO" });
  }
  const { slot, dir } = await bench({ shared: true });
  mkdirSync(dir.file("output/hotplate"), { recursive: true });
  writeFileSync(dir.file("secret.png"), "secret");
  symlinkSync(dir.file("secret.png"), dir.file("output/hotplate/link.png"));
  const named = (filename: string, subfolder: string): Promise<void> =>
    slot.fetch({ node: "1", filename, subfolder, type: "output" }, dir.file("result.png"));
  await expect(named("secret.png", "..")).rejects.toMatchObject({ code: "EPROTO" });
  await expect(named("link.png", "hotplate")).rejects.toMatchObject({ code: "EINVAL" });
  for (const no of ["", "..", "a"]) await expect(slot.forget(no as PromptId)).rejects.toMatchObject({ code: "EINVAL" });
  expect(existsSync(dir.file("result.png"))).toBe(false);
  expect(existsSync(dir.file("secret.png"))).toBe(true);
});

test("forgetting takes away what the attempt placed and made, and nothing else", async () => {
  const { slot, dir } = await bench({ shared: true });
  mkdirSync(dir.file("input/hotplate"), { recursive: true });
  const other = id();
  for (const path of ["input/of-others.png", `input/hotplate/${other}.png`]) writeFileSync(dir.file(path), "x");
  await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toFile(dir.file("plate.png"));
  const own = id();
  await slot.place(dir.file("plate.png"), `${own}.png`);
  await slot.place(dir.file("plate.png"), `${own}-foreground.png`);
  // Two pictures are saved, and then a graph node fails: nothing reports what was written.
  const graph = {
    e: flat(),
    out: save("e", `hotplate/${own}`),
    more: save("e", `hotplate/${own}-x1`),
    bad: save("e", "../outside"),
  };
  await slot.submit({ id: own, graph, jobId: "job_1" });
  expect((await ended(slot, own)).kind).toBe("failed");
  await slot.forget(own);
  expect(readdirSync(dir.file("input")).sort()).toEqual(["hotplate", "of-others.png"]);
  expect(readdirSync(dir.file("input/hotplate"))).toEqual([`${other}.png`]);
  expect(readdirSync(dir.file("output/hotplate"))).toEqual([]);
});

test("the same plate is uploaded under one name, however many attempts use it", async () => {
  const { slot, dir } = await bench();
  const side = async (color: string): Promise<string> => {
    await sharp({ create: { width: 8, height: 8, channels: 3, background: color } })
      .png()
      .toFile(dir.file("plate.png"));
    return slot.place(dir.file("plate.png"), `${id()}.png`);
  };
  const [first, again, other] = [await side("red"), await side("red"), await side("blue")];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(readdirSync(dir.file("input/hotplate"))).toHaveLength(2);
});

test("classes asked for by name tell what was installed since, and leave out what is not there", async () => {
  const { slot, dir } = await bench();
  const before = await slot.catalogue();
  expect(before["CheckpointLoaderSimple"]?.inputs["ckpt_name"]?.options).toEqual([]);
  writeFileSync(dir.file("models/checkpoints/a.safetensors"), "x");
  const now = await slot.catalogue(["CheckpointLoaderSimple", "SaveImage", "Nope", "SaveImage"]);
  expect(Object.keys(now)).toEqual(["CheckpointLoaderSimple", "SaveImage"]);
  expect(now["CheckpointLoaderSimple"]?.inputs["ckpt_name"]?.options).toEqual(["a.safetensors"]);
});

test("a closed slot answers no more and keeps nothing open", async () => {
  const { slot, server } = await bench();
  await slot.stats();
  const hanging = (server.faults.set("hang=/queue@all"), slot.status(id()));
  const settled = hanging.catch((error: unknown) => error);
  await slot.close();
  expect(await settled).toMatchObject({ code: "ABORT_ERR" });
  await expect(slot.stats()).rejects.toMatchObject({ code: "ABORT_ERR" });
  const wire = new Wire(server.url);
  for (;;) if (((await wire.get("/simulated/log")).json["sockets"] as { open: number }).open === 0) break;
});

/** Until the server has ended its work on the prompt, whatever history says. */
async function logged(server: Simulated, own: PromptId): Promise<void> {
  const wire = new Wire(server.url);
  while (server.log.entry(own)?.endedMs === null) await wire.get("/prompt");
}
