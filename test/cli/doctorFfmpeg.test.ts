/** The doctor speaks of ffmpeg only where a recipe works on video files, and names the recipes that lack it. */
import { expect, test } from "vitest";
import { ffmpegLines } from "../../daemon/cli/doctorFfmpeg.ts";
import type { Recipe } from "../../daemon/domain/recipe.ts";
import type { Exec } from "../../daemon/ports.ts";
import { shipped, tiny } from "../fixtures/recipes.ts";
import type { TestRecipe } from "../fixtures/recipes.ts";

const clip = tiny((file, graph) => {
  file["frames"] = { perTask: 4, how: "clip" };
  file["plate"].bind.input = "file";
  graph["1"] = { class_type: "LoadVideo", inputs: { file: "x.mkv" } };
});
const video = tiny((file, graph) => {
  file["frames"] = { perTask: 4 };
  graph["9"].class_type = "SaveWEBM";
});
const there: Exec = {
  run: () => Promise.resolve({ exitCode: 0, stdout: "ffmpeg version 5.1.9 built", stderr: "", timedOut: false }),
};
const absent: Exec = { run: () => Promise.reject(Object.assign(new Error("spawn"), { code: "ENOENT" })) };

function said(exec: Exec, ...recipes: readonly TestRecipe[]) {
  const book = { recipes: recipes as readonly Recipe[], broken: [] };
  return ffmpegLines({ exec, recipes: { book: () => Promise.resolve(book) } });
}

test("nothing is said where recipes take and give pictures", async () => {
  expect(await said(absent, tiny(), shipped("temporal_smooth"))).toEqual([]);
});

test.each([
  ["is fed a clip", clip],
  ["gives back a video", video],
] as const)("a recipe that %s needs it", async (_what, recipe) => {
  expect(await said(there, recipe)).toMatchObject([{ state: "OK", found: "5.1.9" }]);
  expect(await said(absent, recipe)).toMatchObject([
    { state: "WARN", found: "not installed; tiny@1.0.0 can't run (HP-FFMPEG)", fix: "install the package ffmpeg" },
  ]);
});
