/** By content: OpenEXR's magic number. Also files with other channels than R, G, B, which are refused as plates later. */
export function isExr(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x76 && bytes[1] === 0x2f && bytes[2] === 0x31 && bytes[3] === 0x01;
}
