/** Movie proxies on the real disk, with the real ffmpeg where there is one, and without any. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { createExec } from "../../daemon/adapters/exec.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { createIds } from "../../daemon/adapters/ids.ts";
import { encodeExr } from "../../daemon/adapters/images/exrWrite.ts";
import { createImages } from "../../daemon/adapters/images/images.ts";
import { withMovieXmp } from "../../daemon/adapters/images/movieXmp.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Exec, World } from "../../daemon/ports.ts";
import { createMovies, makeMovie, movieLack, noteLack, placeProxies } from "../../daemon/stages/movies.ts";
import type { StepRow, TaskRow } from "../../daemon/storePort.ts";
import { createWork } from "../../daemon/work.ts";
import { newJob } from "../contract/store.ts";
import { absent } from "../fixtures/optionalTools.ts";
import { writePng } from "../fixtures/pictures.ts";
import { testStage } from "../fixtures/stageContext.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const images = createImages({ checkFolders: [], workers: 1, scratchDir: null });
afterAll(() => images.close());
const ENGINE = { engine: { version: "0.19.1", simulated: true, deviceName: null, pytorchVersion: null } };
const NO_PROGRAMS: Exec = { run: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" })) };

function bench(dir: TempDir, exec: Exec = createExec()) {
  const stage = testStage({
    config: { stateDir: dir.path, proxies: { fps: 25 } },
    store: { storeId: () => Promise.resolve("store_a") },
  });
  mkdirSync(dir.file("scratch"));
  const work = createWork({
    wake: () => undefined,
    widthOf: () => 1,
    failed: (_key, error) => Promise.reject(error as Error),
  });
  const world = { ...stage.context.world, images, exec, ids: createIds(() => 0) } as World;
  const context: StageContext = { ...stage.context, files: createFiles(), work, world };
  const { plan } = newJob("job_a", { frames: [1001, 1002, 1003, 1004] });
  const target = { ...plan.steps[0]!.target, productDir: dir.file("p"), reviewDir: dir.file("review"), root: dir.path };
  const step = { id: "job_a/1", jobId: "job_a", version: 3, plan: { ...plan.steps[0]!, target } } as unknown as StepRow;
  return { context, step, work, events: stage.events };
}

/** Frame 1003 is not there. */
async function frames(dir: TempDir): Promise<readonly (string | null)[]> {
  const at = (n: number) =>
    writePng(dir.path, `f.${n}.png`, {
      width: 103,
      height: 50,
      channels: 3,
      bits: 8,
      value: (x, y, c) => ((x * n + y + c) % 100) / 100,
    });
  return [await at(1001), await at(1002), null, await at(1004)];
}

const probe = (path: string): Record<string, unknown> =>
  (
    JSON.parse(
      execFileSync("ffprobe", ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path], {
        encoding: "utf8",
      }),
    ) as { streams: Record<string, unknown>[] }
  ).streams[0]!;

describe("a movie", () => {
  it("is H.264 in yuv420p and Rec.709, of sides divisible by 4, with a picture for every frame of the plan", async (ctx) => {
    const reason = absent("ffprobe");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    const { context, step } = bench(dir);
    await makeMovie(context, step, {
      frames: await frames(dir),
      wedge: 2,
      show: "AGM",
      simulated: false,
      to: dir.file("m.mp4"),
    });
    expect(probe(dir.file("m.mp4"))).toMatchObject({
      codec_name: "h264",
      pix_fmt: "yuv420p",
      width: 100,
      height: 48,
      color_range: "tv",
      color_space: "bt709",
      color_transfer: "bt709",
      color_primaries: "bt709",
      r_frame_rate: "25/1",
      nb_read_frames: "4",
    });
    const bytes = readFileSync(dir.file("m.mp4"));
    expect(bytes.includes(dir.path)).toBe(false);
    expect(bytes.includes("hotplate://AGM/s/job_a/v003/w002")).toBe(true);
    expect(bytes.includes("ai:simulated")).toBe(false);
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
    return undefined;
  });

  it("carries the pointer to its record, as exiftool reads it", async (ctx) => {
    const reason = absent("exiftool") ?? absent("ffmpeg");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    const { context, step } = bench(dir);
    await makeMovie(context, step, {
      frames: await frames(dir),
      wedge: 1,
      show: "AGM",
      simulated: false,
      to: dir.file("m.mp4"),
    });
    const said = execFileSync("exiftool", ["-G1", "-s", "-XMP:all", "-Warning", "-Error", dir.file("m.mp4")], {
      encoding: "utf8",
    });
    expect(said).toMatch(/DigitalSourceType\s+: http:\/\/cv\.iptc\.org/);
    expect(said).toMatch(/Identifier\s+: hotplate:\/\/AGM\/s\/job_a\/v003\/w001/);
    expect(said).not.toMatch(/Warning|Error/);
    return undefined;
  });

  it("has the rate of the manifest, else of the plate's header, else of the node", async (ctx) => {
    const reason = absent("ffprobe");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    const { context, step } = bench(dir);
    const box = [0, 0, 8, 8] as const;
    const rate = {
      name: "framesPerSecond",
      type: "rational",
      value: new Uint8Array(Int32Array.of(24_000, 1001).buffer),
    };
    const planes = ["R", "G", "B"].map((name) => ({ name, type: "half", data: new Uint16Array(64) }) as const);
    writeFileSync(
      dir.file("plate.exr"),
      encodeExr({ data: box, display: box, compression: "zip", planes, attributes: [rate] }),
    );
    const plate = { frames: [{ frame: 1001, path: dir.file("plate.exr") }] };
    const order = { frames: await frames(dir), wedge: 1, show: "AGM", simulated: false };
    const onPlate = { ...step, plan: { ...step.plan, plate } } as unknown as StepRow;
    await makeMovie(context, onPlate, { ...order, to: dir.file("plate.mp4") });
    const said = { ...onPlate.plan, output: { ...step.plan.output, rate: { numerator: 30, denominator: 1 } } };
    await makeMovie(context, { ...onPlate, plan: said }, { ...order, to: dir.file("said.mp4") });
    expect(["plate.mp4", "said.mp4"].map((name) => probe(dir.file(name))["r_frame_rate"])).toEqual([
      "24000/1001",
      "30/1",
    ]);
    return undefined;
  });

  it("is made for the review folder behind all other work, and not twice", async (ctx) => {
    const reason = absent("ffmpeg");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    const { context, step, work, events } = bench(dir);
    mkdirSync(dir.file("review/job_a_v003"), { recursive: true });
    const movies = createMovies(context);
    const wanted = new Map([
      [1, await frames(dir)],
      [2, [null, null, null, null]],
    ]);
    const finish = async (): Promise<void> => {
      movies.tick();
      while (work.inFlight().length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        await work.apply();
      }
    };
    movies.want(step, { show: "AGM", simulated: true, frames: wanted });
    await finish();
    expect(readdirSync(dir.file("review/job_a_v003"))).toEqual(["w001.mp4"]);
    expect(readFileSync(dir.file("review/job_a_v003/w001.mp4")).includes('ai:simulated="true"')).toBe(true);
    writeFileSync(dir.file("review/job_a_v003/w001.mp4"), "a person's own");
    movies.want(step, { show: "AGM", simulated: true, frames: wanted });
    await finish();
    expect(readFileSync(dir.file("review/job_a_v003/w001.mp4"), "utf8")).toBe("a person's own");
    expect(events.map(({ name }) => name)).toEqual(["movie.made"]);
    return undefined;
  });
});

describe("without ffmpeg", () => {
  it("the lack is named, none is tried, and the version has its small pictures all the same", async () => {
    using dir = tempDir();
    const { context, step } = bench(dir, NO_PROGRAMS);
    const lack = await movieLack(context, step.plan);
    expect(lack).toBe("No movie proxy: this node has no ffmpeg (Debian: ffmpeg).");
    noteLack(context, step, lack);
    expect(context.live.lacks.get(step.id)).toBe(lack);
    const failed = makeMovie(context, step, {
      frames: await frames(dir),
      wedge: 1,
      show: "AGM",
      simulated: false,
      to: dir.file("m.mp4"),
    });
    await expect(failed).rejects.toMatchObject({ code: "HP-FFMPEG" });
    mkdirSync(dir.file("tree/w001"), { recursive: true });
    await writePng(dir.file("tree/w001"), "a_v003_w001.1001.png", { width: 40, height: 30, channels: 3, bits: 8 });
    const placed = [{ path: "w001/a_v003_w001.1001.png", wedge: 1, frame: 1001, bytes: 1, sha256: "x" }];
    const of = { show: "AGM", tree: dir.file("tree"), placed, tasks: [], lack };
    const asking = (proxy: "jpg" | "mp4") =>
      placeProxies(context, { ...step, plan: { ...step.plan, output: { ...step.plan.output, proxy } } }, of);
    expect((await asking("jpg")).map(({ path }) => path)).toEqual(["proxy/a_v003_w001.1001.jpg"]);
    expect(await asking("mp4")).toEqual([]);
    expect(await placeProxies(context, step, of)).toEqual([]);
  });

  it("a still, or frames picked here and there, lack nothing", async () => {
    using dir = tempDir();
    const { context, step } = bench(dir, NO_PROGRAMS);
    for (const picked of [[null], [1001], [1001, 1030, 1058]])
      expect(await movieLack(context, { ...step.plan, frames: picked })).toBeNull();
  });
});

it("a pointer takes the place of an older one, and a file that is no whole movie is an error", () => {
  const box = (type: string, body: string): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + body.length);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, Buffer.from(body)]);
  };
  const movie = Buffer.concat([box("ftyp", "isom"), box("mdat", "pixels")]);
  const once = withMovieXmp(movie, "<one/>");
  expect(Buffer.from(once.subarray(0, movie.length)).equals(movie)).toBe(true);
  const twice = Buffer.from(withMovieXmp(once, "<two/>"));
  expect([twice.includes("<one/>"), twice.includes("<two/>")]).toEqual([false, true]);
  expect(() => withMovieXmp(movie.subarray(0, -1), "<x/>")).toThrow(HotplateError);
  expect(() => withMovieXmp(Buffer.alloc(12), "<x/>")).not.toThrow();
  expect(() => withMovieXmp(Buffer.alloc(5), "<x/>")).toThrow(HotplateError);
});

it("a version's proxies asked for as movies lie in it, one per wedge", async (ctx) => {
  const reason = absent("ffmpeg");
  if (reason !== null) return ctx.skip(reason);
  using dir = tempDir();
  const { context, step } = bench(dir);
  mkdirSync(dir.file("tree/w002"), { recursive: true });
  const placed = [];
  for (const frame of [1001, 1002, 1004]) {
    const path = `w002/a_v003_w002.${frame}.png`;
    await writePng(dir.file("tree"), path, { width: 40, height: 30, channels: 3, bits: 8 });
    placed.push({ path, wedge: 2, frame, bytes: 1, sha256: "x" });
  }
  const asked = { ...step, plan: { ...step.plan, output: { ...step.plan.output, proxy: "mp4" as const } } };
  const entries = await placeProxies(context, asked, {
    show: "AGM",
    tree: dir.file("tree"),
    placed,
    tasks: [{ staged: [{ path: "x", ...ENGINE }] }] as unknown as Pick<TaskRow, "staged">[],
    lack: null,
  });
  expect(readFileSync(dir.file("tree/proxy/a_v003_w002.mp4")).includes('ai:simulated="true"')).toBe(true);
  expect(entries).toMatchObject([{ path: "proxy/a_v003_w002.mp4", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  return undefined;
});
