/**
 * Files beside an ONNX file that hold its weights ("external data"): a model's name must change when they do. Reads onnx.proto3's fields
 * on the way to them and steps over all others, so that a model of any size costs some small reads.
 */
import { dirname, join } from "node:path";
import type { ByteSource } from "../images/byteSource.ts";
import { withFile } from "../images/byteSource.ts";

/** ModelProto.graph, GraphProto.initializer, TensorProto.external_data. */
const WAY = [7, 5, 13] as const;
const WIRE = { varint: 0, fixed64: 1, nested: 2, fixed32: 5 } as const;
const KEY_BYTES_MAX = 4_096;
const HEAD_BYTES = 20;

/** Absolute paths, each once; none of a file that is no such message, which the runtime then says. */
export function weightFiles(model: string): readonly string[] {
  const found = new Set<string>();
  withFile(model, (source) => walk(source, { at: 0, end: source.bytes }, { depth: 0, found }));
  return [...found].map((name) => join(dirname(model), name));
}

interface Span {
  readonly at: number;
  readonly end: number;
}

function walk(source: ByteSource, span: Span, to: { readonly depth: number; readonly found: Set<string> }): void {
  for (const { field, body } of fieldsOf(source, span)) {
    if (field !== WAY[to.depth]) continue;
    if (to.depth < WAY.length - 1) walk(source, body, { ...to, depth: to.depth + 1 });
    else {
      // StringStringEntryProto: key 1, value 2.
      const entry = new Map([...fieldsOf(source, body)].map((one) => [one.field, textOf(source, one.body)]));
      const name = entry.get(2);
      if (entry.get(1) === "location" && name !== undefined) to.found.add(name);
    }
  }
}

/** Fields with a length; ends early where the bytes are no fields. */
function* fieldsOf(source: ByteSource, span: Span): Generator<{ readonly field: number; readonly body: Span }> {
  for (let at = span.at; at < span.end; ) {
    const head = source.take(at, Math.min(HEAD_BYTES, span.end - at));
    const key = varint(head, 0);
    const second = key === null ? null : varint(head, key.next);
    if (key === null) return;
    const [field, wire] = [Math.floor(key.value / 8), key.value % 8];
    if (wire === WIRE.fixed64) at += key.next + 8;
    else if (wire === WIRE.fixed32) at += key.next + 4;
    else if (second === null) return;
    else if (wire === WIRE.varint) at += second.next;
    else {
      const body = { at: at + second.next, end: at + second.next + second.value };
      if (wire !== WIRE.nested || body.end > span.end) return;
      yield { field, body };
      at = body.end;
    }
  }
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } | null {
  let value = 0;
  for (let i = from; i < bytes.length && i < from + 10; i += 1) {
    const byte = bytes[i] as number;
    value += (byte % 128) * 2 ** (7 * (i - from));
    if (byte < 128) return { value, next: i + 1 };
  }
  return null;
}

function textOf(source: ByteSource, { at, end }: Span): string {
  return end - at > KEY_BYTES_MAX ? "" : Buffer.from(source.take(at, end - at)).toString("utf8");
}
