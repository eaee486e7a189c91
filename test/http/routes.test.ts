/** The routes that read: what they give, page by page, and the words when there is nothing of that name. */
import { describe, expect, it } from "vitest";
import type { JobId, PromptId, SlotName, StepId } from "../../daemon/domain/ids.ts";
import { newJob } from "../contract/store.ts";
import type { ApiWorld } from "./apiWorld.ts";
import { apiWorld } from "./apiWorld.ts";

async function withJobs(...ids: readonly string[]): Promise<ApiWorld> {
  const api = await apiWorld();
  await api.store.submit(ids.map((id) => newJob(id)));
  return api;
}

/** All tasks staged, passed and published. */
async function finish({ store }: ApiWorld, id: string): Promise<void> {
  const step = `${id}/1` as StepId;
  const fence = await store.reserveVersion(step);
  await store.openVersion(step, fence, { number: 1, stagingDir: "/s/x" });
  const ran = { gpuSeconds: 0.5, cold: false, vramMiB: null };
  for (;;) {
    const task = (await store.heads({ heads: 1, tasksEach: 1 }))[0]?.tasks[0];
    if (task === undefined) break;
    const grant = await store.grant(task.id, "gpu0" as SlotName, `p-${task.id}` as PromptId);
    await store.stage(grant!, [{ path: "/x", sha256: "a", bytes: 1, frame: 1 }], ran);
    await store.inspected(grant!, { verdict: "pass", findings: [], notApplied: [], reader: "t" }, "pass", null);
  }
  await store.beginPublish(step, fence, { targetPath: `/s/${id}/v001`, stagingPath: "/s/x/tree", commitSha256: "c" });
  await store.endPublish(step, fence);
}

describe("the API, reading", () => {
  it("says that it lives, and whether it can work, naming what is down", async () => {
    await using api = await apiWorld();
    expect(await api.get("/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect((await api.get("/readyz")).status).toBe(200);
    api.view.slots = api.view.slots.map((slot) => ({ ...slot, state: "down" as const }));
    const down = await api.get("/readyz");
    expect([down.status, down.body["ready"], down.body["slots"]]).toEqual([503, false, [{ name: "gpu0", up: false }]]);
  });

  it("gives the node's picture with a count where the loop keeps a set", async () => {
    await using api = await apiWorld();
    const { body } = await api.get("/v1/node");
    expect(body).toMatchObject({ node: "farm07", slots: [{ name: "gpu0", classes: 1 }], folders: [{ show: "AGM" }] });
  });

  it("lists jobs newest first, page by page, with a Link for the next", async () => {
    await using api = await withJobs("job_a", "job_b", "job_c");
    const ids = (answer: Awaited<ReturnType<ApiWorld["get"]>>): readonly string[] =>
      (answer.body["jobs"] as { id: string }[]).map((job) => job.id);
    const first = await api.get("/v1/jobs?limit=2&show=AGM");
    expect([ids(first), first.body["next"]]).toEqual([["job_c", "job_b"], "job_b"]);
    expect(first.headers.get("link")).toBe('</v1/jobs?limit=2&show=AGM&cursor=job_b>; rel="next"');
    const last = await api.get("/v1/jobs?limit=2&show=AGM&cursor=job_b");
    expect([ids(last), last.body["next"], last.headers.get("link")]).toEqual([["job_a"], null, null]);
    expect(ids(await api.get("/v1/jobs?show=NONE"))).toEqual([]);
    expect(ids(await api.get("/v1/jobs?state=waiting"))).toEqual(["job_c", "job_b", "job_a"]);
  });

  it("refuses a cursor, a limit or a filter that it did not give (HP-HTTP-BODY)", async () => {
    await using api = await withJobs("job_a");
    for (const query of ["cursor=nothing", "limit=0", "limit=501", "state=tired", "shwo=AGM"]) {
      const answer = await api.get(`/v1/jobs?${query}`);
      expect([query, answer.status, answer.body["code"]]).toEqual([query, 422, "HP-HTTP-BODY"]);
    }
    expect((await api.get("/v1/jobs/job_a/tasks?cursor=x")).body["code"]).toBe("HP-HTTP-BODY");
  });

  it("finds a job by its id or by a beginning that only one has (HP-ID-AMBIGUOUS, HP-NOT-FOUND)", async () => {
    await using api = await withJobs("job_aa", "job_ab", "job_b");
    expect((await api.get("/v1/jobs/job_b")).body).toMatchObject({ id: "job_b", state: "waiting", show: "AGM" });
    const several = await api.get("/v1/jobs/job_a");
    expect([several.status, several.body["code"]]).toEqual([409, "HP-ID-AMBIGUOUS"]);
    expect(several.body["detail"]).toContain("job_aa");
    const none = await api.get("/v1/jobs/job_x");
    expect([none.status, none.body["code"], none.headers.get("content-type")]).toEqual([
      404,
      "HP-NOT-FOUND",
      "application/problem+json",
    ]);
    expect(none.body).toMatchObject({ type: "docs/errors.md#hp-not", instance: "/v1/jobs/job_x" });
  });

  it("lists a job's tasks in the order of the plan, page by page, by state", async () => {
    await using api = await withJobs("job_a");
    const seen: string[] = [];
    for (let path: string | null = "/v1/jobs/job_a/tasks?limit=3"; path !== null; ) {
      const page = await api.get(path);
      for (const task of page.body["tasks"] as { wedge: string; frame: number }[])
        seen.push(`${task.wedge}.${task.frame}`);
      const next = page.body["next"] as string | null;
      path = next === null ? null : `/v1/jobs/job_a/tasks?limit=3&cursor=${next}`;
    }
    expect(seen).toEqual(["w001.1001", "w001.1002", "w002.1001", "w002.1002"]);
    expect((await api.get("/v1/jobs/job_a/tasks?state=failed")).body["tasks"]).toEqual([]);
  });

  it("lists committed versions with their place", async () => {
    await using api = await withJobs("job_a", "job_b");
    expect((await api.get("/v1/versions")).body).toEqual({ versions: [], next: null });
    await finish(api, "job_a");
    expect((await api.get("/v1/versions")).body).toMatchObject({
      versions: [{ job: "job_a", version: "v001", path: "/s/job_a/v001", state: "committed" }],
    });
  });

  it("explains a job and one task of it, by the scheduler's own reasons", async () => {
    await using api = await withJobs("job_a");
    const job = await api.get("/v1/jobs/job_a/explain");
    expect(job.body).toMatchObject({ job: "job_a", tasks: [{ state: "blocked", alike: 4 }] });
    const [task] = await api.store.tasks("job_a/1" as StepId, { limit: 1 });
    const one = await api.get(`/v1/tasks/${encodeURIComponent(task!.id)}/explain`);
    expect(one.body).toMatchObject({ task: task!.id, state: "blocked" });
    expect((one.body["reasons"] as { message: string }[])[0]?.message).toContain("version number is being claimed");
    expect((await api.get("/v1/tasks/none/explain")).body["code"]).toBe("HP-NOT-FOUND");
  });

  it("gives the event sequence in pages, all or one job's", async () => {
    await using api = await withJobs("job_a", "job_b");
    const all = await api.get("/v1/events?format=json&limit=1");
    expect(all.body).toMatchObject({ events: [{ seq: 1, name: "manifest.accepted", job: "job_a" }], next: 1 });
    expect((await api.get("/v1/events?format=json&since=1")).body).toMatchObject({ events: [{ job: "job_b" }] });
    const one = await api.get("/v1/events?format=json&job=job_b");
    expect((one.body["events"] as { job: JobId }[]).map((event) => event.job)).toEqual(["job_b"]);
    expect((await api.get("/v1/events?format=json&since=99")).body).toEqual({ events: [], next: 99 });
  });

  it("says less of what nobody expected than the log does (HP-INTERNAL)", async () => {
    await using api = await apiWorld({
      store: (store) => ({ ...store, jobs: () => Promise.reject(new Error("secret words")) }),
    });
    const answer = await api.get("/v1/jobs");
    expect([answer.status, answer.body["code"]]).toEqual([500, "HP-INTERNAL"]);
    expect(JSON.stringify(answer.body)).not.toContain("secret");
    expect(JSON.stringify(api.logged)).toContain("secret words");
  });
});
