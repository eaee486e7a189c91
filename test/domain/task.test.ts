/** The task state chart, every state by every event. */
import { describe, expect, it } from "vitest";
import { isTerminal, statesBefore, TASK_EVENTS, TASK_STATES, transition } from "../../daemon/domain/task.ts";

describe("the task state chart", () => {
  it("is the table written here, every state by every event", () => {
    const table = TASK_STATES.map(
      (state) =>
        `${state}: ${TASK_EVENTS.map((event) => [event, transition(state, event)])
          .filter(([, to]) => to !== null)
          .map(([event, to]) => `${event}>${to}`)
          .join(" ")}`,
    );
    expect(table).toEqual([
      "blocked: versionOpened>ready failed>failed canceled>canceled",
      "ready: granted>running failed>failed canceled>canceled",
      "running: released>ready lost>ready deferred>deferred staged>committing failed>failed canceled>canceled reseeded>ready",
      "committing: lost>ready rejected>failed published>done canceled>canceled reseeded>ready",
      "done: ",
      "failed: retried>ready reseeded>ready waived>committing",
      "deferred: due>ready failed>failed canceled>canceled",
      "canceled: retried>ready",
    ]);
  });

  it("lets nothing leave done", () => {
    expect(TASK_EVENTS.every((event) => transition("done", event) === null)).toBe(true);
    expect(isTerminal("done")).toBe(true);
  });

  it("names the states a store's compare-and-set may start from", () => {
    expect(statesBefore("canceled")).toEqual(["blocked", "ready", "running", "committing", "deferred"]);
    expect(statesBefore("published")).toEqual(["committing"]);
  });
});
