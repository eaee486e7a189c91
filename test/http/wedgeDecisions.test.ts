/** Decisions about a whole variation by the API: all that waits of it, and never against what was decided already. */
import { describe, expect, it } from "vitest";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { JobId, PromptId, SlotName, StepId } from "../../daemon/domain/ids.ts";
import { rejectionsOf } from "../../daemon/domain/rejection.ts";
import { qcStanding } from "../../daemon/qcStanding.ts";
import type { Store } from "../../daemon/storePort.ts";
import { newJob } from "../contract/store.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";
import { apiWorld } from "./apiWorld.ts";

const STEP = "job_a/1" as StepId;
const BLACK = inspection(finding("image.not_black", "fail"));

/** One variation with a held result for each inspection, from frame 1001 on; null: its frame is not made yet. */
async function held(store: Store, results: readonly (Inspection | null)[], gate: "hold" | "reject" = "hold") {
  await store.submit([newJob("job_a", { wedges: 1, frames: results.map((_, at) => 1001 + at) })]);
  await store.openVersion(STEP, await store.reserveVersion(STEP), { number: 1, stagingDir: "/s/x" });
  for (const [at, { id }] of (await store.tasks(STEP)).entries()) {
    const said = results[at] ?? null;
    if (said === null) continue;
    const grant = (await store.grant(id, "gpu0" as SlotName, `p-${id}` as PromptId))!;
    const file = { path: `/x/${at}`, sha256: `sha of ${id}`, bytes: 1, frame: 1001 + at };
    await store.stage(grant, [file], { gpuSeconds: 1, cold: false, vramMiB: null });
    await store.inspected(grant, said, gate, gate === "hold" ? 9_000_000_000_000 : null);
  }
}
const states = async (store: Store) => (await store.tasks(STEP)).map(({ state, gate }) => `${state} ${gate ?? "-"}`);
const ONE = "/v1/tasks/job_a%2F1%2Fw1%2F1002";
const WAIVE = "/v1/jobs/job_a/wedges/w001/waive";
const REJECT = "/v1/jobs/job_a/wedges/w001/reject";

describe("a rejection of a variation", () => {
  it("ends what still waits, and names what was decided before with who and why", async () => {
    await using api = await apiWorld();
    await held(api.store, [BLACK, BLACK, BLACK]);
    await api.post(`${ONE}/reject`, { by: "anna", reason: "one" });
    const said = await api.post(REJECT, { by: "bob", reason: "rest" });
    expect([said.status, said.body["answer"]]).toEqual([
      200,
      "2 frames (1001,1003) of w001 are rejected by bob; their pictures go to quarantine. Left as it was: frame 1002 (rejected by anna: one).",
    ]);
    expect(await states(api.store)).toEqual(["failed reject", "failed reject", "failed reject"]);
    const who = (await api.store.tasks(STEP)).map((task) => rejectionsOf(task.inspection).map(({ by }) => by));
    expect(who).toEqual([["bob"], ["anna"], ["bob"]]);
  });

  it("is refused only where nothing waits, and done again by the same person is no new decision", async () => {
    await using api = await apiWorld();
    await held(api.store, [BLACK, BLACK]);
    const reject = (by: string) => api.post(REJECT, { by, reason: "dark", step: 1 });
    expect((await reject("anna")).status).toBe(200);
    const again = await reject("anna");
    expect([again.status, again.body["answer"]]).toEqual([
      200,
      "Nothing of w001 waits for a decision. Left as they were: 2 frames (1001,1002) (rejected by anna: dark).",
    ]);
    const late = await reject("bob");
    expect([late.status, late.body["detail"]]).toEqual([
      409,
      "Nothing of w001 waits for a decision. Left as they were: 2 frames (1001,1002) (rejected by anna: dark).",
    ]);
    expect((await api.post("/v1/jobs/job_a/wedges/9/reject", { by: "a", reason: "x" })).body["detail"]).toBe(
      "There is no w009 in job_a.",
    );
  });

  it("says which frames are not made yet, and leaves them to a decision of their own", async () => {
    await using api = await apiWorld();
    await held(api.store, [BLACK, null]);
    const said = await api.post(REJECT, { by: "anna", reason: "dark" });
    expect(said.body["answer"]).toContain("Left as it was: frame 1002 (not made yet).");
    expect(await states(api.store)).toEqual(["failed reject", "ready -"]);
  });

  it("is done once by two people who ask at the same time, and the other one reads who was first", async () => {
    await using api = await apiWorld();
    await held(api.store, [BLACK, BLACK]);
    const both = await Promise.all([
      api.post(REJECT, { by: "anna", reason: "dark" }),
      api.post(WAIVE, { by: "bob", reason: "night", checks: ["image.not_black"] }),
    ]);
    expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
    // Either may be the first.
    const late = both.find(({ status }) => status === 409);
    expect(late?.body["detail"]).toMatch(/frames \(1001,1002\) \((rejected by anna: dark|waived by bob: night)\)/);
  });
});

describe("a waiver of a variation", () => {
  it("never brings back what a person rejected; named by itself it comes back, and both stay on record", async () => {
    await using api = await apiWorld();
    await held(api.store, [BLACK, BLACK, BLACK]);
    await api.post(`${ONE}/reject`, { by: "anna", reason: "one" });
    const waive = (path: string) =>
      api.post(`${path}/waive`, { by: "bob", reason: "night", checks: ["image.not_black"] });
    expect((await waive("/v1/jobs/job_a/wedges/w001")).body["answer"]).toBe(
      "image.not_black@1 of 2 frames (1001,1003) of w001 is waived by bob. They pass and will be published. Left as it was: frame 1002 (rejected by anna: one).",
    );
    expect(await states(api.store)).toEqual(["committing pass", "failed reject", "committing pass"]);
    expect((await api.post(`${ONE}/reject`, { by: "cy", reason: "too" })).body["detail"]).toBe(
      "w001 frame 1002 was rejected by anna (one).",
    );
    expect((await waive(ONE)).body["answer"]).toBe(
      "image.not_black@1 of w001 frame 1002 is waived by bob. That anna rejected it (one) stays on record. It passes and will be published.",
    );
    const job = await api.store.job("job_a" as JobId);
    const [qc] = await qcStanding(api.store, job!);
    expect(qc?.overruled).toEqual({ count: 1, first: [{ wedge: 1, frame: 1002, by: "anna", reason: "one" }] });
    const [, second] = await api.store.tasks(STEP);
    const why = await api.get(`/v1/tasks/${encodeURIComponent(second!.id)}/explain`);
    expect(JSON.stringify(why.body)).toContain("anna rejected it (one); a person waived what QC found after that");
  });

  it("waives a check where it was found, says what still keeps which frame, and refuses what was found nowhere", async () => {
    await using api = await apiWorld();
    const both = inspection(finding("image.not_black", "fail"), finding("image.soft", "fail"));
    await held(api.store, [BLACK, both, inspection(finding("image.soft", "fail"))]);
    const waive = (...checks: string[]) => api.post(WAIVE, { by: "bob", reason: "night", checks });
    expect((await waive("image.grain")).body["detail"]).toBe(
      "image.grain found nothing here. To waive are: image.not_black, image.soft.",
    );
    expect((await waive("image.not_black")).body["answer"]).toBe(
      "image.not_black@1 of 3 frames (1001-1003) of w001 is waived by bob. Frame 1001 passes and will be published. 2 frames (1002,1003) are still kept by image.soft (fail).",
    );
    expect((await waive("image.soft")).body["answer"]).toContain("2 frames (1002,1003) of w001 is waived by bob.");
    expect(await states(api.store)).toEqual(["committing pass", "committing pass", "committing pass"]);
  });

  it("brings back what QC's gate refused, as long as the version is open", async () => {
    await using api = await apiWorld();
    await held(api.store, [BLACK, BLACK], "reject");
    const said = await api.post(WAIVE, { by: "bob", reason: "night", checks: ["image.not_black"] });
    expect(said.status).toBe(200);
    expect(await states(api.store)).toEqual(["committing pass", "committing pass"]);
  });
});
