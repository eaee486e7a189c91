/** How checks are run: blind never passes, strangers' answers are not trusted, and the pixels are measured once. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { framePlanes } from "../../daemon/domain/framePlanes.ts";
import { pixelRuns } from "../../daemon/domain/pixelRuns.ts";
import type { FrameFacts } from "../../daemon/domain/qcInput.ts";
import { inspectFrame, judgeSequence, needsPlate, wantsPlate } from "../../daemon/domain/qcRun.ts";
import type { Check, CheckAnswer, CheckInput, HeaderFacts, PixelBox } from "../../daemon/plugin.ts";
import fileDecodes from "../../plugins/file_decodes.ts";
import { decoded, decodedFloat, picture } from "../fixtures/pictures.ts";

const facts: FrameFacts = {
  result: decoded({ width: 40, height: 30, channels: 3, bits: 8 }),
  resultFile: { path: "/v/a.png", bytes: 10, frame: 7 },
  decodeProblem: null,
  plate: null,
  plateProblem: null,
  mask: null,
  maskProblem: null,
  composited: false,
  expected: { width: null, height: null, bitDepth: null, ignore: [] },
};
const GOOD: CheckAnswer = {
  verdict: "pass",
  measures: [{ name: "x", value: 1, unit: "count", limit: null }],
  message: "Fine.",
};
const PNG: HeaderFacts = {
  format: "png",
  width: 8,
  height: 8,
  windows: null,
  texts: [],
  compression: "deflate",
  channels: [{ name: "R", type: "uint8" }],
  pixelAspect: null,
  framesPerSecond: null,
  timecode: null,
  reel: null,
  colorSpace: null,
};
function check(run: (input: CheckInput) => unknown, more: Partial<Check> = {}): Check {
  return {
    apiVersion: 1,
    id: "studio.check",
    version: 3,
    scope: "frame",
    needs: ["result"],
    limits: { max: 5 },
    run: run as Check["run"],
    ...more,
  };
}
function seen(one: Check, more: Partial<FrameFacts> = {}, limits: Record<string, number> = {}) {
  const inspection = inspectFrame([fileDecodes, one], [{ check: "studio.check", limits }], { ...facts, ...more });
  return { inspection, finding: inspection.findings.find((each) => each.check === "studio.check") };
}

describe("severity", () => {
  const asked = (verdict: CheckAnswer["verdict"], severity: "fail" | "warn" | "measure") =>
    inspectFrame(
      [fileDecodes, check(() => ({ ...GOOD, verdict }))],
      [{ check: "studio.check", limits: {}, severity }],
      facts,
    ).findings.find((each) => each.check === "studio.check")?.verdict;

  test("raises a warning, softens a failure, lets what is only measured pass", () => {
    expect([asked("warn", "fail"), asked("fail", "warn"), asked("fail", "measure")]).toEqual(["fail", "warn", "pass"]);
  });

  test("touches neither a pass nor an error: who could not look has found nothing", () => {
    expect([asked("pass", "fail"), asked("error", "measure"), asked("error", "warn")]).toEqual([
      "pass",
      "error",
      "error",
    ]);
  });
});

describe("what is computed of an image", () => {
  test("is asked for once, however many checks want it, and not at all without one", () => {
    let digests = 0;
    const wants = check(({ digest, header }: CheckInput) => ({
      ...GOOD,
      message: [digest("result"), digest("result"), digest("plate"), header("result")?.format].join(" "),
    }));
    const { finding } = seen(wants, {
      digestOf: () => `d${(digests += 1)}`,
      headerOf: (of) => (of === "result" ? PNG : null),
    });
    expect(finding?.message).toBe("d1 d1  png");
    expect(digests).toBe(1);
  });
});

describe("a verdict", () => {
  test("of a check that throws is error, with its words, and holds the whole frame", () => {
    const { inspection, finding } = seen(
      check(() => {
        throw new Error("boom at line 3");
      }),
    );
    expect(finding).toMatchObject({
      verdict: "error",
      version: 3,
      message: expect.stringContaining("boom at line 3") as string,
    });
    expect(inspection.verdict).toBe("error");
  });

  test.each([
    [
      "a getter that throws",
      () => ({
        ...GOOD,
        get verdict() {
          throw new Error("from a getter");
        },
      }),
      "from a getter",
    ],
    [
      "words that can't be told",
      () => {
        throw Object.defineProperty(new Error(), "message", {
          get() {
            throw new Error("no");
          },
        });
      },
      "can't be put into words",
    ],
    [
      "an error that has no text for a message",
      () => {
        throw Object.assign(new Error(), { message: { deep: 1 } });
      },
      "[object Object]",
    ],
    [
      "a text of megabytes",
      () => {
        throw new Error("x".repeat(5_000_000));
      },
      "xxx",
    ],
  ])("of a check that breaks by %s is its own error, and the others' findings stay", (_name, run, words) => {
    const { inspection, finding } = seen(check(run));
    expect(finding).toMatchObject({ verdict: "error", message: expect.stringContaining(words) as string });
    expect(finding?.message).toContain("studio.check broke while it looked (HP-PLUGIN-RUN)");
    expect(finding?.message.length).toBeLessThanOrEqual(2_000);
    expect(inspection.findings.map((each) => [each.check, each.verdict])).toEqual([
      ["file.decodes", "pass"],
      ["studio.check", "error"],
    ]);
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a promise", Promise.resolve(GOOD)],
    ["an unknown verdict", { ...GOOD, verdict: "ok" }],
    ["no message", { ...GOOD, message: " " }],
    ["no measures", { ...GOOD, measures: [] }],
    ["measures that are no list", { ...GOOD, measures: "many" }],
    [
      "a measure that is not a number",
      { ...GOOD, measures: [{ name: "x", value: Number.NaN, unit: "count", limit: null }] },
    ],
    ["a measure without unit", { ...GOOD, measures: [{ name: "x", value: 1, limit: null }] }],
    ["a limit that is no number", { ...GOOD, measures: [{ name: "x", value: 1, unit: "count", limit: Infinity }] }],
    ["a hint that is no text", { ...GOOD, hint: 5 }],
    ["more measures than anybody reads", { ...GOOD, measures: Array.from({ length: 1_001 }, () => GOOD.measures[0]) }],
  ])("of a check that answers %s is error", (_name, answer) => {
    expect(seen(check(() => answer)).finding).toMatchObject({
      verdict: "error",
      message: expect.stringContaining("no usable answer") as string,
    });
  });

  test("keeps only known fields, carries the frame, and is cut to a readable length", () => {
    const { finding } = seen(
      check(() => ({ ...GOOD, message: "m".repeat(10_000), measures: [{ ...GOOD.measures[0], extra: "x" }], more: 1 })),
    );
    expect(finding).toMatchObject({
      measures: [{ name: "x", value: 1, unit: "count", limit: null, frame: 7 }],
      hint: null,
    });
    expect(finding?.measures[0]).not.toHaveProperty("extra");
    expect(finding?.message.length).toBeLessThanOrEqual(2_000);
  });

  test("is not given where a need is missing, and the reason is listed", () => {
    const { inspection } = seen(check(() => GOOD, { needs: ["result", "plate"] }));
    expect(inspection.notApplied).toEqual([{ check: "studio.check", because: "there is no plate" }]);
    expect(inspection.verdict).toBe("pass");
  });

  test("is error where the plate is there and could not be decoded", () => {
    const { finding } = seen(
      check(() => GOOD, { needs: ["plate"] }),
      { plateProblem: "PIZ" },
    );
    expect(finding).toMatchObject({ verdict: "error", message: expect.stringContaining("PIZ") as string });
  });

  test("is not given where the check says so, and a check that breaks while saying so is error", () => {
    expect(seen(check(() => GOOD, { applies: () => "it is a matte" })).inspection.notApplied).toEqual([
      { check: "studio.check", because: "it is a matte" },
    ]);
    const broken = check(() => GOOD, {
      applies: () => {
        throw new Error("oops");
      },
    });
    expect(seen(broken).finding?.verdict).toBe("error");
  });

  test.each([
    ["a promise", async () => null, "a promise"],
    ["a promise that is refused", async () => Promise.reject(new Error("nobody listens")), "a promise"],
    ["false", () => false, "false"],
    ["zero", () => 0, "0"],
    ["nothing", () => undefined, "nothing"],
    ["an empty text", () => " ", "an empty text"],
    ["a list", () => ["day scene"], "an object"],
    ["a text without end", () => "x".repeat(2_001), "a text of 2001 characters"],
  ])("is error where whether it applies is answered with %s", (_name, applies, words) => {
    const { inspection, finding } = seen(check(() => GOOD, { applies: applies as unknown as () => null }));
    expect(finding).toMatchObject({
      verdict: "error",
      message: `studio.check gave no usable answer (HP-PLUGIN-ANSWER): its reason for not applying is ${words}; it must be null, or a text of 1 to 2000 characters.`,
    });
    expect(inspection.notApplied).toEqual([]);
  });
});

describe("a request", () => {
  test("for a check that is not installed is an error that names those that are", () => {
    const inspection = inspectFrame([fileDecodes], [{ check: "studio.check", limits: {} }], facts);
    expect(inspection.findings.at(-1)).toMatchObject({ verdict: "error", hint: "Installed: file.decodes." });
  });

  test("with a limit that the check has not is an error that names those that it has", () => {
    expect(
      seen(
        check(() => GOOD),
        {},
        { maximum: 3 },
      ).finding,
    ).toMatchObject({ verdict: "error", hint: "It has: max." });
  });

  test("overrides the check's own limits", () => {
    let limits: unknown;
    const one = check(() => GOOD, {
      limits: { max: 5, min: 1 },
      run: (input) => {
        limits = input.limits;
        return GOOD;
      },
    });
    seen(one, {}, { max: 9 });
    expect(limits).toEqual({ max: 9, min: 1 });
  });

  test("runs file.decodes whether it was asked for or not, once", () => {
    expect(inspectFrame([fileDecodes], [], facts).findings.map((each) => each.check)).toEqual(["file.decodes"]);
    expect(inspectFrame([fileDecodes], [{ check: "file.decodes", limits: {} }], facts).findings).toHaveLength(1);
  });

  test("that finds nothing to run at all is an error, never a pass", () => {
    expect(inspectFrame([], [], facts).verdict).toBe("error");
  });

  test("of scope sequence runs over the sequence only, of scope frame over frames only", () => {
    const sequence = check(() => GOOD, { scope: "sequence", needs: ["frames"] });
    expect(seen(sequence).finding).toBeUndefined();
    const requests = [
      { check: "studio.check", limits: {} },
      { check: "file.decodes", limits: {} },
      { check: "no.such", limits: {} },
    ];
    const judged = judgeSequence([fileDecodes, sequence], requests, { wanted: [1], present: [1] });
    expect(judged.findings.map((each) => each.check)).toEqual(["studio.check"]);
  });
});

describe("the plate", () => {
  test("is needed where a check says so, and wanted where something was found", () => {
    const needy = check(() => GOOD, { needs: ["result", "plate"] });
    expect(needsPlate([needy], [{ check: "studio.check", limits: {} }])).toBe(true);
    expect(needsPlate([needy], [])).toBe(false);
    expect(wantsPlate(seen(check(() => GOOD)).inspection)).toBe(false);
    expect(wantsPlate(seen(check(() => ({ ...GOOD, verdict: "fail" }))).inspection)).toBe(true);
    expect(
      wantsPlate(
        inspectFrame([fileDecodes], [], { ...facts, result: null, decodeProblem: { kind: "broken", message: "x" } }),
      ),
    ).toBe(false);
  });
});

describe("runs of pixels", () => {
  const box = fc.tuple(
    fc.integer({ min: -5, max: 25 }),
    fc.integer({ min: -5, max: 25 }),
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: 20 }),
  );

  test("hold exactly the pixels outside all rectangles, in order, as few runs as can be", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(box, { maxLength: 4 }),
        (width, height, boxes) => {
          const runs = Array.from(pixelRuns(width, height, boxes as PixelBox[]));
          const inside = (i: number) =>
            boxes.some(([x, y, w, h]) => {
              const [px, py] = [i % width, Math.floor(i / width)];
              return px >= x && px < x + w && py >= y && py < y + h;
            });
          const wanted = Array.from({ length: width * height }, (_, i) => i).filter((i) => !inside(i));
          const got = runs.flatMap((start, k) =>
            k % 2 === 0 ? Array.from({ length: runs[k + 1]! - start }, (_, i) => start + i) : [],
          );
          expect(got).toEqual(wanted);
          expect(runs.every((edge, k) => k === 0 || edge > runs[k - 1]!)).toBe(true);
        },
      ),
    );
  });

  test("of a whole picture are one", () => {
    expect(Array.from(pixelRuns(7, 5, []))).toEqual([0, 35]);
  });
});

describe("luma", () => {
  /** The formula without any of the tricks. */
  function plain(width: number, height: number, value: (x: number, y: number) => number, ignore: readonly PixelBox[]) {
    const values: number[] = [];
    const blocks = new Map<string, number[]>();
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (ignore.some(([bx, by, w, h]) => x >= bx && x < bx + w && y >= by && y < by + h)) continue;
        values.push(value(x, y));
        const key = `${Math.floor(x / 32)},${Math.floor(y / 32)}`;
        blocks.set(key, [...(blocks.get(key) ?? []), value(x, y)]);
      }
    }
    const mean = (list: readonly number[]) => list.reduce((sum, v) => sum + v, 0) / list.length;
    const sd = (list: readonly number[]) => Math.sqrt(mean(list.map((v) => (v - mean(list)) ** 2)));
    const busy = [...blocks.values()].filter((list) => list.length >= 64).map(sd);
    return {
      pixels: values.length,
      mean: mean(values),
      sd: sd(values),
      min: Math.min(...values),
      max: Math.max(...values),
      blockSdMax: Math.max(0, ...busy),
    };
  }
  const close = (a: object, b: object, digits: number) => {
    for (const [key, value] of Object.entries(b))
      expect((a as Record<string, number>)[key], key).toBeCloseTo(value as number, digits);
  };
  const ignore: readonly PixelBox[] = [[10, 5, 30, 40]];

  test.each([8, 16] as const)("of %i-bit codes is the formula, around ignored rectangles too", (bits) => {
    const image = decoded({ width: 75, height: 70, channels: 4, bits });
    const top = bits === 16 ? 65_535 : 255;
    const at = (x: number, y: number, c: number) => (image.samples[(y * 75 + x) * 4 + c] as number) / top;
    const value = (x: number, y: number) => 0.2126 * at(x, y, 0) + 0.7152 * at(x, y, 1) + 0.0722 * at(x, y, 2);
    for (const boxes of [[], ignore])
      close(framePlanes(image, pixelRuns(75, 70, boxes)).facts, plain(75, 70, value, boxes), 4);
  });

  test("of floats is the formula over clamped, sRGB-encoded values, within the table's precision", () => {
    const image = decodedFloat(75, 70, (x, y, c) => 2 * picture(x, y, c) - 0.5);
    const curve = (v: number) => {
      const c = Math.min(1, Math.max(0, v));
      return c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
    };
    const at = (x: number, y: number, c: number) => curve(2 * picture(x, y, c) - 0.5);
    const value = (x: number, y: number) => 0.2126 * at(x, y, 0) + 0.7152 * at(x, y, 1) + 0.0722 * at(x, y, 2);
    close(framePlanes(image, pixelRuns(75, 70, ignore)).facts, plain(75, 70, value, ignore), 3);
  });

  test("of grey is the value itself, of black exactly zero", () => {
    const grey = decoded({ width: 64, height: 64, channels: 2, bits: 16, value: (x, _y, c) => (c === 1 ? 1 : x / 63) });
    expect(framePlanes(grey, pixelRuns(64, 64, [])).facts).toMatchObject({ min: 0, max: 1 });
    const black = decoded({ width: 64, height: 64, channels: 3, bits: 8, value: () => 0 });
    expect(framePlanes(black, pixelRuns(64, 64, [])).facts).toEqual({
      pixels: 4096,
      mean: 0,
      sd: 0,
      min: 0,
      max: 0,
      blockSdMax: 0,
    });
  });
});
