/** The readers' bench runs and gives its figures; nothing here says how fast anything is. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { REPOSITORY } from "../fixtures/sources.ts";

interface Report {
  readonly title: string;
  readonly figures: readonly { readonly what: string; readonly unit: string; readonly median: number }[];
}

it("the readers' bench gives CPU and memory of every reader, for one frame and for several", async (ctx) => {
  for (const [tool, where] of [
    ["oiiotool", "openimageio-tools"],
    ["ffmpeg", "ffmpeg"],
    ["vips", "libvips-tools"],
    ["/usr/bin/time", "time"],
  ] as const)
    if (spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0)
      return ctx.skip(`${tool} is not installed (Debian: ${where})`);
  const args = ["scripts/bench/readers/main.ts", "--quick", "--json", "--only", "EXR zip,DPX 10"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: REPOSITORY });
  const { title, figures } = JSON.parse(stdout) as Report;
  expect(title).toBe("readers");
  const readers = ["hotplate", "oiiotool --stats", "ffmpeg rawvideo"];
  const wanted = ["EXR zip", "DPX 10"].flatMap((kind) =>
    ["one frame", "2 frames"].flatMap((count) => readers.map((reader) => `${kind}, ${count}: ${reader}`)),
  );
  for (const unit of ["CPU ms a frame", "peak MiB"]) {
    const said = figures.filter((figure) => figure.unit === unit).map(({ what }) => what);
    expect(said).toEqual(expect.arrayContaining(wanted));
  }
  expect(figures.map(({ what }) => what)).toContain("EXR zip, in a warm worker: hotplate");
  for (const { median } of figures) expect(median).toBeGreaterThanOrEqual(0);
  return undefined;
});
