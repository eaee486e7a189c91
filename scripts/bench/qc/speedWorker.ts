/**
 * A process of the bench of speed: reads one pair of frames and says, as JSON, the CPU ms of decoding both, of a whole inspection with no
 * plate kept, of what the checks share, and of each check by itself. node speedWorker.ts PROFILE RESULT PLATE MASK|- REPEATS
 */
import { readFileSync, statSync } from "node:fs";
import { createInspector } from "../../../daemon/adapters/images/inspectFile.ts";
import { loadFrame, setUpSharp } from "../../../daemon/adapters/images/loadFrame.ts";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../../daemon/domain/maskFacts.ts";
import type { QcRequest } from "../../../daemon/domain/plan.ts";
import { createPlaneKeeper } from "../../../daemon/domain/planeKeeper.ts";
import type { FrameFacts } from "../../../daemon/domain/qcInput.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import type { DecodedImage } from "../../../daemon/plugin.ts";

const [profileName = "", result = "", plate = "", mask = "-", repeats = "5"] = process.argv.slice(2);
setUpSharp();
const { checks, book } = await loadChecks([]);
const profile = book.profiles.find((each) => each.name === profileName);
if (profile === undefined) throw new Error(`there is no profile ${profileName}`);
const requests: readonly QcRequest[] = Object.entries(profile.checks)
  .filter(([id]) => checks.some((check) => check.id === id && check.scope === "frame"))
  .map(([check, wish]) => ({
    check,
    limits: Object.fromEntries(
      Object.entries(wish ?? {}).filter((each): each is [string, number] => typeof each[1] === "number"),
    ),
  }));
const cpuMs: Record<string, number[]> = {};

async function timed<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  (cpuMs[what] ??= []).push((user + system) / 1000);
  return value;
}

async function decoded(path: string): Promise<DecodedImage> {
  const loaded = await loadFrame(readFileSync(path));
  if (loaded.kind !== "frame") throw new Error(`${path}: ${loaded.message}`);
  return loaded.image;
}

/** Nothing of the plate or of its planes is kept from one to the next; the memory of the planes is, as in a worker. */
async function inspection(): Promise<void> {
  const inspector = createInspector({
    checks,
    programs: { answered: async ({ checks: asked }) => asked },
    inference: { answered: async ({ checks: asked }) => asked },
    tools: {
      readable: async (bytes) => ({ bytes, by: null }),
      readableChunk: async (all) => all.map((bytes) => ({ bytes, by: null })),
      demand: () => undefined,
    },
  });
  const seen = await inspector.inspect({
    path: result,
    bytes: statSync(result).size,
    frame: 1001,
    platePath: plate,
    checks: requests,
    expected: { width: size.width, height: size.height, bitDepth: 16, ignore: [] },
    composited: mask !== "-",
    ...(mask === "-"
      ? {}
      : { mask: { path: mask, plan: { from: "mask", channel: "red", invert: false, feather: 0 } } }),
  });
  verdict = seen.verdict;
}

const size = await decoded(plate);
const inside = mask === "-" ? null : (await decoded(mask)).samples.map((v) => (v > 0 ? 1 : 0));
const keeper = createPlaneKeeper();
let verdict = "";
for (let k = 0; k < Number(repeats); k += 1) {
  const one = await timed("decode both", async () => ({ result: await decoded(result), plate: await decoded(plate) }));
  await timed("whole inspection", inspection);
  const { width, height } = one.plate;
  const facts: FrameFacts = {
    ...one,
    resultFile: { path: result, bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    mask:
      inside === null
        ? null
        : maskFacts({ width, height, inside: inside as Uint8Array }, { width, height, ignore: [] }),
    maskProblem: null,
    composited: mask !== "-",
    expected: { width, height, bitDepth: 16, ignore: [] },
    planesOf: keeper,
  };
  const input = frameInput(facts);
  await timed("planes of both", () => [input.luma("result"), input.luma("plate")]);
  for (const { check: id, limits } of requests) {
    const check = checks.find((each) => each.id === id);
    if (check === undefined) continue;
    const own = { ...input, limits: { ...check.limits, ...limits } };
    if ((check.applies?.(own) ?? null) !== null || check.needs.some((need) => own[need] === null)) continue;
    await timed(id, () => check.run(own));
  }
}
process.stdout.write(JSON.stringify({ cpuMs, verdict, peakMiB: process.resourceUsage().maxRSS / 1024 }));
