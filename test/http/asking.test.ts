/** The routes by which people ask: dropping, planning, cancel and retry, each once under an Idempotency-Key. */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { createIdempotency } from "../../daemon/http/idempotency.ts";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { newJob } from "../contract/store.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { apiWorld } from "./apiWorld.ts";

const MANIFEST = "use: grain\nplate: ../plates/SH010.1001.png\n";

/** Written long ago. */
async function plate(dir: string): Promise<void> {
  mkdirSync(join(dir, "plates"), { recursive: true });
  const pixels = { create: { width: 32, height: 18, channels: 3 as const, background: { r: 90, g: 80, b: 70 } } };
  const path = join(dir, "plates/SH010.1001.png");
  writeFileSync(path, await sharp(pixels).png().toBuffer());
  utimesSync(path, 1_000, 1_000);
}

describe("POST /v1/jobs", () => {
  it("drops the very bytes into the hot folder and says where the answer will be", async () => {
    await using api = await apiWorld();
    const answer = await api.post("/v1/jobs", { manifest: MANIFEST, name: "look.yaml" });
    expect([answer.status, answer.body]).toEqual([
      202,
      { kind: "dropped", dropped: join(api.hot, "look.yaml"), answer: join(api.hot, "look.yaml.STATUS.txt") },
    ]);
    expect(readFileSync(join(api.hot, "look.yaml"), "utf8")).toBe(MANIFEST);
    expect(readdirSync(api.hot)).toEqual(["look.yaml"]);
  });

  it("never writes over a manifest that waits there (HP-STATE-REFUSED)", async () => {
    await using api = await apiWorld();
    writeFileSync(join(api.hot, "look.yaml"), "mine");
    const answer = await api.post("/v1/jobs", { manifest: MANIFEST, name: "look.yaml" });
    expect([answer.status, answer.body["code"]]).toEqual([409, "HP-STATE-REFUSED"]);
    expect(readFileSync(join(api.hot, "look.yaml"), "utf8")).toBe("mine");
  });

  it("knows hot folders by path and by last name; two of one name are ambiguous, one that is down is said", async () => {
    await using api = await apiWorld();
    const drop = (folder: string) => api.post("/v1/jobs", { manifest: MANIFEST, name: "look.yaml", folder });
    expect((await drop("hot_relight")).body["dropped"]).toBe(join(api.dir, "hot_relight/look.yaml"));
    expect((await drop(join(api.dir, "other/hot"))).status).toBe(202);
    const several = await drop("hot");
    expect([several.status, several.body["code"]]).toEqual([409, "HP-ID-AMBIGUOUS"]);
    api.view.folders = api.view.folders.map((folder) => ({ ...folder, state: "down" as const, reason: "ESTALE" }));
    const down = await api.post("/v1/jobs", { manifest: MANIFEST, name: "look.yaml" });
    expect([down.status, down.body["code"]]).toEqual([503, "HP-INTAKE-FOLDER"]);
    expect(down.body["detail"]).toContain("ESTALE");
  });

  it("with dry_run says what it means, in the folder's words, and drops nothing", async () => {
    await using api = await apiWorld();
    await plate(api.dir);
    const good = await api.post("/v1/jobs?dry_run=true", { manifest: MANIFEST, name: "look.yaml" });
    expect([good.status, good.body]).toEqual([200, expect.objectContaining({ kind: "plan", tasks: 1, show: "AGM" })]);
    writeFileSync(join(api.dir, "plates/SH010.1001.png"), "");
    const growing = await api.post("/v1/jobs?dry_run=true", { manifest: MANIFEST, name: "look.yaml" });
    expect(growing.body).toMatchObject({ kind: "waiting", problems: [{ code: "HP-PLATE-GROWING" }] });
    const wrong = await api.post("/v1/jobs?dry_run=true", { manifest: "use: grain\npromt: x\n", name: "look.yaml" });
    expect(wrong.body).toMatchObject({
      kind: "rejected",
      problems: [{ code: "HP-MANIFEST-FIELD", file: "look.yaml", line: 2, col: 1, nearest: "prompt" }],
    });
    expect(readdirSync(api.hot)).toEqual([]);
  });

  it("does a request once under one key, answers it again, and refuses the key for another (HP-HTTP-KEY)", async () => {
    await using api = await apiWorld();
    const key = { "idempotency-key": "k1" };
    const first = await api.post("/v1/jobs", { manifest: MANIFEST, name: "look.yaml" }, key);
    const again = await api.post("/v1/jobs", { manifest: MANIFEST, name: "look.yaml" }, key);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    const other = await api.post("/v1/jobs", { manifest: MANIFEST, name: "other.yaml" }, key);
    expect([other.status, other.body["code"]]).toEqual([422, "HP-HTTP-KEY"]);
    expect(existsSync(join(api.hot, "other.yaml"))).toBe(false);
  });
});

describe("Idempotency keys", () => {
  const good = (body: string) => () => Promise.resolve({ status: 200, body });

  it("are refused while the first request runs, forgotten when it failed, when they are old, when there are many", async () => {
    let now = 0;
    const store = openSqliteStore({ path: ":memory:", clock: { now: () => now }, ids: { uuid: () => "s" } });
    const book = createIdempotency(store);
    let end = (): void => undefined;
    const running = book.once(
      "a",
      "p",
      () => new Promise((resolve) => (end = () => resolve({ status: 200, body: 1 }))),
    );
    await expect(book.once("a", "p", good("x"))).rejects.toMatchObject({ code: "HP-STATE-REFUSED" });
    end();
    expect(await running).toEqual({ status: 200, body: 1, again: false });
    await expect(book.once("b", "p", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect((await book.once("b", "p", good("now"))).again).toBe(false);
    now = LIMITS.idempotencyKeepMs;
    expect((await book.once("a", "another", good("new"))).body).toBe("new");
    for (let n = 0; n <= LIMITS.idempotencyKeysMax; n += 1) await book.once(`n${n}`, "p", good("x"));
    expect((await book.once("a", "third", good("newer"))).body).toBe("newer");
    await store.close();
  });

  it("hold over a restart: answered again, refused for another request, and refused where nobody knows how it ended", async () => {
    using dir = tempDir();
    const open = () =>
      openSqliteStore({ path: dir.file("state.db"), clock: { now: () => 1_000 }, ids: { uuid: () => "s" } });
    const first = open();
    await createIdempotency(first).once("done", "p", good("dropped"));
    await first.takeKey("cut off", "p");
    await first.close();
    const second = open();
    const book = createIdempotency(second);
    const twice = (): never => {
      throw new Error("it ran twice");
    };
    expect(await book.once("done", "p", twice)).toEqual({ status: 200, body: "dropped", again: true });
    await expect(book.once("done", "other", twice)).rejects.toMatchObject({ code: "HP-HTTP-KEY" });
    await expect(book.once("cut off", "p", twice)).rejects.toMatchObject({
      code: "HP-STATE-REFUSED",
      message: expect.stringContaining("cut off by a restart") as string,
    });
    await second.close();
  });
});

describe("POST /v1/jobs/:id/cancel and retry", () => {
  it("answers when the loop has done it, and in its words when it refuses", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a")]);
    const canceled = await api.post("/v1/jobs/job_a/cancel", { by: "ana" });
    expect([canceled.status, canceled.body["state"]]).toEqual([200, "done"]);
    expect(canceled.body["answer"]).toContain("canceled");
    expect(await api.store.requestRow(Number(canceled.body["request"]))).toMatchObject({ body: { by: "ana" } });
    const retried = await api.post("/v1/jobs/job_a/retry");
    expect([retried.status, retried.body["answer"]]).toEqual([200, "4 tasks of job job_a are tried again."]);
    const refused = await api.post("/v1/jobs/job_a/retry");
    expect([refused.status, refused.body["code"]]).toEqual([409, "HP-STATE-REFUSED"]);
    expect((await api.post("/v1/jobs/job_x/cancel")).status).toBe(404);
    expect((await api.post("/v1/jobs/job_a/cancel", { by: "" })).body["code"]).toBe("HP-HTTP-BODY");
  });

  it("cancels once under one key: the same answer although the job can't be canceled twice", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a")]);
    const key = { "idempotency-key": "stop" };
    const first = await api.post("/v1/jobs/job_a/cancel", undefined, key);
    expect((await api.post("/v1/jobs/job_a/cancel", undefined, key)).body).toEqual(first.body);
    expect((await api.post("/v1/jobs/job_a/retry", undefined, key)).body["code"]).toBe("HP-HTTP-KEY");
  });

  it("records what the loop can't apply in time and says so with 202", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a")]);
    api.applies = false;
    const answer = await api.post("/v1/jobs/job_a/cancel");
    expect([answer.status, answer.body["state"]]).toEqual([202, "open"]);
    expect((await api.store.openRequests(5)).map((row) => row.body.kind)).toEqual(["cancel"]);
  });
});

describe("POST /v1/slots/:name/restart", () => {
  it("records what is asked for a slot that is configured, and names those that are for another", async () => {
    await using api = await apiWorld();
    api.applies = false;
    const answer = await api.post("/v1/slots/gpu0/restart", { by: "ana" });
    expect([answer.status, answer.body["state"]]).toEqual([202, "open"]);
    expect((await api.store.openRequests(5)).map((row) => row.body)).toEqual([
      { kind: "restartSlot", slot: "gpu0", by: "ana" },
    ]);
    const unknown = await api.post("/v1/slots/gpu7/restart");
    expect([unknown.status, unknown.body["code"], unknown.body["detail"]]).toEqual([
      404,
      "HP-NOT-FOUND",
      "There is no slot gpu7. Known: gpu0.",
    ]);
  });
});

describe("POST /v1/retention", () => {
  it("records that a person wants pixels collected; the daemon does it and answers", async () => {
    await using api = await apiWorld();
    const answer = await api.post("/v1/retention", { by: "ana" });
    expect([answer.status, answer.body["answer"]]).toEqual([200, "Collected 0 things, 0 MB; 0 old enough but kept."]);
    api.applies = false;
    expect((await api.post("/v1/retention", { by: "bo" })).status).toBe(202);
    expect((await api.store.openRequests(5)).map((row) => row.body)).toEqual([{ kind: "retention", by: "bo" }]);
  });
});
