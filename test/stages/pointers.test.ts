/** When what lies beside versions is made true again: every product, whatever its neighbours' share does. */
import { expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { StageContext } from "../../daemon/live.ts";
import { createPointers } from "../../daemon/stages/pointers.ts";
import { testStage } from "../fixtures/stageContext.ts";

it("a share that hangs with more products than one tick takes holds up none on another", async () => {
  const dirs = Array.from({ length: LIMITS.stepsPerTick + 1 }, (_, n) => `/slow/SH/env${n}`);
  const { context } = testStage({
    config: {
      roots: [
        { name: "slow", linux: "/slow" },
        { name: "fast", linux: "/fast" },
      ],
    },
    store: { products: async () => [...dirs, "/fast/SH/env"].map((dir) => ({ dir, show: "AGM", highest: 1 })) },
  });
  const started: string[] = [];
  const work = {
    free: (lane: string) => !lane.startsWith("/slow"),
    start: ({ key }: { readonly key: string }) => started.push(key),
  };
  await createPointers({ ...context, work: work as unknown as StageContext["work"] }).tick();
  expect(started).toEqual(["pointers:/fast/SH/env"]);
});
