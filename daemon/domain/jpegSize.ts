/** How large a JPEG is, from its bytes: the frame header (ITU T.81, B.2.2) behind the markers before it. Null: it is none. */
export function jpegSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | null {
  const u16 = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (u16(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 < bytes.length; at += 2 + u16(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || u16(at + 2) < 2) return null;
    // Start of frame, of any process; C4, C8 and CC are other things.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const [width, height] = [u16(at + 7), u16(at + 5)];
      return width > 0 && height > 0 ? { width, height } : null;
    }
  }
  return null;
}
