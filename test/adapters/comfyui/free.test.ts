/** Emptying a ComfyUI is asked for once and never acknowledged: what `/system_stats` says afterwards decides. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createComfy } from "../../../daemon/adapters/comfyui/slot.ts";
import type { ComfySlot } from "../../../daemon/ports.ts";

const GIB = 1024 ** 3;

/** Answers with the next amount that torch holds, the last one for ever; null: no such figure. */
async function slotHolding(
  type: string,
  held: readonly (number | null)[],
): Promise<{ slot: ComfySlot; asked: string[] }> {
  const left = [...held];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/free") {
      request.on("data", (chunk: Buffer) => asked.push(chunk.toString()));
      request.on("end", () => response.end());
      return;
    }
    const now = left.length > 1 ? left.shift() : left[0];
    const device = { name: "cuda:0", type, index: 0, vram_total: 24 * GIB, vram_free: GIB };
    const torch = now === null || now === undefined ? {} : { torch_vram_total: now };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ system: { comfyui_version: "0.19.1" }, devices: [{ ...device, ...torch }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const slot = createComfy({ freeLookMs: 0 }).open({ name: "gpu0", url, demo: false }, () => undefined);
  onTestFinished(async () => {
    await slot.close();
    server.closeAllConnections();
    server.close();
  });
  return { slot, asked };
}

test("it is freed when torch holds next to nothing, some looks later", async () => {
  const { slot, asked } = await slotHolding("cuda", [20 * GIB, 20 * GIB, 9 * GIB, 0.1 * GIB]);
  expect(await slot.free()).toBe(true);
  expect(asked).toEqual(['{"unload_models":true,"free_memory":true}']);
});

test("it is not freed when torch goes on holding, or does not say", async () => {
  expect(await (await slotHolding("cuda", [20 * GIB])).slot.free()).toBe(false);
  expect(await (await slotHolding("cuda", [null])).slot.free()).toBe(false);
});

test("on a CPU the request is all there is", async () => {
  expect(await (await slotHolding("cpu", [30 * GIB])).slot.free()).toBe(true);
});
