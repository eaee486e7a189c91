/**
 * Makes the frame that is published out of what ComfyUI gave back. A PNG that stays a PNG keeps its samples as they are,
 * whatever is wrong with them: QC says so with a finding, where an error here would only cost another render.
 */
import { assert } from "../../domain/errors.ts";
import type { FinishRequest, FinishResult } from "../../ports.ts";
import { bytesSource, readWhole } from "./byteSource.ts";
import type { Head } from "./head.ts";
import { readHead } from "./head.ts";
import { displayPicture, encodePng } from "./loadFrame.ts";
import { insertChunk } from "./pngHead.ts";
import { writeNew } from "./writeNew.ts";

export async function finish(request: FinishRequest): Promise<FinishResult> {
  assert(request.format.kind === "png", `no writer of ${request.format.kind}`);
  const bytes = readWhole(request.returned);
  if (isPng(bytes)) {
    writeNew(request.to, bytes);
    return resultOf(headOf(bytes));
  }
  const picture = await displayPicture(bytes);
  writeNew(request.to, insertChunk(await encodePng(picture), "sRGB", SRGB_PERCEPTUAL));
  return resultOf({ ...picture, bitDepth: 8 });
}

/** The PNG chunk's value: perceptual intent (PNG, 11.3.2.5). */
const SRGB_PERCEPTUAL = Uint8Array.of(0);

function resultOf(head: Pick<Head, "width" | "height" | "channels" | "bitDepth">): FinishResult {
  const { width, height, channels, bitDepth } = head;
  return { width, height, channels, bitDepth, roundTrip: null, note: null };
}

function isPng(bytes: Uint8Array): boolean {
  return bytes.length === 0 || Buffer.from(bytes.subarray(0, 8)).toString("hex") === "89504e470d0a1a0a";
}

/** A damaged one says nothing of itself; QC looks at it next. */
function headOf(bytes: Uint8Array): Pick<Head, "width" | "height" | "channels" | "bitDepth"> {
  try {
    return readHead(bytesSource(bytes));
  } catch {
    return { width: 0, height: 0, channels: 0, bitDepth: 8 };
  }
}
