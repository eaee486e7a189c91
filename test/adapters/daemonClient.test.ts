/** Calls to the daemon: its own words on a refusal, a deadline when it hangs, and no daemon when nobody is there. */
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { callDaemon } from "../../daemon/adapters/daemonClient.ts";

async function listening(answer: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const get = { method: "GET", path: "/v1/node" } as const;

describe("a call to the daemon", () => {
  it("gives the answer, and sends a body as JSON", async () => {
    await using server = await listening((request, response) => {
      let text = "";
      request.on("data", (chunk) => (text += String(chunk)));
      request.on("end", () => response.end(JSON.stringify([request.method, request.headers["content-type"], text])));
    });
    expect(await callDaemon(server.url, { method: "POST", path: "/x", body: { by: "ana" } })).toEqual([
      "POST",
      "application/json",
      '{"by":"ana"}',
    ]);
  });

  it("throws a refusal with its own code, words and hint", async () => {
    await using server = await listening((_request, response) => {
      response.writeHead(404, { "content-type": "application/problem+json" });
      response.end(JSON.stringify({ code: "HP-NOT-FOUND", detail: "There is no job x.", hint: "look" }));
    });
    await expect(callDaemon(server.url, get)).rejects.toMatchObject({
      code: "HP-NOT-FOUND",
      message: "There is no job x.",
      hint: "look",
      exit: 6,
    });
  });

  it("does not take another program's answer for Hotplate's", async () => {
    await using server = await listening((_request, response) => response.end("<html>hello</html>"));
    await expect(callDaemon(server.url, get)).rejects.toMatchObject({ code: "HP-INTERNAL" });
  });

  it("gives up on one that hangs (HP-HTTP-TIMEOUT), before its head and in the middle of its body", async () => {
    await using hangs = await listening(() => undefined);
    await expect(callDaemon(hangs.url, get, 50)).rejects.toMatchObject({ code: "HP-HTTP-TIMEOUT", exit: 8 });
    await using stops = await listening((_request, response) => {
      response.writeHead(200);
      response.write("{");
    });
    await expect(callDaemon(stops.url, get, 50)).rejects.toMatchObject({ code: "HP-HTTP-TIMEOUT" });
  });

  it("says that nobody is there (HP-DAEMON-ABSENT)", async () => {
    await expect(callDaemon("http://127.0.0.1:9", get)).rejects.toMatchObject({ code: "HP-DAEMON-ABSENT", exit: 5 });
  });
});
