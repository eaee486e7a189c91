/** Another seed: which one, for what, and how the papers' plan then names it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SeedRetry } from "../../daemon/domain/plan.ts";
import type { Finding, Inspection, Verdict } from "../../daemon/domain/qc.ts";
import { worstVerdict } from "../../daemon/domain/qc.ts";
import { afterVerdict, seedOfTry, triedPlan, tryOfTasks } from "../../daemon/domain/seedRetry.ts";
import { versionFacts } from "../fixtures/versionFacts.ts";

const RETRY: SeedRetry = { seeds: 2, parameter: "seed", cures: ["image.not_black", "image.seam"], by: "manifest" };
const finding = (check: string, verdict: Verdict): Finding => ({
  check,
  version: 1,
  verdict,
  measures: [],
  message: `${check} ${verdict}`,
  hint: null,
});
const seen = (...findings: readonly Finding[]): Inspection => ({
  verdict: worstVerdict(findings.map(({ verdict }) => verdict)),
  findings,
  notApplied: [],
  reader: "test",
});
const BLACK = finding("image.not_black", "fail");

describe("the seed of a try", () => {
  it("is the plan's own first, then a fixed step further each time", () => {
    expect([0, 1, 2, 3].map((n) => seedOfTry("1000", n))).toEqual(["1000", "1327218885", "506953122", "1834171007"]);
    expect(seedOfTry("9007199254740991", 1)).toBe("5566755282872654");
  });

  it("stays a seed: whole, in its range, never one that was tried", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.integer({ min: 1, max: 10 }), (own, n) => {
        const made = Array.from({ length: n + 1 }, (_, k) => Number(seedOfTry(String(own), k)));
        expect(new Set(made).size).toBe(n + 1);
        for (const seed of made) {
          expect(Number.isSafeInteger(seed)).toBe(true);
          expect(seed).toBeLessThan(own < 2 ** 31 ? 2 ** 31 : 2 ** 53);
        }
      }),
    );
  });

  it("of no wedge in a sweep of ten thousand meets another wedge's", () => {
    const own = new Set(Array.from({ length: 10_000 }, (_, n) => String(1000 + n)));
    for (const seed of own) for (let n = 1; n <= 10; n += 1) expect(own.has(seedOfTry(seed, n))).toBe(false);
  });
});

describe("after a verdict", () => {
  it("another seed is tried for what a seed may cure, as long as there are seeds", () => {
    expect(afterVerdict(seen(BLACK), RETRY, 0)).toEqual({ kind: "again" });
    expect(afterVerdict(seen(BLACK, finding("image.soft", "warn")), RETRY, 1)).toEqual({ kind: "again" });
    expect(afterVerdict(seen(BLACK), RETRY, 2)).toEqual({ kind: "gate", why: "2 other seeds were tried." });
    expect(afterVerdict(seen(BLACK), { ...RETRY, seeds: 1 }, 1)).toMatchObject({ why: "One other seed was tried." });
  });

  it("a fault of set-up goes straight to the gate, and the reason says so, alone or beside others", () => {
    const size = finding("header.size", "fail");
    const why = "Another seed cures no fail of header.size, so none was tried.";
    expect(afterVerdict(seen(size), RETRY, 0)).toEqual({ kind: "gate", why });
    expect(afterVerdict(seen(BLACK, size), RETRY, 0)).toEqual({ kind: "gate", why });
    expect(afterVerdict(seen(BLACK, finding("plate.grade", "error")), RETRY, 0)).toMatchObject({
      why: "Another seed cures no error of plate.grade, so none was tried.",
    });
  });

  it("of a chunk every frame's findings count", () => {
    const frames = [
      { frame: 1001, inspection: seen(BLACK) },
      { frame: 1002, inspection: seen(finding("header.size", "fail")) },
    ];
    expect(afterVerdict({ ...seen(BLACK), frames }, RETRY, 0)).toMatchObject({ kind: "gate" });
  });

  it("nothing is said of seeds where nobody asked for them, or nothing failed", () => {
    expect(afterVerdict(seen(BLACK), undefined, 0)).toEqual({ kind: "gate", why: null });
    expect(afterVerdict(seen(finding("image.soft", "warn")), RETRY, 0)).toEqual({ kind: "gate", why: null });
    expect(afterVerdict(seen(finding("file.decodes", "error")), RETRY, 0)).toEqual({ kind: "gate", why: null });
  });
});

describe("the plan as its wedges were made", () => {
  const { plan } = versionFacts({ wedges: 3 });
  const asked = { ...plan, qc: { ...plan.qc, retry: RETRY } };

  it("has the seed of each wedge's try, in its parameters too; its axes are its place in the plan", () => {
    const tasks = [
      { wedge: 2, seedTry: 1 },
      { wedge: 2, seedTry: 1 },
    ];
    const made = triedPlan(asked, tryOfTasks(tasks)).wedges;
    expect(made.map(({ seed, seedTry }) => [seed, seedTry])).toEqual([
      ["1001", undefined],
      [seedOfTry("1002", 1), 1],
      ["1003", undefined],
    ]);
    expect(made[1]?.parameters["seed"]).toBe(seedOfTry("1002", 1));
    expect(made[1]?.axes).toEqual(plan.wedges[1]?.axes);
  });

  it("is the plan itself where no wedge was made again", () => {
    expect(triedPlan(asked, () => 0)).toBe(asked);
    expect(triedPlan(plan, () => 1)).toBe(plan);
  });
});
