/** One slot's ComfyUI behind `ports.ts`: the client for truth, the socket for speed, a transport for files. */
import { setTimeout as delay } from "node:timers/promises";
import type { SlotConfig } from "../../domain/config.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Comfy, ComfySlot, Wake } from "../../ports.ts";
import { ComfyClient } from "./client.ts";
import { createHttp } from "./http.ts";
import type { SocketOptions } from "./socket.ts";
import { openSocket } from "./socket.ts";
import { transportOf } from "./transport.ts";

export interface ComfyOptions extends SocketOptions {
  /** Between two looks at what it freed, ms. */
  readonly freeLookMs?: number;
  /** Of one call, ms. */
  readonly timeoutMs?: number;
}

export function createComfy(options: ComfyOptions = {}): Comfy {
  return { open: (slot, wake) => openSlot(slot, wake, options) };
}

function openSlot(slot: SlotConfig, wake: Wake, options: ComfyOptions): ComfySlot {
  const timeoutMs = options.timeoutMs ?? LIMITS.comfyCallTimeoutMs;
  const http = createHttp(slot.url, timeoutMs);
  const client = new ComfyClient(http);
  const socket = openSocket(slot.url, wake, options);
  const transport = transportOf(slot, http, timeoutMs);
  return {
    stats: () => client.stats(),
    catalogue: (classes) => (classes === undefined ? client.catalogue() : client.classes(classes)),
    submit(prompt) {
      // Its events may come before the answer does.
      socket.expect(prompt.id, Object.keys(prompt.graph).length);
      return client.submit({ ...prompt, clientId: socket.clientId() });
    },
    async status(id) {
      const status = await client.status(id);
      if (status.kind === "completed" || status.kind === "failed") socket.ended(id);
      return status;
    },
    queue: () => client.queue(),
    cancel: (id) => client.cancel(id),
    free: () => freed(client, options),
    place: (localPath, name) => transport.place(localPath, name),
    fetch: (output, to) => transport.fetch(output, to),
    async forget(id) {
      socket.forget(id);
      await transport.remove(id);
      await client.forget(id);
    },
    progress: (id) => socket.progress(id),
    close() {
      socket.close();
      http.close();
      return Promise.resolve();
    },
  };
}

/** On a CPU there is no memory of a device to look at: the request is all there is. */
async function freed(client: ComfyClient, options: ComfyOptions): Promise<boolean> {
  await client.free();
  const looks = Math.ceil(LIMITS.freeMs / LIMITS.freeLookMs);
  for (let look = 0; look < looks; look += 1) {
    const { type, heldMiB } = await client.memory();
    if (type === "cpu" || (heldMiB !== null && heldMiB <= LIMITS.freeLeftMiB)) return true;
    await delay(options.freeLookMs ?? LIMITS.freeLookMs);
  }
  return false;
}
