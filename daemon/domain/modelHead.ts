/**
 * Is a model file what its name says? A pickle that was renamed to .safetensors is code all the same. Judged by the file's
 * head alone, which is bounded: nothing of a model is loaded here. Pure.
 */
import { LIMITS } from "./limits.ts";

/** Bytes that say how long the head is. */
export const HEAD_SIZE_BYTES = 8;

/** How many bytes of the file `headTrouble` needs; 0: the first ones were enough. */
export function headBytes(file: string, first: Uint8Array): number {
  if (isGguf(file) || first.length < HEAD_SIZE_BYTES) return 0;
  const length = lengthOf(first);
  return length <= LIMITS.modelHeadBytesMax ? HEAD_SIZE_BYTES + length : 0;
}

/**
 * Why the file is not what its name says; null when it is. `text`: what follows the first bytes, as UTF-8; null when it is
 * none. `bytes`: its whole size.
 */
export function headTrouble(
  file: string,
  { head, text }: { readonly head: Uint8Array; readonly text: string | null },
  bytes: number,
): string | null {
  if (isGguf(file))
    return ascii(head.subarray(0, 4)) === "GGUF" ? null : `is no GGUF file: it begins with ${shown(head)}`;
  if (head.length < HEAD_SIZE_BYTES) return `has ${bytes} bytes, too few for a safetensors file`;
  const length = lengthOf(head);
  const body = bytes - HEAD_SIZE_BYTES - length;
  if (length > LIMITS.modelHeadBytesMax || body < 0) return `is no safetensors file: it begins with ${shown(head)}`;
  let value: unknown;
  try {
    value = JSON.parse(text ?? "no text");
  } catch {
    // What is no JSON is no header; the sentence says what was found.
    return `is no safetensors file: its header is no JSON and begins with ${shown(head.subarray(HEAD_SIZE_BYTES))}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "is no safetensors file: its header is no object";
  return tensorTrouble(value, body);
}

/** The header of a safetensors file as an object; null: the file has none that can be read. */
export function headValue(file: string, text: string | null): unknown {
  if (isGguf(file) || text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    // `headTrouble` has the words for it.
    return null;
  }
}

/** Every tensor lies inside the file, and together they end where it ends: a copy that was cut off is seen. */
function tensorTrouble(header: object, body: number): string | null {
  let end = 0;
  for (const [name, tensor] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const offsets = (tensor as { data_offsets?: unknown } | null)?.data_offsets;
    if (!Array.isArray(offsets) || offsets.length !== 2)
      return `is no safetensors file: its tensor ${JSON.stringify(name.slice(0, 60))} has no place`;
    const [from, to] = offsets as readonly unknown[];
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || Number(from) < 0 || Number(to) < Number(from))
      return `is no safetensors file: its tensor ${JSON.stringify(name.slice(0, 60))} has no place`;
    end = Math.max(end, Number(to));
  }
  if (end === body) return null;
  return `is not whole: its tensors end at byte ${end} of ${body}`;
}

function isGguf(file: string): boolean {
  return /\.gguf$/i.test(file);
}

/** Little-endian, unsigned 64 bit; past 2^53 it is no length of anything. */
function lengthOf(first: Uint8Array): number {
  let value = 0;
  for (let at = HEAD_SIZE_BYTES - 1; at >= 0; at -= 1) value = value * 256 + (first[at] ?? 0);
  return value;
}

function ascii(bytes: Uint8Array): string {
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
}

/** `80 02 63 6f "..co"`; a zip (as torch saves pickles) says PK. */
function shown(bytes: Uint8Array): string {
  const first = bytes.subarray(0, 8);
  const kind = ascii(first).startsWith("PK") ? " (a zip: a PyTorch pickle)" : first[0] === 0x80 ? " (a pickle)" : "";
  return `${JSON.stringify(ascii(first))}${kind}`;
}
