/** Attached slots that break: without a program to restart them they are quarantined, with one they are restarted. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Farm } from "./farm.ts";
import { makeFarm } from "./farm.ts";
import { drop, manifestText } from "./killRounds.ts";
import { api, committed, event } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

async function breakSlot(farm: Farm, slot: number, fault: string): Promise<void> {
  const url = `${farm.slots[slot]?.url ?? ""}/simulated/fault`;
  expect((await fetch(url, { method: "POST", body: JSON.stringify({ fault }) })).status).toBe(200);
}

/** A restart program that asks this test to do it: the supervisor of a real node is somebody else too. */
async function restartBy(farm: Farm, action: () => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => void action().then(() => response.end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const script = "fetch(process.argv[1]).then((answer) => process.exit(answer.ok ? 0 : 1))";
  const restart = JSON.stringify([process.execPath, "-e", script, url]);
  const text = readFileSync(farm.config, "utf8");
  writeFileSync(farm.config, text.replace("demo: true}", `demo: true, restart: ${restart}}`));
}

const ZOMBIE = /^prompts have waited for \d+ s while none ran$/;

describe("an attached slot", () => {
  it("that is a zombie is quarantined, its tasks go elsewhere, and it is trusted again when somebody restarted it", async () => {
    await using farm = await makeFarm({ slots: 2 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"), 2);
    await breakSlot(farm, 0, "zombie=queue");
    for (const n of [0, 1]) drop(farm.hot, `job${n}.yaml`, manifestText(n));
    expect(await daemon.line(event("slot.quarantined"))).toMatchObject({
      slot: "gpu0",
      code: "HP-SLOT-QUARANTINED",
      reason: expect.stringMatching(ZOMBIE) as string,
    });
    await committed(daemon, 2);
    for (const product of ["kill0", "kill1"]) expect(versionsOf(join(farm.shot, product))).toHaveLength(1);
    expect(await api(farm, "/v1/slots/gpu1/restart", {})).toMatchObject({ status: 409, code: "HP-STATE-REFUSED" });
    await farm.slots[0]?.restart();
    await daemon.line(event("slot.trusted", { slot: "gpu0" }));
    drop(farm.hot, "job2.yaml", manifestText(2));
    await committed(daemon, 3);
  });

  it("is restarted by the program of its configuration", async () => {
    await using farm = await makeFarm({ slots: 1 });
    let restarts = 0;
    await restartBy(farm, async () => {
      restarts += 1;
      await farm.slots[0]?.restart();
    });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    await breakSlot(farm, 0, "zombie=queue");
    drop(farm.hot, "a.yaml", manifestText(0));
    expect(await daemon.line(event("slot.restarting"))).toMatchObject({
      slot: "gpu0",
      code: "HP-SLOT-STUCK",
      reason: expect.stringMatching(ZOMBIE) as string,
    });
    await committed(daemon);
    expect(restarts).toBe(1);
    expect(await api(farm, "/v1/slots/gpu0/restart", {})).toMatchObject({ state: "done" });
    await daemon.line(event("slot.restarting"), 2);
    drop(farm.hot, "b.yaml", manifestText(1));
    await committed(daemon, 2);
    expect(restarts).toBe(2);
  });
});
