/**
 * How single cells answer to the plate's light: something that lies on the plate (an element, a haze) shows less of what the plate does under it,
 * or nothing, and a curve of contrast more. What a cell does by its answer is no flicker.
 */

interface Light {
  /** Log ratio of the result to the plate, stops, a cell each. */
  readonly ratio: Float32Array;
  /** Log light of the plate, stops. */
  readonly plate: Float32Array;
}

/** Stops from frame to frame, root mean square: less says nothing beside grain. */
const MOVES = 0.01;
/** Answers: less is within what every result may leave; by more it is content of its own, in all of the cell or in a part. */
const LEAST = 0.1;
const MOST = 0.5;
/** Of what the ratio does, so much must be explained by the plate for a slope, and for a cell in which something else lies. */
const EXPLAINED = 0.8;
const PARTLY = 0.3;
/** Of the cells that tell: where more hold something else, it is no element but the way of the whole result. */
const PART = 0.5;

/**
 * Of every cell the slope of the ratio over the plate's light from frame to frame, by least squares through 0; 0 where it follows or where nothing
 * can be told, NaN where something else lies on it.
 */
export function cellAnswers(shot: readonly Light[]): Float32Array {
  const cells = shot[0]?.plate.length ?? 0;
  const plates = new Float64Array(cells);
  const both = new Float64Array(cells);
  const ratios = new Float64Array(cells);
  const counts = new Uint32Array(cells);
  for (let t = 1; t < shot.length; t += 1) {
    const [before, now] = [shot[t - 1] as Light, shot[t] as Light];
    for (let i = 0; i < cells; i += 1) {
      const p = (now.plate[i] as number) - (before.plate[i] as number);
      const r = (now.ratio[i] as number) - (before.ratio[i] as number);
      if (Number.isNaN(p + r)) continue;
      plates[i] = (plates[i] as number) + p * p;
      both[i] = (both[i] as number) + p * r;
      ratios[i] = (ratios[i] as number) + r * r;
      counts[i] = (counts[i] as number) + 1;
    }
  }
  const answers = Float32Array.from(plates, (plate, i) => {
    if (!(Math.sqrt(plate / Math.max(1, counts[i] as number)) > MOVES)) return 0;
    const slope = (both[i] as number) / plate;
    const explained = (slope * (both[i] as number)) / (ratios[i] as number);
    if (Math.abs(slope) <= LEAST || !(explained > PARTLY)) return 0;
    return Math.abs(slope) < MOST && explained > EXPLAINED ? slope : Number.NaN;
  });
  const told = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const others = answers.reduce((sum, answer) => sum + (Number.isNaN(answer) ? 1 : 0), 0);
  return others <= PART * told ? answers : answers.map((answer) => (Number.isNaN(answer) ? 0 : answer));
}
