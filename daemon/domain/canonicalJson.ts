/**
 * One text for one value: object keys sorted by UTF-16 code unit, no white space (RFC 8785, the JSON Canonicalization
 * Scheme, whose number and string forms are JSON.stringify's own). Hashes and dedupe keys are made of this text, so a
 * change here changes every key that was ever stored.
 */

/** Values that JSON has no word for are treated as JSON.stringify does: left out of objects, null in arrays. */
export function canonicalJson(value: unknown): string {
  return written(value) ?? "null";
}

/** Sorted keys, so that equal records are equal bytes; indented, because people open these files. */
export function prettyJson(value: object): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`;
}

function written(value: unknown): string | undefined {
  if (Array.isArray(value)) return `[${value.map((item) => written(item) ?? "null").join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .flatMap(([key, field]) => {
      const text = written(field);
      return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
    });
  return `{${fields.join(",")}}`;
}
