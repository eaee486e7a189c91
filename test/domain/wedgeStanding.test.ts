/** How the results of a wedge stand when a person decides about all of it. */
import { describe, expect, it } from "vitest";
import { rejected } from "../../daemon/domain/rejection.ts";
import type { Waiver } from "../../daemon/domain/waiver.ts";
import type { StandingTask } from "../../daemon/domain/wedgeStanding.ts";
import { isHeld, leftAlone, mayBeWaived } from "../../daemon/domain/wedgeStanding.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const FAILS = inspection(finding("image.soft", "fail"));
const BY_QC = { class: "qc", code: "HP-QC-REFUSED", message: "it is soft" } as unknown as StandingTask["failure"];
const PERSON = rejected(FAILS, { by: "anna", reason: "too dark", at: 0 });

function result(frame: number, of: Partial<StandingTask>): StandingTask {
  const staged = [{ sha256: `sha of ${frame}` }];
  return { wedge: 0, frame, state: "committing", gate: null, failure: null, inspection: FAILS, staged, ...of };
}

const HELD = result(1001, { gate: "hold" });
const REFUSED = result(1002, { state: "failed", failure: BY_QC });
const REJECTED = result(1003, { state: "failed", failure: BY_QC, inspection: PERSON });
const WITH_ALL = result(1004, {
  state: "failed",
  failure: BY_QC,
  inspection: { ...FAILS, whole: { verdict: "fail", inspection: FAILS } } as unknown as StandingTask["inspection"],
});

describe("results of a wedge", () => {
  it("wait where they are held; QC's refusal comes back by a waiver, a person's and that of the whole wedge do not", () => {
    const all = [HELD, REFUSED, REJECTED, WITH_ALL, result(1005, { gate: "pass" })];
    expect(all.map(isHeld)).toEqual([true, false, false, false, false]);
    expect(all.map(mayBeWaived)).toEqual([true, true, false, false, false]);
  });

  it("that are left alone are named together, with who decided", () => {
    const waiver = { sha256: "sha of 1005", by: "bob", reason: "as wanted", revoked: null } as Waiver;
    const words = leftAlone(
      [
        REJECTED,
        result(1006, { state: "failed", failure: BY_QC, inspection: PERSON }),
        result(1005, { gate: "pass" }),
        result(1007, { gate: "pass" }),
        result(1008, { state: "queued" as StandingTask["state"] }),
        WITH_ALL,
      ],
      [waiver, { ...waiver, sha256: "sha of 1007", revoked: { by: "bob", at: 1 } }],
    );
    expect(words).toBe(
      " Left as they were: 2 frames (1003,1006) (rejected by anna: too dark); frame 1005 (waived by bob: as wanted); frame 1007 (passed); frame 1008 (not made yet); frame 1004 (refused by QC with all of its wedge).",
    );
    expect(leftAlone([], [])).toBe("");
    expect(leftAlone([REFUSED], [])).toBe(" Left as it was: frame 1002 (refused by QC).");
  });
});
