/** The routes by which people decide about what QC holds: waive, take back, reject; a name and a reason are needed. */
import { describe, expect, it } from "vitest";
import type { PromptId, SlotName, StepId } from "../../daemon/domain/ids.ts";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { Store } from "../../daemon/storePort.ts";
import { newJob } from "../contract/store.ts";
import { apiWorld } from "./apiWorld.ts";

const FAIL: Inspection = {
  verdict: "fail",
  findings: ["image.not_black", "image.not_solid"].map((check) => ({
    check,
    version: 1,
    verdict: "fail" as const,
    measures: [],
    message: "it is black",
    hint: null,
  })),
  notApplied: [],
  reader: "test",
};

/** A job with two results that QC holds; their ids as a URL writes them. */
async function held(store: Store): Promise<readonly string[]> {
  await store.submit([newJob("job_a", { wedges: 2, frames: [1001] })]);
  const step = "job_a/1" as StepId;
  await store.openVersion(step, await store.reserveVersion(step), { number: 1, stagingDir: "/s/x" });
  const tasks = await store.tasks(step);
  for (const { id } of tasks) {
    const grant = (await store.grant(id, "gpu0" as SlotName, `p-${id}` as PromptId))!;
    const file = { path: "/x", sha256: id, bytes: 1, frame: 1001 };
    await store.stage(grant, [file], { gpuSeconds: 1, cold: false, vramMiB: null });
    await store.inspected(grant, FAIL, "hold", 9_000_000_000_000);
  }
  return tasks.map(({ id }) => encodeURIComponent(id));
}

describe("a waiver by the API", () => {
  it("needs a name and a reason, says what still keeps the result, and releases it with the last one", async () => {
    await using api = await apiWorld();
    const [id = "", other2 = ""] = await held(api.store);
    const waive = (body: object) => api.post(`/v1/tasks/${id}/waive`, body);
    const ana = { by: "ana", reason: "a night shot" };
    expect((await waive({ checks: ["image.not_black"], by: "ana", reason: " " })).body["code"]).toBe("HP-HTTP-BODY");
    expect((await waive({ checks: ["image.not_black"], reason: "x" })).body["code"]).toBe("HP-HTTP-BODY");
    const first = await waive({ ...ana, checks: ["image.not_black"] });
    expect(first.body["answer"]).toBe(
      "image.not_black@1 of w001 frame 1001 is waived by ana. It is still kept by image.not_solid (fail).",
    );
    const again = await waive({ ...ana, checks: ["image.not_black"] });
    expect([again.status, again.body["detail"]]).toEqual([
      409,
      "image.not_black of w001 frame 1001 is waived already.",
    ]);
    const second = await waive({ ...ana, checks: ["image.not_solid"] });
    expect(second.body["answer"]).toContain("It passes and will be published.");
    const waiting = await api.get("/v1/jobs/job_a/held");
    expect(waiting.body).toMatchObject({
      count: 1,
      held: [
        {
          task: decodeURIComponent(other2),
          wedge: "w002",
          reason: expect.stringContaining("image.not_black"),
          until: "2255-03-14T16:00:00.000Z",
          page: expect.stringMatching(/_v001_qc\.html$/),
        },
      ],
    });
    const { body } = await api.get("/v1/jobs/job_a/waivers");
    expect(body["waivers"]).toMatchObject([
      { check: "image.not_black", by: "ana", revoked: null },
      { check: "image.not_solid", wedge: "w001", reason: "a night shot" },
    ]);
    const key = { "idempotency-key": "w1" };
    const other = { ...ana, checks: ["image.not_black"], reason: "once" };
    const [, second2 = ""] = (await api.store.tasks("job_a/1" as StepId)).map((task) => encodeURIComponent(task.id));
    const once = await api.post(`/v1/tasks/${second2}/waive`, other, key);
    expect((await api.post(`/v1/tasks/${second2}/waive`, other, key)).body).toEqual(once.body);
    const back = await api.post("/v1/waivers/2/revoke", { by: "bob" });
    expect(back.body["answer"]).toContain("waits for a person again");
    expect((await api.post("/v1/waivers/2/revoke", { by: "bob" })).status).toBe(409);
  });

  it("of a task that is not there, or not judged, is refused in words", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_b")]);
    const waive = (id: string) =>
      api.post(`/v1/tasks/${encodeURIComponent(id)}/waive`, { checks: ["a.b"], by: "ana", reason: "x" });
    expect((await waive("job_x/1/w001/1")).body["detail"]).toBe("There is no task job_x/1/w001/1.");
    const [task] = await api.store.tasks("job_b/1" as StepId);
    expect((await waive(task!.id)).status).toBe(409);
  });
});

describe("a rejection by the API", () => {
  it("ends a hold at once, with the person's words in the reason", async () => {
    await using api = await apiWorld();
    const [, id = ""] = await held(api.store);
    const answer = await api.post(`/v1/tasks/${id}/reject`, { by: "ana", reason: "black for good" });
    expect([answer.status, answer.body["answer"]]).toEqual([
      200,
      "w002 frame 1001 is rejected; its picture goes to quarantine.",
    ]);
    const [, task] = await api.store.tasks("job_a/1" as StepId);
    expect(task?.failure).toMatchObject({ class: "qc", message: "it is black Rejected by ana: black for good" });
    expect((await api.post(`/v1/tasks/${id}/reject`, { by: "ana", reason: "again" })).status).toBe(409);
  });
});
