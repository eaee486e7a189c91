/**
 * A bitmap font of our own, so that a contact sheet has labels on a machine without a single font. Printable ASCII, 5 x 9
 * cells (7 rows above the base line, 2 below); each character is nine base-32 digits, a row each, highest bit left.
 */
export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 9;
/** From one character to the next, in cells. */
export const ADVANCE = 6;

const FIRST = 32;
const GLYPHS: readonly string[] = (
  "000000000 444440400 aaa000000 aavavaa00 4fke5u400 op248j300 cik8lid00 448000000 248884200 842224800 " +
  "04lel4000 044v44000 000004480 000v00000 00000cc00 122488g00 ehjlphe00 4c4444e00 eh1248v00 v2421he00 " +
  "26aiv2200 vgu11he00 68guhhe00 v12488800 ehhehhe00 ehhf12c00 0cc0cc000 0cc0c4800 248g84200 00v0v0000 " +
  "842124800 eh1240400 ehnlnge00 ehhvhhh00 uhhuhhu00 ehggghe00 sihhhis00 vgguggv00 vgguggg00 ehgnhhf00 " +
  "hhhvhhh00 e44444e00 72222ic00 hikokih00 ggggggv00 hrllhhh00 hhpljhh00 ehhhhhe00 uhhuggg00 ehhhlid00 " +
  "uhhukih00 fgge11u00 v44444400 hhhhhhe00 hhhhha400 hhhllla00 hha4ahh00 hhha44400 v1248gv00 e88888e00 " +
  "g88422100 e22222e00 4ah000000 0000000v0 842000000 00e1fhf00 ggmphhu00 00egghe00 11djhhf00 00ehvge00 " +
  "698s88800 00fhhhf1e ggmphhh00 40c444e00 2062222ic ggikoki00 c44444e00 00qllll00 00mphhh00 00ehhhe00 " +
  "00uhhhugg 00fhhhf11 00mpggg00 00fge1u00 88s889600 00hhhjd00 00hhha400 00hhlla00 00ha4ah00 00hhhhf1e " +
  "00v248v00 244844200 444444400 844244800 008l20000"
).split(" ");
/** A hollow box: a character that the font has not. */
const UNKNOWN = "vhhhhhv00";

/** Nine rows of five bits. */
export function glyphRows(character: string): readonly number[] {
  const glyph = GLYPHS[(character.codePointAt(0) ?? 0) - FIRST] ?? UNKNOWN;
  return Array.from(glyph, (digit) => Number.parseInt(digit, 32));
}

const SPELLED: Readonly<Record<string, string>> = {
  "…": "...",
  "–": "-",
  "—": "-",
  "×": "x",
  "°": " deg",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  ß: "ss",
  æ: "ae",
  Æ: "AE",
  ø: "o",
  Ø: "O",
};

/** To characters of the font: accents fall off, a few signs are spelled out, line breaks and controls become spaces. */
export function plainText(text: string): string {
  return Array.from(text.normalize("NFKD").replace(/\p{Mn}/gu, ""), (character) => SPELLED[character] ?? character)
    .join("")
    .replace(/[\p{Cc}\s]+/gu, " ");
}

/** Width of a text in pixels at a scale. */
export function textWidth(text: string, scale: number): number {
  const cells = Array.from(text).length;
  return cells === 0 ? 0 : (cells * ADVANCE - (ADVANCE - GLYPH_WIDTH)) * scale;
}
