/** What graphs are fed is made once per plate frame and colour plan: never shared between two ways of seeing a plate. */
import { expect, test } from "vitest";
import { PLAIN_COLOR } from "../../daemon/domain/colorPlan.ts";
import type { ColorPlan } from "../../daemon/domain/colorPlan.ts";
import type { PlateFrame } from "../../daemon/domain/plan.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { FeedColor, Files, Images } from "../../daemon/ports.ts";
import { createFeedCache, feedColor } from "../../daemon/stages/feedCache.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";

const ACESCG: ColorPlan = {
  ...PLAIN_COLOR,
  how: "edit",
  plate: { name: "ACEScg", builtIn: "ACEScg", via: null, by: "manifest", why: "plate.colorspace", guess: false },
};
const FRAME: PlateFrame = { frame: 1001, path: "/shows/p.1001.exr", bytes: 9, mtimeNs: "1", ino: "1" };

function bench() {
  const asked: (FeedColor | null)[] = [];
  let made = 0;
  const images: Partial<Images> = {
    feed: async (_plate, _to, color) => {
      asked.push(color);
      return { width: 8, height: 8 };
    },
  };
  const { context } = testStage();
  const ids = { ...context.world.ids, uuid: () => String((made += 1)) };
  const world = { ...context.world, images: images as Images, ids };
  // Every frame lies there as it was accepted.
  const stat = { kind: "file", dev: "1", ino: "1", bytes: 9, mtimeNs: "1", ctimeNs: "1", uid: 0, mode: 0o644 } as const;
  const files: Partial<Files> = {
    stat: () => Promise.resolve(stat),
    realpath: (path) => Promise.resolve(path),
  };
  return { asked, feeds: createFeedCache({ ...context, world, files: files as Files } as StageContext) };
}

test("one plate frame and one plan share a feed; another exposure, view, space or element has its own", async () => {
  const { asked, feeds } = bench();
  const of = (plan: ColorPlan, kind: FeedColor["of"] = "plate"): FeedColor => ({
    plan,
    of: kind,
    reference: FRAME.path,
  });
  const first = await feeds.feed(FRAME, of(ACESCG));
  expect(await feeds.feed(FRAME, of({ ...ACESCG }))).toEqual(first);
  const others = [
    of({ ...ACESCG, exposure: 1 }),
    of({ ...ACESCG, view: "filmic" }),
    of({ ...ACESCG, how: "acescct" }),
    of({ ...ACESCG, plate: { ...ACESCG.plate!, name: "ACES2065-1", builtIn: "ACES2065-1" } }),
    of({ ...ACESCG, config: { name: "c", path: "/c", sha256: "of another config" } }),
    of(ACESCG, "image"),
    { ...of(ACESCG), reference: "/shows/p.1002.exr" },
    null,
  ];
  const paths = [first.path];
  for (const other of others) paths.push((await feeds.feed(FRAME, other)).path);
  expect(new Set(paths).size).toBe(1 + others.length);
  expect(asked).toHaveLength(1 + others.length);
});

test("a plan that knows no plate is fed as the codes are; one that does, with the plate's first frame as the reference", () => {
  const plan = newJob("job_a").plan.steps[0]!;
  expect(feedColor({ ...plan, color: PLAIN_COLOR }, "plate")).toBeNull();
  const plate = { frames: [FRAME, { ...FRAME, frame: 1002, path: "/shows/p.1002.exr" }] } as never;
  expect(feedColor({ ...plan, color: ACESCG, plate }, "image")).toEqual({
    plan: ACESCG,
    of: "image",
    reference: FRAME.path,
  });
});
