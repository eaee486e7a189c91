/** Hostile requests: another site's page, a rebound name, media instead of JSON, paths instead of ids, bodies without end. */
import { existsSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { createHttpServer } from "../../daemon/http/server.ts";
import { newJob } from "../contract/store.ts";
import { apiWorld } from "./apiWorld.ts";

interface Raw {
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** fetch sets Host, Origin and Sec-Fetch-* itself; an attacker's client does not. */
function raw(url: string, of: Raw): Promise<{ status: number; body: Record<string, unknown>; headers: object }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const options = { hostname, port, method: of.method ?? "GET", path: of.path, headers: of.headers };
    const asked = request(options, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += String(chunk)));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: JSON.parse(text === "" ? "{}" : text) as Record<string, unknown>,
        }),
      );
    });
    asked.on("error", reject);
    asked.end(of.body);
  });
}

/** Everything that is answered to these bytes. */
function bytes(url: string, sent: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(sent));
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

describe("the API, attacked", () => {
  it("answers only to its own names on its own port: a rebound name gets 421 HP-HTTP-HOST and the setting", async () => {
    await using api = await apiWorld();
    const { host, port } = new URL(api.url);
    for (const good of [host, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect([good, (await raw(api.url, { path: "/healthz", headers: { host: good } })).status]).toEqual([good, 200]);
    for (const bad of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1:1",
      "localhost",
      `127.0.0.1.evil.example:${port}`,
    ]) {
      const answer = await raw(api.url, { path: "/v1/jobs", headers: { host: bad } });
      expect([bad, answer.status, answer.body["code"]]).toEqual([bad, 421, "HP-HTTP-HOST"]);
      expect(answer.body["detail"]).toContain("api.allowedHosts");
    }
  });

  it("takes a host that the configuration allows", async () => {
    await using api = await apiWorld({ allowedHosts: ["farm07.studio.lan"] });
    const headers = { host: "farm07.studio.lan:7464" };
    expect((await raw(api.url, { path: "/healthz", headers })).status).toBe(200);
  });

  it("lets no page of another site change anything (HP-HTTP-ORIGIN), and reads nothing to it: no CORS header", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a")]);
    const { host, origin } = new URL(api.url);
    const cancel = (headers: Readonly<Record<string, string>>) =>
      raw(api.url, { method: "POST", path: "/v1/jobs/job_a/cancel", headers: { host, ...headers } });
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://127.0.0.1:1" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin, "sec-fetch-site": "cross-site" },
    ]) {
      const answer = await cancel(headers);
      expect([headers, answer.status, answer.body["code"]]).toEqual([headers, 403, "HP-HTTP-ORIGIN"]);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    expect((await api.get("/v1/jobs/job_a")).body["state"]).toBe("waiting");
    expect((await cancel({ origin, "sec-fetch-site": "same-origin" })).status).toBe(200);
    const preflight = await raw(api.url, {
      method: "OPTIONS",
      path: "/v1/jobs",
      headers: { host, origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect([
      preflight.status,
      Object.keys(preflight.headers).some((name) => name.startsWith("access-control")),
    ]).toEqual([403, false]);
  });

  it("takes JSON only: what a form of any site can send is 415 (HP-HTTP-BODY)", async () => {
    await using api = await apiWorld();
    const { host } = new URL(api.url);
    const body = JSON.stringify({ manifest: "use: grain\n", name: "x.yaml" });
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonx",
    ]) {
      const headers = { host, "content-type": type };
      const answer = await raw(api.url, { method: "POST", path: "/v1/jobs", headers, body });
      expect([type, answer.status, answer.body["code"]]).toEqual([type, 415, "HP-HTTP-BODY"]);
    }
    const chunked = { host, "transfer-encoding": "chunked" };
    expect((await raw(api.url, { method: "POST", path: "/v1/jobs", headers: chunked, body })).status).toBe(415);
    expect(readdirSync(api.hot)).toEqual([]);
  });

  it("says what is wrong with a body, by JSON pointer; a malformed one is 400, one too large 413", async () => {
    await using api = await apiWorld();
    const wrong = await api.post("/v1/jobs", { manifest: 7, name: "x.yaml", folder: ["a"], more: 1 });
    expect([wrong.status, wrong.body["code"]]).toEqual([422, "HP-HTTP-BODY"]);
    expect((wrong.body["errors"] as { pointer: string }[]).map((error) => error.pointer)).toEqual(
      expect.arrayContaining(["/manifest", "/folder"]),
    );
    const cut = await api.post("/v1/jobs", '{"manifest": "use');
    expect([cut.status, cut.body["code"]]).toEqual([400, "HP-HTTP-BODY"]);
    const proto = await api.post("/v1/jobs", '{"__proto__": {"x": 1}, "manifest": "a", "name": "x.yaml"}');
    expect([proto.status, proto.body["code"]]).toEqual([400, "HP-HTTP-BODY"]);
    const huge = await api.post("/v1/jobs", { manifest: "x".repeat(LIMITS.httpBodyBytesMax), name: "x.yaml" });
    expect([huge.status, huge.body["code"]]).toEqual([413, "HP-HTTP-BODY"]);
    const long = await api.post("/v1/jobs", { manifest: "x".repeat(LIMITS.manifestBytesMax + 1), name: "x.yaml" });
    expect([long.status, long.body["code"]]).toEqual([422, "HP-HTTP-BODY"]);
  });

  it("takes no path for an id and no path for a name", async () => {
    await using api = await apiWorld();
    const { host } = new URL(api.url);
    for (const id of ["..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "%00", "*", "%25", "job_%27%20OR%20%271%27=%271"]) {
      const answer = await raw(api.url, { path: `/v1/jobs/${id}`, headers: { host } });
      expect([id, answer.status, answer.body["code"]]).toEqual([id, 404, "HP-NOT-FOUND"]);
    }
    expect((await api.get(`/v1/jobs/${"x".repeat(LIMITS.idCharactersMax + 1)}`)).status).toBe(414);
    for (const name of ["../x.yaml", "a/b.yaml", ".x.yaml", "x.yaml\u0000", "con.yaml", "x.sh", "-x.yaml", "x.yaml "]) {
      const answer = await api.post("/v1/jobs", { manifest: "use: grain\n", name });
      expect([name, answer.status, answer.body["code"]]).toEqual([name, 422, "HP-HTTP-BODY"]);
    }
    const folder = await api.post("/v1/jobs", { manifest: "use: grain\n", name: "x.yaml", folder: "/etc" });
    expect([folder.status, folder.body["code"]]).toEqual([404, "HP-NOT-FOUND"]);
    expect([readdirSync(api.hot), existsSync(`${api.dir}/x.yaml`)]).toEqual([[], false]);
  });

  it("changes nothing by GET, and offers no other methods", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a")]);
    expect((await api.get("/v1/jobs/job_a/cancel")).body["code"]).toBe("HP-NOT-FOUND");
    const { host } = new URL(api.url);
    for (const method of ["DELETE", "PUT", "PATCH"]) {
      const answer = await raw(api.url, { method, path: "/v1/jobs/job_a", headers: { host } });
      expect([method, answer.status, answer.body["code"]]).toEqual([method, 404, "HP-NOT-FOUND"]);
    }
    expect((await api.get("/v1/jobs/job_a")).body["state"]).toBe("waiting");
  });

  it("answers with headers that keep a browser from guessing, framing and keeping", async () => {
    await using api = await apiWorld();
    const { headers } = await api.get("/v1/jobs");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("survives bytes that are no HTTP, and a request that names no host", async () => {
    await using api = await apiWorld();
    const said = await bytes(api.url, "\u0016\u0003\u0001 hello\r\n\r\n");
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(await bytes(api.url, "GET /v1/jobs HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 421 [^]*HP-HTTP-HOST/);
    expect((await api.get("/healthz")).status).toBe(200);
  });

  it("says which disk fault kept it from dropping, and gives up on a handler that hangs (HP-HTTP-TIMEOUT)", async () => {
    const fault = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    await using full = await apiWorld({ files: (files) => ({ ...files, create: () => Promise.reject(fault) }) });
    const answer = await full.post("/v1/jobs", { manifest: "use: grain\n", name: "x.yaml" });
    expect([answer.status, answer.body["code"]]).toEqual([507, "HP-DISK-FULL"]);
    expect(LIMITS.httpHandlerMs).toBeGreaterThan(LIMITS.mountCallDeadlineMs);
    // The deadline itself is the framework's; ours is what is said about it.
    await using slow = await apiWorld({
      store: (store) => ({
        ...store,
        jobs: () =>
          Promise.reject(Object.assign(new Error("late"), { code: "FST_ERR_HANDLER_TIMEOUT", statusCode: 503 })),
      }),
    });
    const late = await slow.get("/v1/jobs");
    expect([late.status, late.body["code"]]).toEqual([504, "HP-HTTP-TIMEOUT"]);
  });

  it("refuses to listen on a port that is taken, and says so", async () => {
    await using api = await apiWorld();
    const listen = new URL(api.url).host;
    const world = { config: { api: { listen, allowedHosts: [] } }, log: { event: () => undefined }, store: api.store };
    const parts = { world, view: () => api.view, wake: () => undefined, version: "0" };
    await expect(createHttpServer(parts as never)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
