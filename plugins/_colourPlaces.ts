/** Which samples of a pixel are the picture's colours: alpha and mattes are none. */

export function colourPlaces(channelNames: readonly string[]): readonly number[] {
  return channelNames.flatMap((name, place) => (["R", "G", "B", "Y"].includes(name) ? [place] : []));
}
