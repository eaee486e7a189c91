/** A prompt that moves is not stopped; one that stands still is canceled, asked about, and tried again. */
import { expect, it } from "vitest";
import type { Failure } from "../../daemon/domain/retry.ts";
import type { Flight } from "../../daemon/live.ts";
import type { ComfySlot, PromptStatus } from "../../daemon/ports.ts";
import { createCollect } from "../../daemon/stages/collect.ts";
import { createWork } from "../../daemon/work.ts";
import { testStage } from "../fixtures/stageContext.ts";

const RUNNING: PromptStatus = { kind: "running" };
const INTERRUPTED: PromptStatus = {
  kind: "failed",
  error: { kind: "interrupted", exceptionType: null, graphNode: null, classType: null, message: "it was interrupted" },
};

function bench() {
  let progress: number | null = null;
  let status = RUNNING;
  const canceled: string[] = [];
  const failures: { readonly failure: Failure; readonly counts: boolean | null }[] = [];
  const client: Partial<ComfySlot> = {
    status: () => Promise.resolve(status),
    cancel: async (id) => void canceled.push(id),
    progress: () => progress,
    forget: () => Promise.resolve(),
  };
  const stage = testStage({
    client,
    store: {
      renew: () => Promise.resolve({ lost: [] }),
      reap: () => Promise.resolve([]),
      history: () => Promise.resolve([]),
      fail: (_ref, failure, then) => {
        failures.push({ failure, counts: then.kind === "again" ? then.counts : null });
        return Promise.resolve("ok");
      },
    },
  });
  const work = createWork({
    wake: () => undefined,
    widthOf: () => 1,
    failed: (_key, error) => Promise.reject(error as Error),
  });
  Object.assign(stage.context, { work });
  const slot = stage.live.slots.get("gpu0");
  if (slot === undefined) throw new Error("no slot");
  slot.state = "up";
  const flight = {
    taskId: "task",
    fence: 1,
    promptId: "prompt",
    task: { jobId: "job", show: "AGM" },
    plan: { timeoutMs: 60_000, recipe: { name: "grain" }, target: { productDir: "/shows/a" } },
    workKey: "grain",
    modelKey: "",
    person: "uid:1",
    charged: 0,
    startedAt: stage.now,
    submittedAt: stage.now,
    runningSince: null,
    progress: null,
    movedAt: null,
    overTime: null,
    phase: "submitted",
    stopFor: null,
    finishTries: 0,
    lastStatus: null,
    unknownSince: null,
    settled: false,
    alone: false,
    peakVramMiB: null,
  } as unknown as Flight;
  slot.flights.set(flight.taskId, flight);
  const collect = createCollect(stage.context);
  return {
    flight,
    canceled,
    failures,
    say: (percent: number) => {
      progress = percent;
    },
    end: (with_: PromptStatus) => {
      status = with_;
    },
    /** So many seconds later. */
    later: async (seconds: number) => {
      stage.now += seconds * 1_000;
      await collect.tick();
      while (work.inFlight().length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        await work.apply();
      }
    },
  };
}

it("a prompt that makes progress goes on past its time limit, and is stopped when it stands still", async () => {
  const { canceled, failures, later, say, end, flight } = bench();
  await later(2);
  for (const percent of [10, 20.5, 21]) {
    say(percent);
    await later(50);
  }
  expect(canceled).toEqual([]);
  await later(50);
  expect(canceled).toEqual([]);
  await later(11);
  expect([flight.stopFor, canceled]).toEqual(["timeout", ["prompt"]]);
  // The cancel is not believed: it is asked about until the prompt has ended.
  expect(failures).toEqual([]);
  end(INTERRUPTED);
  await later(2);
  expect(failures).toEqual([
    {
      failure: { class: "timeout", code: "HP-TASK-TIMEOUT", message: "On slot gpu0 it made no progress for 60 s." },
      counts: true,
    },
  ]);
});

it("a prompt that waits in ComfyUI's queue costs no time", async () => {
  const { canceled, later, end } = bench();
  end({ kind: "pending" });
  for (let minute = 0; minute < 5; minute += 1) await later(60);
  expect(canceled).toEqual([]);
  end(RUNNING);
  await later(2);
  await later(59);
  expect(canceled).toEqual([]);
  await later(2);
  expect(canceled).toEqual(["prompt"]);
});
