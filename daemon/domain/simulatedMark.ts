/** Where a simulated result says SIMULATED, and how its file says so. */
/** Does the file itself say that a simulated ComfyUI made it? (docs/formats.md) */
export function saysSimulated(texts: readonly { readonly name: string; readonly text: string }[]): boolean {
  return texts.some(({ name, text }) =>
    name === "ai:simulated" ? text === "true" : text.includes('ai:simulated="true"'),
  );
}

/**
 * Where a simulated result says SIMULATED: a declared rectangle at the bottom left, so that QC looks at everything but it.
 * [x, y, width, height] in px; about a quarter of the width and a twelfth of the height, never larger than the image.
 */
export function simulatedMark(width: number, height: number): readonly [number, number, number, number] {
  const markWidth = Math.min(width, Math.max(48, Math.round(width / 4)));
  const markHeight = Math.min(height, Math.max(9, Math.round(height / 12)));
  return [0, height - markHeight, markWidth, markHeight];
}
