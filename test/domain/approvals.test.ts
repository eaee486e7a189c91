/** The log of decisions: its chain shows every change, and what stands now follows from its lines. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Decision } from "../../daemon/domain/approvals.ts";
import { lineAfter, readLog, standing } from "../../daemon/domain/approvals.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const decision = (subject: string, action: Decision["action"], who = "ana"): Decision => ({
  ts: "2026-11-27T10:00:00.000Z",
  who,
  via: "command",
  assurance: "weak",
  subject,
  action,
  note: "",
  commitSha256: sha256(subject),
});
function log(...decisions: readonly Decision[]): readonly string[] {
  const texts: string[] = [];
  for (const one of decisions) texts.push(lineAfter(texts, one, sha256));
  return texts;
}
const now = (...decisions: readonly Decision[]) => standing(readLog(log(...decisions), sha256).lines);

describe("the chain", () => {
  const texts = log(decision("v001", "approve"), decision("v002", "pin"), decision("v003", "approve", "bo"));

  it("is whole as it was written, each line with the hash of the one before and the state that it changed", () => {
    const { lines, problems } = readLog(texts, sha256);
    expect(problems).toEqual([]);
    expect(lines.map((line) => line.prev)).toEqual([null, sha256(texts[0]!), sha256(texts[1]!)]);
    expect(lines.map(({ from, to }) => [from, to])).toEqual([
      [null, "approved"],
      [null, null],
      [null, "approved"],
    ]);
    expect(Object.keys(JSON.parse(texts[0]!) as object).toSorted()).toEqual(
      "action assurance commitSha256 from note prev subject to ts via who".split(" "),
    );
  });

  it.each([
    ["a line that was changed", [texts[0]!.replace("ana", "eve"), texts[1]!, texts[2]!], [2]],
    ["a line that was taken out", [texts[0]!, texts[2]!], [2]],
    ["a first line that was taken out", [texts[1]!, texts[2]!], [1]],
    ["lines in another order", [texts[1]!, texts[0]!, texts[2]!], [1, 2, 3]],
    ["a line that was put in", [texts[0]!, texts[0]!, texts[1]!, texts[2]!], [2]],
    ["a line that is none", [texts[0]!, "approved, says eve", texts[1]!, texts[2]!], [2, 3]],
    ["a line with a word more", [texts[0]!.replace("{", '{"admin":true,'), texts[1]!, texts[2]!], [1, 2]],
  ])("shows %s", (_what, changed, where) => {
    expect(readLog(changed, sha256).problems.map(({ line }) => line)).toEqual(where);
  });
});

describe("what stands", () => {
  it("is the newest approval, and the one before when it is taken back", () => {
    const two = [decision("v001", "approve"), decision("v002/w003", "approve")];
    expect(now(...two).approved?.subject).toBe("v002/w003");
    expect(now(...two, decision("v002/w003", "retake")).approved?.subject).toBe("v001");
    expect(now(...two, decision("v002", "omit")).approved?.subject).toBe("v001");
    expect(now(...two, decision("v002", "omit"), decision("v001", "retake")).approved).toBeNull();
    expect([...now(...two).approvals]).toEqual(["v001", "v002/w003"]);
  });

  it("says what is pinned and what state each subject has", () => {
    const all = now(
      decision("v001", "pin"),
      decision("v001", "unpin"),
      decision("v002", "pin"),
      decision("v002/w001", "reject"),
    );
    expect([...all.pinned]).toEqual(["v002"]);
    expect(all.states.get("v002/w001")).toBe("reject");
    expect(all.states.get("v002")).toBeUndefined();
  });
});
