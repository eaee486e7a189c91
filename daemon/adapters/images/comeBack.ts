/**
 * How the model's answer becomes the picture that is published: pure, planes in, planes out. Integer formats hold what was
 * given back, code for code; OpenEXR holds scene-linear light.
 */
import { srgbDecode, srgbEncode } from "../../domain/srgbCurve.ts";

/** A picture in planes, row by row. Colours are not multiplied by alpha. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue. */
  readonly colours: readonly [Float32Array, Float32Array, Float32Array];
  readonly alpha: Float32Array | null;
}

export interface Answer extends Planes {
  /** `codes`: sRGB code values, 0..1. `light`: scene-linear. */
  readonly holds: "codes" | "light";
}

/** `plain`: no gamut change, no tone curve; only the curve between codes and light, where the two differ. */
export function comeBack(answer: Answer, to: "codes" | "light"): Planes {
  if (answer.holds === to) return answer;
  const [r, g, b] = answer.colours;
  const turn = to === "codes" ? (plane: Float32Array) => plane.map(srgbEncode) : lightOf(lightTable());
  return { ...answer, colours: [turn(r), turn(g), turn(b)] };
}

/** Exact for 8 and 16-bit codes, which are all that an integer file holds. */
function lightTable(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, code) => srgbDecode(code / 65_535));
}

function lightOf(table: Float32Array): (plane: Float32Array) => Float32Array {
  return (plane) => {
    const out = new Float32Array(plane.length);
    for (let i = 0; i < out.length; i += 1) out[i] = table[Math.round((plane[i] as number) * 65_535)] as number;
    return out;
  };
}
