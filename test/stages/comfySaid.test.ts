/** ComfyUI's own words of a version: kept once, told by hash for each result, and never where words may not leave the node. */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { StageContext } from "../../daemon/live.ts";
import { comfyMetadata } from "../../daemon/stages/comfySaid.ts";
import type { TaskRow } from "../../daemon/storePort.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const task = (wedge: number, of: { said?: string; texts: Record<string, string> | null; state?: string }): TaskRow =>
  ({
    wedge,
    state: of.state ?? "committing",
    staged: [{ frame: 1001, finished: { said: of.texts }, ...(of.said === undefined ? {} : { said: of.said }) }],
  }) as unknown as TaskRow;
const contextOf = (config: Readonly<Record<string, unknown>> = {}): StageContext => ({
  ...testStage({ config }).context,
  files: createFiles(),
});

it("the first result's words stand whole, the others' by hash; what is not published is not told of", async () => {
  using dir = tempDir();
  writeFileSync(dir.file("w1.said.json"), JSON.stringify({ prompt: "{}" }));
  const tasks = [
    task(1, { said: dir.file("w1.said.json"), texts: { prompt: "aa" } }),
    task(2, { texts: { prompt: "bb" } }),
    task(3, { texts: null }),
    task(4, { texts: { prompt: "cc" }, state: "failed" }),
  ];
  expect(JSON.parse((await comfyMetadata(contextOf(), tasks)) ?? "")).toEqual({
    schema: "hotplate-comfy-metadata/1",
    first: { prompt: "{}" },
    results: [
      { wedge: 1, frame: 1001, texts: { prompt: "aa" } },
      { wedge: 2, frame: 1001, texts: { prompt: "bb" } },
    ],
  });
  const redacted = JSON.parse((await comfyMetadata(contextOf({ privacy: "redact" }), tasks)) ?? "") as {
    first: unknown;
  };
  expect(redacted.first).toBeNull();
});

it("no words, no file; words that the disk lost hold nothing up", async () => {
  using dir = tempDir();
  expect(await comfyMetadata(contextOf(), [task(1, { texts: null })])).toBeNull();
  for (const content of [null, "not JSON", '{"prompt": 7}']) {
    if (content !== null) writeFileSync(dir.file("lost.json"), content);
    const lost = [task(1, { said: dir.file("lost.json"), texts: { prompt: "aa" } })];
    expect(JSON.parse((await comfyMetadata(contextOf(), lost)) ?? "")).toMatchObject({ first: null });
  }
});
