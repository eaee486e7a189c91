/**
 * What looking at pictures costs: decoding and the whole first check set, CPU ms per frame, as medians with spread over
 * repeats. Run: node scripts/bench/images.ts [repeats]. CPU time is the number to trust: wall time suffers from neighbours.
 * Prints one JSON line per measurement, and writes only into a temporary directory of its own.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { exrSamples } from "../../daemon/adapters/images/exrPicture.ts";
import { readExr } from "../../daemon/adapters/images/exrRead.ts";
import { displayPicture, loadFrame, setUpSharp } from "../../daemon/adapters/images/loadFrame.ts";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { withFile } from "../../daemon/adapters/images/byteSource.ts";
import { readHead } from "../../daemon/adapters/images/head.ts";
import type { FrameFacts } from "../../daemon/domain/qcInput.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";

const WIDTH = 4096;
const HEIGHT = 2160;
const PIXELS = WIDTH * HEIGHT;
const repeats = Number(process.argv[2] ?? 7);

/** Texture, gradient and grain in 0..1; deterministic. */
function codes(): Uint16Array {
  let state = 1;
  return Uint16Array.from({ length: PIXELS * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const v = 0.4 + 0.3 * Math.sin(x / 97 + (i % 3)) + 0.2 * Math.cos(y / 61) + (state / 2 ** 32) * 0.02;
    return Math.round(Math.min(1, Math.max(0, v)) * 65_535);
  });
}

/** A scanline EXR of three half channels; `packed`: ZIP, 16 lines a chunk, else NONE. */
function exr(samples: Uint16Array, packed: boolean): Buffer {
  const attribute = (name: string, type: string, value: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeInt32LE(value.length);
    return Buffer.concat([Buffer.from(`${name}\0${type}\0`), size, value]);
  };
  const int32 = (...values: readonly number[]) => Buffer.from(Int32Array.from(values).buffer);
  const channel = (name: string) => Buffer.concat([Buffer.from(`${name}\0`), int32(1, 0, 1, 1)]);
  const box = int32(0, 0, WIDTH - 1, HEIGHT - 1);
  const head = Buffer.concat([
    int32(20_000_630, 2),
    attribute("channels", "chlist", Buffer.concat([channel("B"), channel("G"), channel("R"), Buffer.from([0])])),
    attribute("compression", "compression", Buffer.from([packed ? 3 : 0])),
    attribute("dataWindow", "box2i", box),
    attribute("displayWindow", "box2i", box),
    attribute("lineOrder", "lineOrder", Buffer.from([0])),
    Buffer.from([0]),
  ]);
  const lines = packed ? 16 : 1;
  const chunks: Buffer[] = [];
  for (let y = 0; y < HEIGHT; y += lines) {
    const rows = Math.min(lines, HEIGHT - y);
    const raw = new Uint16Array(rows * WIDTH * 3);
    for (let row = 0; row < rows; row += 1) {
      for (let c = 0; c < 3; c += 1) {
        const line = Float16Array.from(
          { length: WIDTH },
          (_, x) => (samples[((y + row) * WIDTH + x) * 3 + 2 - c] ?? 0) / 65_535,
        );
        raw.set(new Uint16Array(line.buffer), (row * 3 + c) * WIDTH);
      }
    }
    const bytes = Buffer.from(raw.buffer);
    const stored = packed ? deflateSync(filtered(bytes), { level: 4 }) : bytes;
    chunks.push(Buffer.concat([int32(y, stored.length), stored]));
  }
  const table = new BigUint64Array(chunks.length);
  let at = head.length + table.byteLength;
  chunks.forEach((chunk, i) => {
    table[i] = BigInt(at);
    at += chunk.length;
  });
  return Buffer.concat([head, Buffer.from(table.buffer), ...chunks]);
}

/** OpenEXR's byte split and predictor, which make deflate work on halves. */
function filtered(raw: Buffer): Buffer {
  const half = (raw.length + 1) >> 1;
  const out = Buffer.alloc(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[(i >> 1) + (i % 2 === 0 ? 0 : half)] = raw[i] ?? 0;
  for (let i = out.length - 1; i > 0; i -= 1) out[i] = ((out[i] ?? 0) - (out[i - 1] ?? 0) + 128) & 255;
  return out;
}

async function measure(name: string, mebibytes: number | null, work: () => unknown): Promise<void> {
  const cpuMs: number[] = [];
  await work();
  for (let i = 0; i < repeats; i += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1000);
  }
  cpuMs.sort((a, b) => a - b);
  const at = (share: number) => Math.round((cpuMs[Math.round((cpuMs.length - 1) * share)] ?? 0) * 10) / 10;
  const mpixPerCpuSecond = Math.round(PIXELS / 1000 / Math.max(0.1, at(0.5)));
  console.log(
    JSON.stringify({
      name,
      repeats,
      fileMiB: mebibytes,
      cpuMsMedian: at(0.5),
      cpuMsMin: at(0),
      cpuMsMax: at(1),
      mpixPerCpuSecond,
    }),
  );
}

async function main(): Promise<void> {
  setUpSharp();
  const dir = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
  try {
    console.log(
      JSON.stringify({
        node: process.version,
        cpu: cpus()[0]?.model ?? "",
        cores: availableParallelism(),
        frame: `${WIDTH}x${HEIGHT} RGB`,
      }),
    );
    const samples = codes();
    const raw = { raw: { width: WIDTH, height: HEIGHT, channels: 3 } } as const;
    const files: Readonly<Record<string, Uint8Array>> = {
      "exr none half": exr(samples, false),
      "exr zip half": exr(samples, true),
      "png 16": await sharp(samples, raw).toColourspace("rgb16").png().toBuffer(),
      "png 8": await sharp(
        Uint8Array.from(samples, (v) => v >> 8),
        raw,
      )
        .png()
        .toBuffer(),
    };
    const { checks } = await loadChecks([]);
    const requests = checks.map((check) => ({ check: check.id, limits: {} }));
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(dir, name);
      writeFileSync(path, bytes);
      const mebibytes = Math.round(statSync(path).size / 2 ** 18) / 4;
      await measure(`${name}: header from disk`, mebibytes, () => withFile(path, (source) => readHead(source)));
      await measure(`${name}: read from disk`, mebibytes, () => readFileSync(path).length);
      if (name.startsWith("exr")) await measure(`${name}: decode to planes`, mebibytes, () => readExr(bytes));
      if (name.startsWith("exr"))
        await measure(`${name}: decode to float samples`, mebibytes, () => exrSamples(readExr(bytes)));
      else await measure(`${name}: decode`, mebibytes, () => loadFrame(bytes));
      await measure(`${name}: display picture`, mebibytes, () => displayPicture(bytes));
      const loaded = await loadFrame(bytes);
      if (loaded.kind !== "frame") throw new Error(`${name}: ${loaded.message}`);
      const facts: FrameFacts = {
        result: loaded.image,
        resultFile: { path, bytes: bytes.length, frame: null },
        decodeProblem: null,
        plate: null,
        plateProblem: null,
        mask: null,
        maskProblem: null,
        composited: false,
        expected: { width: WIDTH, height: HEIGHT, bitDepth: loaded.image.bitDepth === 8 ? 8 : 16, ignore: [] },
      };
      await measure(`${name}: all checks, decoded already`, null, () => inspectFrame(checks, requests, facts));
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await main();
