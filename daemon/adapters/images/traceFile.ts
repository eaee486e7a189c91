/**
 * The file of a frame's traces, beside the staged frame: a header that names the picture and the checks, their numbers as
 * little-endian floats, a checksum over both. It is no record: one that is missing, torn or of another picture is made again.
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { z } from "zod";
import { systemCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { SeriesFrame } from "../../domain/qcRequest.ts";
import type { KeptTrace } from "../../domain/qcTrace.ts";
import { readWhole } from "./byteSource.ts";
import { writeAnew } from "./writeNew.ts";

const MAGIC = "HPTRACE1";
const SUM_BYTES = 32;

const headerSchema = z.strictObject({
  print: z.string(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      version: z.number().int(),
      /** How many follow; null: no trace. */
      numbers: z.number().int().min(0).max(LIMITS.traceNumbersMax).nullable(),
      digest: z.string().optional(),
      because: z.string().nullable(),
      problem: z.string().nullable(),
    }),
  ),
});

/** Names the picture as it is now and everything that it was looked at with. ENOENT when it is gone. */
export function tracePrint(look: SeriesFrame["look"]): string {
  const { size, mtimeNs } = statSync(look.path, { bigint: true });
  const { bytes, frame, platePath, plateProblem, expected, mask, maskProblem, composited } = look;
  const facts = [
    String(size),
    String(mtimeNs),
    bytes,
    frame,
    platePath,
    plateProblem,
    expected,
    mask,
    maskProblem,
    composited,
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

export function writeTraces(path: string, print: string, traces: readonly KeptTrace[]): void {
  const checks = traces.map(({ check, version, trace, because, problem }) => ({
    check,
    version,
    numbers: trace?.numbers.length ?? null,
    ...(trace?.digest === undefined ? {} : { digest: trace.digest }),
    because,
    problem,
  }));
  const header = Buffer.from(JSON.stringify({ print, checks }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const parts = [Buffer.from(MAGIC), length, header, ...traces.map(({ trace }) => bytesOf(trace?.numbers))];
  const body = Buffer.concat(parts);
  writeAnew(path, Buffer.concat([body, sumOf(body)]));
}

/** By check; null: there is no file, or it is not whole, or not of this picture. */
export function readTraces(path: string, print: string): ReadonlyMap<string, KeptTrace> | null {
  const data = bytesIn(path);
  if (data === null || data.length < MAGIC.length + 4 + SUM_BYTES) return null;
  const body = data.subarray(0, data.length - SUM_BYTES);
  if (body.toString("latin1", 0, MAGIC.length) !== MAGIC) return null;
  if (!sumOf(body).equals(data.subarray(body.length))) return null;
  const start = MAGIC.length + 4;
  const headerBytes = body.readUInt32LE(MAGIC.length);
  if (start + headerBytes > body.length) return null;
  // Written by another release, which kept other things.
  const parsed = headerSchema.safeParse(JSON.parse(body.toString("utf8", start, start + headerBytes)));
  if (!parsed.success || parsed.data.print !== print) return null;
  const header = parsed.data;
  const out = new Map<string, KeptTrace>();
  let at = start + headerBytes;
  for (const { check, version, numbers, digest, because, problem } of header.checks) {
    const kept = { check, version, because, problem };
    if (numbers === null) out.set(check, { ...kept, trace: null });
    else {
      // A copy: the whole file would stay in memory with a part of it.
      const own = new Uint8Array(body.subarray(at, at + numbers * 4));
      at += numbers * 4;
      const trace = { numbers: new Float32Array(own.buffer), ...(digest === undefined ? {} : { digest }) };
      out.set(check, { ...kept, trace });
    }
  }
  return at === body.length ? out : null;
}

function bytesIn(path: string): Buffer | null {
  try {
    if (statSync(path).size > LIMITS.traceFileBytesMax) return null;
    const data = readWhole(path);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  } catch (error) {
    // Without a code it is a file that grew or shrank under the reader.
    if (systemCode(error) === "ENOENT" || systemCode(error) === null) return null;
    throw error;
  }
}

function bytesOf(numbers: Float32Array | undefined): Uint8Array {
  return numbers === undefined
    ? new Uint8Array(0)
    : new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function sumOf(body: Uint8Array): Buffer {
  return createHash("sha256").update(body).digest();
}
