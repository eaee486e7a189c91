/**
 * delivery.name: names that mastering tools take, in the folders that an import reads.
 *
 * Measures: strange, characters outside A-Z a-z 0-9 . _ - in the last `parts` parts of the path under which the picture is published;
 * resolutionFolder, 1 where its folder is called WIDTHxHEIGHT as the picture is; versionFolder, 1 where a folder above the file is called
 * as the file is without its frame number and extension, as in X_v001/4536x3780/X_v001.01000.exr. Limits: strangeMax; parts, how many are
 * looked at from the file up; resolutionFolder and versionFolder: 1 demands it, 0 only tells. Source: Netflix, VFX pulls (shot, element,
 * version and resolution are read from the path; another structure is a failed import); mastering names [A-Za-z0-9._-].
 */
import type { Check } from "../daemon/plugin.ts";

const STRANGE = /[^A-Za-z0-9._-]/gu;
/** `.01000.exr`, `.exr`, `_1001.dpx`. */
const NUMBER_AND_EXTENSION = /([._-]\d+)?\.[A-Za-z0-9]+$/;

const check: Check = {
  apiVersion: 1,
  id: "delivery.name",
  version: 1,
  scope: "frame",
  finds:
    "letters outside A-Za-z0-9._- in the name that the picture gets; with resolutionFolder: 1 and versionFolder: 1 another structure than X_v001/4096x2160/X_v001.01000.exr",
  layer: "container",
  needs: [],
  limits: { strangeMax: 0, parts: 1, resolutionFolder: 0, versionFolder: 0 },
  limitsFrom: {
    strangeMax: "mastering names: [A-Za-z0-9._-]",
    parts: "the file's own name",
    resolutionFolder: "told, not demanded: layouts differ by studio",
    versionFolder: "told, not demanded: layouts differ by studio",
  },
  applies({ resultFile }) {
    return resultFile.path === "" ? "the picture has no path" : null;
  },
  run({ resultFile, header, limits }) {
    const { strangeMax = 0, parts = 1, resolutionFolder = 0, versionFolder = 0 } = limits;
    const path = (resultFile.publishAs ?? resultFile.path).split("/").filter((part) => part !== "");
    const file = path.at(-1) ?? "";
    const folders = path.slice(0, -1);
    const strange = path.slice(-Math.max(1, parts)).flatMap((part) => part.match(STRANGE) ?? []);
    const size = header("result");
    const sized = size !== null && folders.at(-1) === `${size.width}x${size.height}` ? 1 : 0;
    const named = folders.includes(file.replace(NUMBER_AND_EXTENSION, "")) ? 1 : 0;
    const measures = [
      { name: "strange", value: strange.length, unit: "count", limit: strangeMax, must: "atMost" },
      { name: "resolutionFolder", value: sized, unit: "bool", limit: resolutionFolder, must: "atLeast" },
      { name: "versionFolder", value: named, unit: "bool", limit: versionFolder, must: "atLeast" },
    ] as const;
    const faults = [
      ...(strange.length > strangeMax
        ? [`the name holds ${[...new Set(strange)].map((one) => JSON.stringify(one)).join(", ")}`]
        : []),
      ...(sized < resolutionFolder
        ? [`its folder is not called ${size?.width ?? "WIDTH"}x${size?.height ?? "HEIGHT"}`]
        : []),
      ...(named < versionFolder ? [`no folder above it is called ${file.replace(NUMBER_AND_EXTENSION, "")}`] : []),
    ];
    if (faults.length === 0)
      return { verdict: "pass", measures, message: `${file} is a name that mastering tools take.` };
    return {
      verdict: "fail",
      measures,
      message: `${file}: ${faults.join("; ")}.`,
      hint: "Names come from the plate, the product and the path layout (docs/paths.md).",
    };
  },
};

export default check;
