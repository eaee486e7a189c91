/**
 * Reference lines: a bare WebSocket client with one prompt in flight per slot (`direct`), and with two (`prefetch`). No
 * journal, no results, no retry: the least that anybody can do.
 */
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import type { RaceTask } from "./tasks.ts";
import { graphOf } from "./tasks.ts";

export async function bareClient(urls: readonly string[], tasks: readonly RaceTask[], inFlight: number): Promise<void> {
  const waiting = [...tasks];
  let left = tasks.length;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const sockets = await Promise.all(
    urls.map(async (url) => {
      const clientId = randomUUID();
      const mine = new Set<string>();
      const socket = new WebSocket(`${url.replace("http", "ws")}/ws?clientId=${clientId}`);
      const send = async (): Promise<void> => {
        const task = waiting.shift();
        if (task === undefined) return;
        const id = randomUUID();
        mine.add(id);
        const body = JSON.stringify({ prompt: graphOf(task), prompt_id: id, client_id: clientId });
        const answer = await fetch(`${url}/prompt`, {
          method: "POST",
          body,
          headers: { "content-type": "application/json" },
        });
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
        await answer.arrayBuffer();
      };
      socket.on("message", (data, binary) => {
        if (binary) return;
        const message = JSON.parse(String(data as Buffer)) as { type: string; data: { prompt_id?: string } };
        if (message.type !== "execution_success" || !mine.delete(message.data.prompt_id ?? "")) return;
        left -= 1;
        if (left === 0) resolve();
        send().catch(reject);
      });
      socket.on("error", reject);
      await new Promise((open) => socket.once("open", open));
      return { socket, send };
    }),
  );
  for (let depth = 0; depth < inFlight; depth += 1) for (const { send } of sockets) send().catch(reject);
  await done;
  for (const { socket } of sockets) socket.terminate();
}
