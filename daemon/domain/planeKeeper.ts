/**
 * Keeps what is worked out of pictures over many results: the plate's planes as long as the plate is the same, and the memory of both,
 * which the next pictures of that size take over. Who holds the planes of a result beyond its inspection finds another's in them.
 */
import type { DecodedImage } from "../plugin.ts";
import type { FramePlanes } from "./framePlanes.ts";
import { framePlanes } from "./framePlanes.ts";
import { createPlaneKernel } from "./planeKernel.ts";

export type PlanesOf = (of: "result" | "plate", image: DecodedImage, runs: Int32Array) => FramePlanes;

export function createPlaneKeeper(): PlanesOf {
  let plate: { readonly image: DecodedImage; readonly planes: FramePlanes } | null = null;
  let spare: Uint16Array | undefined;
  const kernel = createPlaneKernel();
  return (of, image, runs) => {
    if (of === "result") {
      const planes = framePlanes(image, runs, { space: spare, kernel });
      spare = planes.luma;
      return planes;
    }
    if (plate?.image === image) return plate.planes;
    const planes = framePlanes(image, runs, { space: plate?.planes.luma, kernel });
    plate = { image, planes };
    return planes;
  };
}
