/** Programs that behave, and programs that do not: each hostile one is a few lines of shell or Node. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createExec } from "../../daemon/adapters/exec.ts";
import { createMountProbe } from "../../daemon/adapters/mountProbe.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Exec } from "../../daemon/ports.ts";
import { codeOf } from "../contract/files.ts";
import { ended } from "../fixtures/processEnd.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const exec = createExec();
/** Long enough never to be reached by a program that ends by itself. */
const PATIENT_MS = 60_000;
const sh = (script: string, timeoutMs = PATIENT_MS, stdin?: string) =>
  exec.run("sh", ["-c", script], { timeoutMs, ...(stdin === undefined ? {} : { stdin }) });

describe("exec", () => {
  it("answers with what a program printed and how it ended", async () => {
    expect(await sh("echo out; echo err >&2; exit 3")).toMatchObject({
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
      capped: false,
    });
  });

  it("gives standard input, and does not mind a program that reads none of it", async () => {
    expect((await sh("cat", PATIENT_MS, "täxt")).stdout).toBe("täxt");
    expect((await sh("cat")).stdout).toBe("");
    expect((await sh("exec 0<&-; exit 0", PATIENT_MS, "x".repeat(1_000_000))).exitCode).toBe(0);
  });

  it("fails with the errno of a program that can't be started", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("data"), "no program", { mode: 0o600 });
    expect(await codeOf(exec.run("/nothing/here", [], { timeoutMs: PATIENT_MS }))).toBe("ENOENT");
    expect(await codeOf(exec.run(dir.file("data"), [], { timeoutMs: PATIENT_MS }))).toBe("EACCES");
    expect(await codeOf(exec.run("true", [], { timeoutMs: PATIENT_MS, cwd: "/nothing" }))).toBe("ENOENT");
  });

  it("kills a program that ignores SIGTERM, with its children, at the deadline", async () => {
    const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$; exec tail -f /dev/null' & wait`;
    const answer = await sh(script, 1_000);
    expect(answer).toMatchObject({ exitCode: null, timedOut: true });
    await ended(Number(answer.stdout));
  });

  it("leaves no child behind when the program itself ends well", async () => {
    const answer = await sh(`(exec tail -f /dev/null) >/dev/null 2>&1 </dev/null & echo $!`);
    expect(answer.exitCode).toBe(0);
    await ended(Number(answer.stdout));
  });

  it("returns although a child that left the group holds the output open", async () => {
    using dir = tempDir();
    const answer = await sh(`setsid sh -c 'echo $$ > ${dir.file("away")}; exec tail -f /dev/null' & wait`, 1_000);
    expect(answer.timedOut).toBe(true);
    await answer.gone;
    const away = Number(readFileSync(dir.file("away"), "utf8"));
    process.kill(away, "SIGKILL");
    await ended(away);
  });

  it("kills a program that prints without end", async () => {
    const answer = await sh("yes");
    expect(answer.capped).toBe(true);
    expect(answer.stdout.length).toBeLessThanOrEqual(LIMITS.execOutputBytesMax);
  });

  it("passes on a small environment: nothing that speaks for the daemon, no token", async () => {
    const environment = {
      PATH: process.env["PATH"],
      TZ: "UTC",
      NOTIFY_SOCKET: "/run/x",
      WATCHDOG_USEC: "1",
      API_TOKEN: "t",
      NODE_OPTIONS: "--bad",
    };
    const answer = await createExec(environment).run(
      process.execPath,
      ["-p", "Object.keys(process.env).sort().join()"],
      { timeoutMs: PATIENT_MS },
    );
    expect(answer.stdout.trim()).toBe("PATH,TZ");
  });
});

describe("the mount probe", () => {
  it("says well for a directory that lists, full or empty, and error for one that does not", async () => {
    using dir = tempDir();
    const probe = createMountProbe(exec);
    expect(await probe(dir.path, PATIENT_MS)).toBe("well");
    expect(await probe("/etc", PATIENT_MS)).toBe("well");
    expect(await probe(dir.file("nothing"), PATIENT_MS)).toBe("error");
  });

  it("says late at the deadline, and starts no second child while the first can't be killed", async () => {
    let started = 0;
    let free = (): void => undefined;
    const gone = new Promise<void>((resolve) => (free = resolve));
    const hanging: Exec = {
      run: async () => {
        started += 1;
        const answer = { exitCode: null, stdout: "", stderr: "", timedOut: true };
        return started === 1 ? { ...answer, gone } : { ...answer, exitCode: 0, timedOut: false };
      },
    };
    const probe = createMountProbe(hanging);
    expect([await probe("/mnt/dead", 10), await probe("/mnt/dead", 10), started]).toEqual(["late", "late", 1]);
    expect([await probe("/mnt/other", 10), started]).toEqual(["well", 2]);
    free();
    await gone;
    expect([await probe("/mnt/dead", 10), started]).toEqual(["well", 3]);
  });
});
