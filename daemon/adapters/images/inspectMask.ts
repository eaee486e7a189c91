/**
 * The mask of a result for its checks: the same image, channel and polarity as the step that laid the edit onto the plate used, without
 * the ramp, which goes inwards. The last one is kept: all wedges of a plate share it. Opened read-only.
 */
import type { MaskPicture } from "../../domain/maskFacts.ts";
import type { InspectRequest } from "../../ports.ts";
import { answerOf } from "./answer.ts";
import { readWhole } from "./byteSource.ts";
import { editMask } from "./editMask.ts";
import type { FrameTools } from "./frameTools.ts";
import { identityOf } from "./plates.ts";

export type MaskOf = (mask: NonNullable<InspectRequest["mask"]>) => Promise<MaskPicture>;

export function createMaskOf(tools: FrameTools): MaskOf {
  let kept: { readonly key: string; readonly picture: MaskPicture } | null = null;
  return async ({ path, plan }) => {
    const key = JSON.stringify([identityOf(path), plan]);
    if (kept?.key === key) return kept.picture;
    kept = null;
    const image = await answerOf((await tools.readable(readWhole(path))).bytes);
    const values = editMask(image, { ...plan, feather: 0 }, image);
    const inside = Uint8Array.from(values, (value) => (value > 0 ? 1 : 0));
    kept = { key, picture: { width: image.width, height: image.height, inside } };
    return kept.picture;
  };
}
