/**
 * What a version's papers say of its colours: spaces by the config's names, the rule that spoke, how the answer came back, and
 * what that way costs an unchanged picture, measured on its own plates. Pure.
 */
import { isExrPlate, resultSpace } from "./colorWay.ts";
import type { StepPlan } from "./plan.ts";

export interface RoundTrip {
  /** 99.9th percentile over the frame of what an unchanged picture loses, stops. */
  readonly p999Stops: number;
  /** Pixels outside the mask that differ from the plate in what is published. */
  readonly outsideChanged: number;
  /** The exposure that the model was shown, stops. */
  readonly exposureStops: number;
}

export interface ColorRecord {
  readonly in: string | null;
  readonly model: "sRGB" | "ACEScct" | null;
  readonly out: string | null;
  readonly config: string | null;
  readonly configSha256: string | null;
  /** Which rule named `in`, in a word and in words. */
  readonly by: string | null;
  readonly why: string | null;
  readonly guess: boolean;
  readonly how: "edit" | "acescct" | "plain";
  readonly mode: "difference" | "gain" | "replace" | null;
  readonly view: "plain" | "filmic";
  readonly clip: "auto" | "none" | number;
  readonly exposureStops: number | null;
  /** The worst frame's loss, and the sum of pixels; null: nothing was measured (a result without a plate, or as it came). */
  readonly roundTrip: { readonly p999Stops: number; readonly outsideChanged: number; readonly frames: number } | null;
}

export function colorRecord(
  { color, output, plate: found }: Pick<StepPlan, "color" | "output" | "plate">,
  trips: readonly (RoundTrip | undefined)[],
): ColorRecord {
  const { plate, how } = color;
  const measured = trips.filter((trip) => trip !== undefined);
  const exr = output.format.kind === "exr";
  const plateExr = isExrPlate(found);
  return {
    in: plate?.name ?? null,
    model: plate === null ? null : how === "acescct" ? "ACEScct" : "sRGB",
    out: color.config === null ? null : resultSpace(color, { exr, plateExr }).name,
    config: color.config?.name ?? null,
    configSha256: color.config?.sha256 ?? null,
    by: plate?.by ?? null,
    why: plate?.why ?? null,
    guess: plate?.guess ?? false,
    how,
    mode: how === "edit" ? color.mode : null,
    view: color.view,
    clip: color.clip,
    exposureStops: measured[0]?.exposureStops ?? (color.exposure === "auto" ? null : color.exposure),
    roundTrip:
      measured.length === 0
        ? null
        : {
            p999Stops: Math.max(...measured.map((trip) => trip.p999Stops)),
            outsideChanged: measured.reduce((sum, trip) => sum + trip.outsideChanged, 0),
            frames: measured.length,
          },
  };
}

/** Stops and counts with as many digits as they have: 0 is 0 and means that no sample differs. */
export function roundTripWords({ roundTrip, how }: Pick<ColorRecord, "roundTrip" | "how">): string {
  if (roundTrip === null) return how === "plain" ? "not measured: published as it came back" : "not measured";
  const { p999Stops, outsideChanged, frames } = roundTrip;
  const stops =
    p999Stops === 0 ? "0 stops" : `${p999Stops < 0.001 ? p999Stops.toExponential(1) : p999Stops.toFixed(3)} stops`;
  return `an unchanged picture loses ${stops} (p99.9); ${outsideChanged} pixels changed outside the mask; ${frames} ${frames === 1 ? "frame" : "frames"} measured`;
}
