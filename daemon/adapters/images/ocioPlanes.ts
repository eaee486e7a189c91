/** Planes through OCIO: written as an OpenEXR of floats, turned by oiiotool, read again. */
import { answerOf } from "./answer.ts";
import type { Planes } from "./comeBack.ts";
import { encodeExr } from "./exrWrite.ts";
import type { OcioTurn } from "./ocioTool.ts";
import { turnExr } from "./ocioTool.ts";

/** Over the picture; alpha stays as it is. @throws HotplateError HP-COLOR-TOOL. */
export async function turnPlanes(picture: Planes, turn: OcioTurn): Promise<Planes> {
  const { width, height, colours } = picture;
  const whole = [0, 0, width, height] as const;
  const planes = (["R", "G", "B"] as const).map((name, i) => {
    const data = colours[i] as Float32Array;
    return { name, type: "float", data } as const;
  });
  const bytes = encodeExr({ data: whole, display: whole, compression: "none", planes, attributes: [] });
  return { ...picture, colours: (await answerOf(turnExr(bytes, turn))).colours };
}
