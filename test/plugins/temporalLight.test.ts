/**
 * The checks over frames under light that jumps in a part of the plate, over cuts, and of new content under a camera that moves: what is right
 * raises nothing, and what flickers in it is found all the same.
 */
import { describe, expect, it } from "vitest";
import { cutsOf } from "../../plugins/_cuts.ts";
import { chance } from "../../scripts/bench/qc/random.ts";
import { FRESH } from "../../scripts/bench/qc/sequenceFresh.ts";
import type { CleanKind, Shot } from "../../scripts/bench/qc/sequenceShots.ts";
import { CLEAN, FRAMES, HIGH, handheld, still, WIDE } from "../../scripts/bench/qc/sequenceShots.ts";
import { judged, sequenceChecks } from "../../scripts/bench/qc/sequenceTable.ts";
import { makeSequence, SEQUENCE_DEFECTS, takeOf } from "../../scripts/bench/qc/sequences.ts";
import { before, by, glow, gradedFrom, litBy, slide } from "../../scripts/bench/qc/sequenceViews.ts";
import { UNSEEN_SHOTS } from "../../scripts/bench/qc/sequenceUnseen.ts";
import { source } from "../../scripts/bench/qc/sources.ts";

const checks = await sequenceChecks();

function found(shot: Shot, defect: string | null): readonly string[] {
  const put = defect === null ? null : SEQUENCE_DEFECTS.find(({ name }) => name === defect);
  if (put === undefined) throw new Error(`no defect ${defect}`);
  const { findings } = judged(checks, makeSequence(takeOf(shot), put));
  return findings.filter(({ verdict }) => verdict !== "pass").map(({ check }) => check);
}

function shotOf(kinds: readonly CleanKind[], name: string, seed: number): Shot {
  const kind = kinds.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind.shot(seed);
}

/** Two lamps at the sides of a street, red and blue in turn. */
function police(seed: number): Shot {
  const [left, right] = [glow(60, 100, 110), glow(430, 120, 110)];
  const lit = litBy(slide(source("skyline", seed), 2), (t) => {
    const [red, blue] = t % 4 < 2 ? [1.6, 0] : [0, 1.6];
    return (x, y, c) => 0.5 + red * left(x, y) * (c === 0 ? 1 : 0.15) + blue * right(x, y) * (c === 2 ? 1 : 0.15);
  });
  return gradedFrom(seed, lit);
}

function candle(seed: number): Shot {
  const random = chance(seed * 7 + 1);
  const flames = Array.from({ length: FRAMES }, () => random.between(0.6, 1.6));
  const near = glow(240, 200, 70);
  const flame = [1.3, 0.9, 0.5];
  return gradedFrom(
    seed,
    litBy(by(still, source("weave", seed)), (t) => {
      return (x, y, c) => 0.35 + (flames[t] as number) * near(x, y) * (flame[c] as number);
    }),
  );
}

/** All of the light goes on and off from frame to frame. */
const disco = (seed: number): Shot =>
  gradedFrom(
    seed,
    litBy(by(still, source("discs", seed)), (t) => () => (t % 2 === 1 ? 0.4 : 1.4)),
  );

/** A screen in a room, on which the shot changes every three frames. */
function television(seed: number): Shot {
  const shown = (["texture", "discs", "lights", "noise"] as const).map((kind, i) =>
    litBy(slide(source(kind, seed + 40 + i), 6), () => () => 1.4 - 0.35 * i),
  );
  const scene = (t: number) => shown[Math.floor(t / 3) % 4]?.(t) as Float32Array;
  const onIt = () => (x: number, y: number) => x >= 260 && x < 390 && y >= 70 && y < 150;
  return gradedFrom(seed, before(scene, by(still, source("bricks", seed)), onIt));
}

/** Something bright passes through the frame in a few frames. */
function headlights(seed: number): Shot {
  return gradedFrom(
    seed,
    litBy(by(handheld(seed), source("dark", seed)), (t) => {
      const near = glow(60 * t - 100, 140, 60);
      return (x, y) => 1 + 6 * near(x, y);
    }),
  );
}

/** The light of each frame a little other, as clouds pass. */
function timelapse(seed: number): Shot {
  const random = chance(seed * 3 + 9);
  const exposures = Array.from({ length: FRAMES }, () => 2 ** random.between(-0.12, 0.12));
  return gradedFrom(
    seed,
    litBy(by(still, source("skyline", seed)), (t) => (x) => {
      return (exposures[t] as number) * (1 + 0.3 * Math.sin((x + 25 * t) / 60));
    }),
  );
}

const RIGHT: readonly (readonly [string, (seed: number) => Shot])[] = [
  ["lamps of a police car", police],
  ["a candle", candle],
  ["light that goes on and off", disco],
  ["a television in a room", television],
  ["headlights that pass", headlights],
  ["a timelapse", timelapse],
];

describe("a shot whose light jumps", () => {
  it.each(RIGHT)("raises nothing where the result follows the plate: %s", (_name, shot) => {
    expect(found(shot(707), null)).toEqual([]);
  });

  it.each(RIGHT)("shows its boiling all the same: %s", (_name, shot) => {
    expect(found(shot(707), "boiling blocks of 30 px, sd 3 %")).toContain("temporal.flicker");
  });

  it.each(["one frame + 3 %", "global flicker, sd 1 %", "boiling blocks of 30 px, sd 3 %"])(
    "by a lamp that strobes in a part of it shows flicker in what is calm: %s",
    (defect) => {
      const shot = shotOf(FRESH, "lamp that strobes", 404_101);
      expect(found(shot, null)).toEqual([]);
      expect(found(shot, defect)).toContain("temporal.flicker");
    },
  );
});

describe("frames under light that jumps", () => {
  it.each([
    ["a lamp that strobes", (seed: number) => shotOf(FRESH, "lamp that strobes", seed)],
    ["lamps of a police car", police],
  ] as const)("that have changed places are told: %s", (_name, shot) => {
    expect(found(shot(404_101), "two frames swapped")).toContain("frames.order");
  });

  it("are none of another number where a curve of contrast makes its jumps larger", () => {
    const shot = candle(1_212_101);
    const steep = (t: number) => shot.plate(t).map((v) => 0.18 * (Math.max(0, v) / 0.18) ** 1.15);
    expect(found({ ...shot, edit: steep }, null)).toEqual([]);
  });
});

describe("new content under a camera in the hand", () => {
  // Those that were flagged by how it moves.
  it.each([404_606, 404_707, 808_202])("is no flicker by its own movement (seed %i)", (seed) => {
    expect(found(shotOf(CLEAN, "new content in a mask, handheld", seed), null)).toEqual([]);
  });

  it("is not late because it matches other frames of the plate by chance", () => {
    expect(found(shotOf(CLEAN, "new content in a mask that moves with the camera", 808_202), null)).toEqual([]);
  });

  it("that boils is found by the quietest of its frames", () => {
    const shot = shotOf(CLEAN, "new content in a mask, handheld", 404_202);
    expect(found(shot, "boiling blocks of 30 px, sd 3 %")).toContain("temporal.flicker");
  });
});

describe("a cut of the plate", () => {
  // Of two pictures that are alike by chance in where they are bright.
  it.each([808_202, 809_111])("is no flicker and no drift where another scene looks alike (seed %i)", (seed) => {
    expect(found(shotOf(CLEAN, "cut", seed), null)).toEqual([]);
  });

  const scene = (seed: number) => {
    const random = chance(seed);
    return Float32Array.from({ length: 144 }, () => random.normal());
  };
  /** So much of another picture in it. */
  const mixed = (a: Float32Array, b: Float32Array, part: number) =>
    a.map((light, i) => light * (1 - part) + (b[i] as number) * part);
  const [a, b] = [scene(1), scene(2)];
  const held = (of: Float32Array, seed: number) => mixed(of, scene(seed), 0.02);

  it("is told where one scene ends, and where they have half of their structure in common", () => {
    const alike = mixed(a, b, 0.45);
    const runs = [b, alike].map((other) => [a, a, a, a, other, other, other, other].map((of, t) => held(of, 10 + t)));
    for (const run of runs) expect(cutsOf(run, 0.005).flatMap((cut, t) => (cut ? [t] : []))).toEqual([4]);
  });

  it("is none where a lamp lights up for two frames, a shot dissolves, or a screen changes", () => {
    const lit = a.map((light, i) => (i % 16 < 9 ? light + 2 : light));
    const screen = a.map((light, i) => (i % 16 < 3 ? light + 3 * (b[i] as number) : light));
    const flash = [a, a, a, lit, lit, a, a, a].map((of, t) => held(of, 20 + t));
    const dissolve = [0, 0, 0.25, 0.5, 0.75, 1, 1, 1].map((part, t) => held(mixed(a, b, part), 30 + t));
    const shown = [a, a, a, a, screen, screen, screen, screen].map((of, t) => held(of, 40 + t));
    for (const run of [flash, dissolve, shown]) expect(cutsOf(run, 0.005)).not.toContain(true);
  });

  it("is none at the first frame, and none is told of what has no structure", () => {
    expect(cutsOf([a], 0.005)).toEqual([false]);
    const flat = Array.from({ length: 6 }, (_, t) => new Float32Array((WIDE / 30) * (HIGH / 30)).fill(t));
    expect(cutsOf(flat, 0.005)).not.toContain(true);
  });
});

describe("light of changing colour over all of the plate, and an edit that gives each channel a gain of its own", () => {
  const shot = shotOf(UNSEEN_SHOTS, "television, more contrast", 1003 * 101);

  it("is right: the same channel is compared in all frames, whichever is the darkest in one of them", () => {
    expect(found(shot, null)).toEqual([]);
  });

  it.each(["one frame + 3 %", "global flicker, sd 1 %", "boiling blocks of 30 px, sd 3 %"])(
    "does not hide what flickers: %s",
    (defect) => {
      expect(found(shot, defect)).toContain("temporal.flicker");
    },
  );
});

describe("an element that stands over a pan, without a mask", () => {
  /** Round, with a soft edge, of a scene of its own. */
  function laidOn(seed: number): Shot {
    const plate = slide(source("skyline", seed), 4);
    const element = source("weave", seed, { width: WIDE, height: HIGH }).data;
    const edit = (t: number) =>
      plate(t).map((light, i) => {
        const pixel = Math.floor(i / 3);
        const cover = Math.min(
          1,
          Math.max(0, (60 - Math.hypot((pixel % WIDE) - 200, Math.floor(pixel / WIDE) - 130)) / 8),
        );
        return light * (1 - cover) + cover * (element[i] as number);
      });
    return { seed, plate, edit, grain: 1, mask: null, bits: 16 };
  }

  it.each([2, 3])("is no flicker where the plate passes behind it (seed %i)", (seed) => {
    expect(found(laidOn(seed), null)).toEqual([]);
  });

  it.each(["one frame + 3 %", "global flicker, sd 1 %", "boiling blocks of 30 px, sd 3 %"])(
    "leaves the rest to be judged: %s",
    (defect) => {
      expect(found(laidOn(3), defect)).toContain("temporal.flicker");
    },
  );
});
