/** The pictures of a review page: a part of a frame is as bright as the frame's own thumbnail. */
import { mkdirSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { createIds } from "../../daemon/adapters/ids.ts";
import type { ColorPlan } from "../../daemon/domain/colorPlan.ts";
import { PLAIN_COLOR } from "../../daemon/domain/colorPlan.ts";
import { reviewPaths } from "../../daemon/domain/naming.ts";
import type { QcView } from "../../daemon/domain/qcView.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import { qcReport } from "../../daemon/domain/qcReport.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { World } from "../../daemon/ports.ts";
import { reviewPictures } from "../../daemon/stages/reviewPictures.ts";
import type { StepRow, TaskRow } from "../../daemon/storePort.ts";
import { pngBytes } from "../fixtures/pictures.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";

const COLOR = {
  ...PLAIN_COLOR,
  config: "hotplate",
  plate: { name: "ACEScg", builtIn: "ACEScg", by: "rule" },
  result: { name: "ACEScg", builtIn: "ACEScg" },
  exposure: "auto",
  view: "filmic",
} as unknown as ColorPlan;

it("a part of a frame is exposed as its plate was for the model, frame by frame", async () => {
  using dir = tempDir();
  const size = { name: "width", value: 2048, unit: "px", limit: 2048, must: "equal" } as const;
  const boxes = { kind: "boxes", title: "seam", boxes: [[900, 400, 8, 8]] } as const;
  const seen = inspection(
    finding("header.size", "pass", { measures: [size, { ...size, name: "height", value: 1080, limit: 1080 }] }),
    finding("image.seam", "warn", { evidence: [boxes] }),
  );
  const facts = versionFacts({ wedges: 2, task: () => ({ inspection: seen }) });
  const target = { ...facts.plan.target, reviewDir: dir.file("review"), productDir: dir.file("p"), root: dir.path };
  const plan = {
    ...facts.plan,
    target,
    color: COLOR,
    output: { format: { kind: "exr", type: "half", compression: "zip" } },
  };
  const step = { id: "job_a/1", version: 7, plan } as unknown as StepRow;
  const tasks = [1.5, -2].map((exposureStops, i) => ({
    wedge: i + 1,
    frame: null,
    state: "done",
    staged: [{ path: `/staged/w${i + 1}.exr`, frame: null, finished: { roundTrip: { exposureStops } } }],
  })) as unknown as readonly TaskRow[];
  const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
  const jpeg = await sharp(png).jpeg().toBuffer();
  const asked: unknown[] = [];
  const images = {
    thumbnail: async (from: string, to: string, _size: unknown, shown: unknown) => {
      asked.push([from, shown]);
      writeFileSync(to, jpeg);
    },
  };
  const stage = testStage();
  const world = { ...stage.context.world, images, ids: createIds(() => 0) } as unknown as World;
  const context: StageContext = { ...stage.context, files: createFiles(), world };
  const view: QcView = viewOfVersion(
    qcReport(facts, { tool: { name: "t", version: "1" }, simulated: false, sequences: new Map() }),
  );
  const page = reviewPaths(target, 7).qcReport;
  mkdirSync(reviewPaths(target, 7).reviewDir, { recursive: true });
  const { crop } = await reviewPictures(context, step, {
    tasks,
    view,
    page,
    fileOf: ({ at }) => `/v/w${at + 1}.exr`,
  });
  expect(crop?.(0, null, "image.seam")).not.toBeNull();
  expect(asked).toEqual([
    ["/v/w1.exr", { space: "Linear Rec.709 (sRGB)", view: "filmic", stops: 1.5 }],
    ["/v/w2.exr", { space: "Linear Rec.709 (sRGB)", view: "filmic", stops: -2 }],
  ]);
});
