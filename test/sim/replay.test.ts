/** A failure's replay command makes the same run again, word for word, in a process of its own. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Case } from "./case.ts";
import { argumentsOf, caseOf, commandOf } from "./case.ts";
import { runCases } from "./loops.ts";

const CASES: readonly Case[] = [
  { seed: 7, scenario: "still", faults: { 12: { kind: "error", error: "EIO" } } },
  {
    seed: 2,
    scenario: "one",
    pair: {
      first: { n: 3, fault: { kind: "crash", crash: "power", when: "during" } },
      second: { m: 4, fault: { kind: "crash", crash: "kill", when: "after" } },
    },
  },
  { seed: 9, scenario: "day", swarm: true },
  { seed: 1, scenario: "one", lie: "^sync .*commit.json", lieSkip: 0, when: [] },
];

describe("a replay command", () => {
  it("says everything about its run", () => {
    for (const one of CASES) {
      const { scenario: _, ...said } = caseOf(argumentsOf(one)).one;
      expect(one).toMatchObject(said);
    }
  });

  it("is quoted for a shell", () => {
    expect(commandOf(CASES[0] as Case)).toBe(
      `npm run replay -- --seed 7 --scenario still --fault '{"12":{"kind":"error","error":"EIO"}}'`,
    );
  });

  it("breaks the same promise again", async () => {
    const lied: Case = { seed: 1, scenario: "one", lie: "^sync .*commit.json", lieSkip: 0 };
    const report = await runCases([lied]);
    expect(report.failures[0]).toContain(`replay: ${commandOf(lied)}`);
    const replayed = await shell(commandOf(lied));
    expect(replayed.code).toBe(1);
    expect(replayed.output).toContain(`BROKEN: ${report.failures[0]?.split("\n")[0]}`);
  });

  it("ends with 0 when every promise is kept", async () => {
    const replayed = await shell(commandOf({ seed: 1, scenario: "still" }));
    expect([replayed.code, replayed.output.trimEnd().split("\n").at(-1)]).toEqual([0, "every promise was kept"]);
  });

  it("stands in package.json under the name that it is called by", () => {
    const packed = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")) as { readonly scripts: { replay: string } };
    expect(packed.scripts.replay).toBe("node test/sim/replay.ts");
  });
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function shell(command: string): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], { cwd: ROOT, maxBuffer: 1 << 26 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout }),
    );
  });
}
