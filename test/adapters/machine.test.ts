/** Facts of the machine with a deadline, and bells that only ring. */
import os from "node:os";
import { describe, expect, it } from "vitest";
import { createExec } from "../../daemon/adapters/exec.ts";
import { machineFacts, withAnswer } from "../../daemon/adapters/health.ts";
import { ringHourly, ringOn } from "../../daemon/adapters/schedule.ts";
import type { Exec } from "../../daemon/ports.ts";

describe("the facts of the machine", () => {
  it("are those of this machine", async () => {
    const facts = await machineFacts(createExec());
    expect(facts.hostname).toBe(os.hostname());
    expect(facts.memoryBytes).toBeGreaterThan(16 * 1024 * 1024);
    expect(facts.cpu).toMatch(/\S+.*\d+ threads$/);
    expect(facts.os).toContain(os.release());
  });

  it("are what Node knows when the child is late, missing or strange", async () => {
    const answers: readonly Exec[] = [
      { run: async () => ({ exitCode: null, stdout: "", stderr: "", timedOut: true }) },
      { run: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" })) },
      {
        run: async () => ({
          exitCode: 0,
          stdout: 'null\n7\n"x"\n{"cpu": 3}\n{"memoryBytes": 0}\n{"cp',
          stderr: "",
          timedOut: false,
        }),
      },
    ];
    for (const exec of answers) {
      expect(await machineFacts(exec)).toMatchObject({
        hostname: os.hostname(),
        memoryBytes: os.totalmem(),
        os: `${os.type()} ${os.release()} ${os.arch()}`,
      });
    }
  });

  it("count as far as they came before the child was killed", () => {
    const known = { hostname: "h", os: "o", cpu: "c", memoryBytes: 1 };
    expect(withAnswer(known, '{"memoryBytes":64}\n{"cpu":"EPYC, 2 threads"}\n{"os":"Deb')).toEqual({
      hostname: "h",
      os: "o",
      cpu: "EPYC, 2 threads",
      memoryBytes: 64,
    });
  });
});

describe("bells", () => {
  it("ring again and again until they are stopped", async () => {
    let rings = 0;
    let second = (): void => undefined;
    const twice = new Promise<void>((resolve) => (second = resolve));
    const bell = ringOn("* * * * * *", () => {
      rings += 1;
      if (rings === 2) second();
    });
    // A bell alone keeps no process alive; this test must live until it rang.
    const alive = setInterval(() => undefined, 1_000);
    await twice;
    clearInterval(alive);
    await bell.stop();
    expect(rings).toBe(2);
  });

  it("can be stopped before they ever rang", async () => {
    let rings = 0;
    const bell = ringHourly(() => (rings += 1));
    await bell.stop();
    await bell.stop();
    expect(rings).toBe(0);
  });
});
