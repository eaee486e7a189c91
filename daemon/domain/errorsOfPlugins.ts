/**
 * The error codes of plugins: files that can't be used, programs that did not answer. Part of the one table in
 * domain/errors.ts, apart for its length. Each: what it means, what to do, the name of its exit code.
 */
export const PLUGIN_ERRORS = {
  "HP-PLUGIN": ["A plugin can't be used.", "See its file and the message.", "invalid"],
  "HP-QC-TOO-FEW": [
    "There are too few pictures to set limits by.",
    "Gather more pictures that people judged, or keep a smaller share of the good ones: --keep 0.95.",
    "refused",
  ],
  "HP-PLUGIN-RUN": [
    "A check broke while it looked, or its program could not run or ended with an error.",
    "Run it by hand: hotplate plugin test FILE. Tell whoever wrote it.",
    "no",
  ],
  "HP-PLUGIN-LATE": [
    "A check's program made no end in its time.",
    "See why it is slow, or raise timeoutSeconds in its manifest.",
    "no",
  ],
  "HP-PLUGIN-ANSWER": [
    "A check's answer has not the promised shape, or is too large.",
    "docs/plugins.md has the shape; hotplate plugin test FILE shows the answer.",
    "no",
  ],
  "HP-PLUGIN-WROTE": [
    "A check changed a file that it was only to look at.",
    "Remove the plugin until it is mended; plates and results are read-only.",
    "no",
  ],
} as const;
