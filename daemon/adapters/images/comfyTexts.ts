/**
 * What ComfyUI wrote about itself into files that are no PNG: WebP's EXIF (`prompt:{...}`), attributes of an OpenEXR. Read for
 * the record; such a file is encoded anew, so nothing of it is published. Bounded, and never a reason to fail.
 */
import { createHash } from "node:crypto";
import type { SaidTexts } from "../../domain/comfyMetadata.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { FinishRequest } from "../../ports.ts";
import { bytesSource } from "./byteSource.ts";
import { readAttributes } from "./exrHeader.ts";
import { isExr } from "./isExr.ts";
import { writeAnew } from "./writeNew.ts";

const KEYWORDS = ["prompt", "workflow"] as const;

export function comfyTexts(bytes: Uint8Array): Readonly<Record<string, string>> {
  try {
    return isExr(bytes) ? ofExr(bytes) : ofWebp(bytes);
  } catch {
    return {};
  }
}

function ofExr(bytes: Uint8Array): Readonly<Record<string, string>> {
  const { attributes } = readAttributes(bytesSource(bytes), 8, (name) =>
    (KEYWORDS as readonly string[]).includes(name),
  );
  return Object.fromEntries(
    [...attributes]
      .filter(([, { value }]) => value.byteLength <= LIMITS.comfyTextCharactersMax)
      .map(([name, { value }]) => [
        name,
        Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8"),
      ]),
  );
}

/** RIFF chunks (WebP container specification): the one called EXIF holds `keyword:json`, ended by a zero byte. */
function ofWebp(bytes: Uint8Array): Readonly<Record<string, string>> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const out: Record<string, string> = {};
  if (file.toString("latin1", 0, 4) !== "RIFF") return out;
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4);
    if (file.toString("latin1", at, at + 4) === "EXIF" && size <= LIMITS.comfyTextCharactersMax) {
      const text = file.toString("utf8", at + 8, at + 8 + size);
      for (const keyword of KEYWORDS) {
        const found = new RegExp(`${keyword}:(\\{[^\\0]*)`, "u").exec(text)?.[1];
        if (found !== undefined) out[keyword] = found;
      }
    }
    at += 8 + size + (size % 2);
  }
  return out;
}

/** Kept for the record and hashed here, for the file that holds them is not published. */
export function keepSaid(
  { saidTo }: Pick<FinishRequest, "saidTo">,
  texts: Readonly<Record<string, string>>,
): SaidTexts | null {
  if (Object.keys(texts).length === 0) return null;
  if (saidTo !== null) writeAnew(saidTo, Buffer.from(JSON.stringify(texts), "utf8"));
  return Object.fromEntries(Object.entries(texts).map(([keyword, text]) => [keyword, sha256(text)] as const));
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
