/**
 * The error codes of versions: references to them, decisions about them, what was collected. Part of the one table in
 * domain/errors.ts, apart for its length. Each: what it means, what to do, the name of its exit code.
 */
export const VERSION_ERRORS = {
  "HP-REF-SYNTAX": [
    "A reference to a version can't be read.",
    "Write PRODUCT@v007, PRODUCT@v007/w032, PRODUCT@latest or PRODUCT@approved.",
    "invalid",
  ],
  "HP-REF-PRODUCT": ["A reference names no product.", "Use the nearest, or write its shot before it.", "invalid"],
  "HP-REF-AMBIGUOUS": ["Several products have that name.", "Write the shot before it.", "invalid"],
  "HP-REF-VERSION": ["The product has no such version.", "Use the nearest, or @latest.", "invalid"],
  "HP-REF-WEDGE": [
    "A variation must be named, or there is none of that name.",
    "See the version's wedges.json.",
    "invalid",
  ],
  "HP-REF-APPROVED": ["Nothing of the product is approved yet.", "Approve a version, or name one.", "invalid"],
  "HP-REF-CHANGED": [
    "A version was changed after it was approved.",
    "hotplate verify DIR; approve it again.",
    "refused",
  ],
  "HP-REF-COLLECTED": [
    "The pixels of that variation were collected by retention.",
    "collected.json in its folder says how to make them again.",
    "invalid",
  ],
  "HP-AUDIT-BROKEN": [
    "The log of decisions is not as it was written.",
    "Restore approvals.jsonl and approvals/ from a backup.",
    "no",
  ],
} as const;
