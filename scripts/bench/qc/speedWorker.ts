/**
 * A process of the bench of speed. For every message it looks at one pair of frames and answers with the CPU ms of decoding both, of a whole
 * inspection by the worker's own inspector with neither plate nor mask kept, of what the checks share, and of each check by itself.
 * Forked as: speedWorker.ts PROFILE RESULT PLATE MASK|-. With `batch N` behind it looks at N frames under names that count up, and ends.
 */
import { statSync, utimesSync } from "node:fs";
import { readWhole, sha256At } from "../../../daemon/adapters/images/byteSource.ts";
import type { FrameTools } from "../../../daemon/adapters/images/frameTools.ts";
import { greyPng } from "../../../daemon/adapters/images/greyPng.ts";
import { headerFactsIn } from "../../../daemon/adapters/images/headerFacts.ts";
import { createInspector } from "../../../daemon/adapters/images/inspectFile.ts";
import { createMaskOf } from "../../../daemon/adapters/images/inspectMask.ts";
import { loadFrame, setUpSharp } from "../../../daemon/adapters/images/loadFrame.ts";
import { createReadRoom } from "../../../daemon/adapters/images/readRoom.ts";
import { sampleDigest } from "../../../daemon/adapters/images/sampleDigest.ts";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../../daemon/domain/maskFacts.ts";
import { createPlaneKeeper } from "../../../daemon/domain/planeKeeper.ts";
import type { FrameFacts } from "../../../daemon/domain/qcInput.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import type { DecodedImage, MaskFacts } from "../../../daemon/plugin.ts";
import { frameRequests } from "./speedProfile.ts";

/** What one round says. */
export interface Round {
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly verdict: string;
  readonly peakMiB: number;
}

/** As an inspection does it: what is in no bound, and is told beside it. */
const DECODE_MASK = "decode the mask";

const [profile = "", result = "", plate = "", mask = "-", mode, count = "1"] = process.argv.slice(2);
const PLAN = { from: "mask", channel: "red", invert: false, feather: 0 } as const;
const tools: FrameTools = {
  readable: async (bytes) => ({ bytes, by: null }),
  readableChunk: async (all) => all.map((bytes) => ({ bytes, by: null })),
  demand: () => undefined,
};
setUpSharp();
const { checks, book } = await loadChecks([]);
const requests = frameRequests(book, profile);
// One for the life of the process, as in a worker: the memory of planes is taken over from frame to frame.
const inspector = createInspector({
  checks,
  programs: { answered: async ({ checks: asked }) => asked },
  inference: { answered: async ({ checks: asked }) => asked },
  tools,
});
const keeper = createPlaneKeeper();

/** Read as the inspector reads: into memory that is there already. */
const room = createReadRoom();

async function decoded(path: string): Promise<DecodedImage> {
  using file = room(path);
  const loaded = await loadFrame(file.bytes);
  if (loaded.kind !== "frame") throw new Error(`${path}: ${loaded.message}`);
  return loaded.image;
}
const { width, height } = await decoded(plate);
const expected = { width, height, bitDepth: 16, ignore: [] } as const;

async function inspection(of: string, platePath: string): Promise<string> {
  const seen = await inspector.inspect({
    path: of,
    bytes: statSync(of).size,
    frame: 1001,
    platePath,
    checks: requests,
    expected,
    composited: mask !== "-",
    ...(mask === "-" ? {} : { mask: { path: mask, plan: PLAN } }),
  });
  return seen.verdict;
}

/** What the inspector keeps is known by time and size: with another time a file is another. */
function forgotten(): void {
  for (const path of mask === "-" ? [plate] : [plate, mask]) utimesSync(path, new Date(), new Date());
}

type Timed = <T>(what: string, work: () => T | Promise<T>) => Promise<T>;

async function round(number: number): Promise<Round> {
  const cpuMs: Record<string, number> = {};
  const timed: Timed = async (what, work) => {
    const before = process.cpuUsage();
    const value = await work();
    const { user, system } = process.cpuUsage(before);
    cpuMs[what] = (user + system) / 1000;
    return value;
  };
  let verdict = "";
  forgotten();
  const whole = async (): Promise<void> => {
    verdict = await timed("whole inspection", () => inspection(result, plate));
  };
  // In turn first and second, so that neither always finds the heap as the other left it.
  if (number % 2 === 1) await whole();
  const both = await timed("decode both", async () => ({ result: await decoded(result), plate: await decoded(plate) }));
  if (number % 2 === 0) await whole();
  if (mask !== "-") await timed(DECODE_MASK, () => greyPng(readWhole(mask)));
  await eachCheck(both, timed);
  return { cpuMs, verdict, peakMiB: process.resourceUsage().maxRSS / 1024 };
}

async function eachCheck(both: Pick<FrameFacts, "result" | "plate">, timed: Timed): Promise<void> {
  const read = async (): Promise<MaskFacts> =>
    maskFacts(await createMaskOf(tools)({ path: mask, plan: PLAN }), { width, height, ignore: [] });
  // As in an inspection, which has a file's bytes in memory when it reads its header.
  const files = { result: readWhole(result), plate: readWhole(plate) };
  const input = frameInput({
    ...both,
    resultFile: { path: result, bytes: statSync(result).size, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    mask: mask === "-" ? null : await timed("mask: read, runs", read),
    maskProblem: null,
    composited: mask !== "-",
    expected,
    planesOf: keeper,
    digestOf: sampleDigest,
    headerOf: (of) => headerFactsIn(files[of]),
    sha256Of: () => sha256At(result),
  });
  await timed("planes of the result", () => input.luma("result"));
  await timed("planes of the plate", () => input.luma("plate"));
  for (const { check: id, limits } of requests) {
    const check = checks.find((each) => each.id === id);
    if (check === undefined) continue;
    const own = { ...input, limits: { ...check.limits, ...limits } };
    if ((check.applies?.(own) ?? null) !== null || check.needs.some((need) => own[need] === null)) continue;
    await timed(id, () => check.run(own));
  }
}

if (mode === "batch") {
  const named = (path: string, i: number): string => path.replace("1001", String(1001 + i));
  for (let i = 0; i < Number(count); i += 1) await inspection(named(result, i), named(plate, i));
} else {
  let number = 0;
  process.on("message", () => {
    number += 1;
    void round(number).then((said) => process.send?.(said));
  });
  process.send?.("ready");
}
