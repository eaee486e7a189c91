/**
 * file.hash: the bytes on disk are those that were staged.
 *
 * Measure: same, 1 where the sha256 of the file as it lies there now is the one that was written down when it was staged. Limit: exactly
 * 1. The message names the hash of the decoded samples too, by which two files of one picture are known to be equal although their bytes
 * differ (they hold ids and dates). What it finds no decoder can: in OpenEXR's NONE, RLE, PIZ and DWAA flipped bytes decode cleanly.
 */
import type { Check } from "../daemon/plugin.ts";

const SHOWN = 12;

const check: Check = {
  apiVersion: 1,
  id: "file.hash",
  version: 1,
  scope: "frame",
  finds:
    "bytes on disk that are not those that were staged (flipped bits decode cleanly in EXR's NONE, RLE, PIZ and DWA)",
  layer: "container",
  needs: [],
  limits: {},
  applies({ resultFile }) {
    return resultFile.staged === undefined ? "nobody wrote down what was staged" : null;
  },
  run({ resultFile, sha256, digest }) {
    const now = sha256();
    if (now === null) return { verdict: "error", measures: [], message: "The file's bytes can't be read." };
    const same = now === resultFile.staged;
    const measures = [{ name: "same", value: same ? 1 : 0, unit: "bool", limit: 1, must: "equal" }] as const;
    const samples = digest("result");
    if (!same) {
      const message = `The bytes are not those that were staged: sha256 ${now.slice(0, SHOWN)}, ${resultFile.staged?.slice(0, SHOWN)} was staged.`;
      return { verdict: "fail", measures, message, hint: "Run the task again, and look at the disk." };
    }
    const pixels = samples === null ? "" : `, samples ${samples.slice(0, SHOWN)}`;
    return {
      verdict: "pass",
      measures,
      message: `The bytes are those that were staged: sha256 ${now.slice(0, SHOWN)}${pixels}.`,
    };
  },
};

export default check;
