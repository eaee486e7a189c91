/** Frame numbers in words. */

/** `1001-1004`, `1010`: runs of numbers that follow each other; `frames` in order. */
export function frameRanges(frames: readonly number[]): readonly string[] {
  const ranges: [number, number][] = [];
  for (const frame of frames) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === frame - 1) last[1] = frame;
    else ranges.push([frame, frame]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}
