/** A root that runs low on room: new work for it waits, with the reason; nothing is deleted; it goes on by itself. */
import { expect, it } from "vitest";
import { rootTrouble } from "../../daemon/domain/slotFit.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { MountGuard } from "../../daemon/mountGuard.ts";
import type { Files } from "../../daemon/ports.ts";
import { createRoots } from "../../daemon/stages/roots.ts";
import { createWork } from "../../daemon/work.ts";
import { testStage } from "../fixtures/stageContext.ts";

function rootsAt(freeMin: string | null) {
  const stage = testStage({
    config: { roots: [{ name: "shows", linux: "/shows", ...(freeMin === null ? {} : { freeMin }) }] },
  });
  let free = 0;
  let wake: () => void = () => undefined;
  const work = createWork({
    wake: () => wake(),
    widthOf: () => 1,
    failed: (_what, error) => Promise.reject(error as Error),
  });
  const files = {
    mount: async () => ({ kind: "local" as const, dev: "1", freeBytes: free }),
    stat: () => Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" })),
  } as unknown as Files;
  const context: StageContext = { ...stage.context, files, work };
  const roots = createRoots(context, { hanging: () => 0 } as unknown as MountGuard);
  const root = stage.live.roots.get("/shows")!;
  const look = async (bytes: number): Promise<string> => {
    free = bytes;
    stage.now += 60_000;
    await roots.tick();
    while (work.inFlight().length > 0) {
      await new Promise<void>((resolve) => (wake = resolve));
      await work.apply();
    }
    return root.state;
  };
  return { look, root, stage };
}

it("pauses below the room that is configured, says which and why, and goes on with 5 % more", async () => {
  const { look, root, stage } = rootsAt("200GB");
  expect(await look(201e9)).toBe("well");
  expect(await look(199e9)).toBe("full");
  expect(root.reason).toBe(
    "the disk is low on room, 199.0 GB free; at least 200.0 GB must be. Make room (nothing is deleted by itself; hotplate retention says what may go); work goes on by itself (HP-DISK-FULL)",
  );
  expect(rootTrouble(root)).toMatchObject({
    code: "HP-DISK-FULL",
    message: expect.stringContaining("/shows: the disk is low"),
  });
  // Not with every frame that somebody deletes.
  expect(await look(201e9)).toBe("full");
  expect(await look(211e9)).toBe("well");
  expect(rootTrouble(root)).toBeNull();
  expect(stage.events.map((event) => event.name)).toEqual(["root.full", "root.well"]);
});

it("without a word of its own needs a few megabytes", async () => {
  const { look, root } = rootsAt(null);
  expect(await look(1e6)).toBe("full");
  expect(root.reason).toMatch(/^the disk is full, 1\.0 MB free; at least 8\.4 MB must be\./);
  expect(await look(9e6)).toBe("well");
});
