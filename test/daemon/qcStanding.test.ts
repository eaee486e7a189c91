/** What STATUS.txt and `show` read of held results from the store. */
import { expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { JobId, PromptId, SlotName, StepId, TaskId } from "../../daemon/domain/ids.ts";
import type { Finding } from "../../daemon/domain/qc.ts";
import { qcStanding } from "../../daemon/qcStanding.ts";
import { newJob } from "../contract/store.ts";
import { NOW } from "../domain/scheduleFacts.ts";

const finding = (check: string, message: string): Finding => ({
  check,
  version: 1,
  verdict: "fail",
  measures: [],
  message,
  hint: null,
});

it("a held result names what still keeps it, not what was waived", async () => {
  let ids = 0;
  await using store = Object.assign(
    openSqliteStore({ path: ":memory:", clock: { now: () => NOW }, ids: { uuid: () => `id${(ids += 1)}` } }),
    { [Symbol.asyncDispose]: async () => store.close() },
  );
  const step = "job_a/1" as StepId;
  const taskId = "job_a/1/w1/1001" as TaskId;
  await store.submit([newJob("job_a", { wedges: 1, frames: [1001] })]);
  await store.openVersion(step, await store.reserveVersion(step), { number: 1, stagingDir: "/s/a" });
  const grant = (await store.grant(taskId, "g0" as SlotName, "p1" as PromptId))!;
  const file = { path: "/s/a/1.png", sha256: "abc", bytes: 1, frame: 1001 };
  await store.stage(grant, [file], { gpuSeconds: 1, cold: false, vramMiB: null });
  const findings = [finding("image.not_black", "It is black."), finding("image.not_solid", "It is flat.")];
  await store.inspected(grant, { verdict: "fail", findings, notApplied: [], reader: "test" }, "hold", NOW + 1_000);
  const reason = async (): Promise<string | undefined> => {
    const job = await store.job("job_a" as JobId);
    return (await qcStanding(store, job!))[0]?.held.first[0]?.reason;
  };

  expect(await reason()).toBe("image.not_black: It is black. Also image.not_solid.");
  const waiver = { wedge: 1, frame: 1001, sha256: "abc", check: "image.not_black", version: 1 } as const;
  const said = { verdict: "fail", measures: [], by: "anna", reason: "night shot" } as const;
  expect(await store.waive({ taskId, fence: grant.fence }, [{ ...waiver, ...said }], false)).toBe("ok");
  expect(await reason()).toBe("image.not_solid: It is flat.");
});
