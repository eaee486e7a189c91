/**
 * QC of the simulated world: looks at pictures, keeps a trace of each beside it, and reads the traces when all frames are there, as
 * the real one does: a torn or missing one is made again, and what is said of the frames is the same either way. Unsteady pictures
 * fail as a sequence.
 */
import { HotplateError } from "../../daemon/domain/errors.ts";
import type { CheckBook, Finding, Inspection, Verdict } from "../../daemon/domain/qc.ts";
import type { SeriesFrame } from "../../daemon/domain/qcRequest.ts";
import type { InspectRequest, SequenceRequest, SetRequest } from "../../daemon/ports.ts";
import type { SimDisk } from "./disk.ts";
import { sha256Of } from "./disk.ts";
import { BLACK, decodeImage, UNSTEADY } from "./simImage.ts";

const check = (id: string, scope: "frame" | "sequence" | "set", traces = false) => ({
  id,
  version: 1,
  scope,
  limits: {},
  file: `${id.replace(".", "_")}.ts`,
  shipped: true,
  ...(traces ? { traces } : {}),
});

export const SIM_CHECKS: CheckBook = {
  checks: [
    check("file.decodes", "frame"),
    check("header.size", "frame"),
    { ...check("image.not_black", "frame"), seedMayCure: true },
    check("frames.complete", "sequence"),
    { ...check("temporal.flicker", "sequence", true), seedMayCure: true },
    check("set.duplicate", "set", true),
  ],
  profiles: [
    {
      hotplate: 1,
      name: "basic",
      title: "What the simulated world looks at",
      checks: {
        "file.decodes": null,
        "header.size": null,
        "image.not_black": null,
        "frames.complete": null,
        "temporal.flicker": null,
        "set.duplicate": null,
      },
    },
  ],
  refused: [],
};

export function inspectPicture(disk: SimDisk, request: InspectRequest, extent: "whole" | "half" = "whole"): Inspection {
  const data = disk.read(request.path);
  if (request.trace !== undefined) keep(disk, request.trace.path, { text: traceOf(data), extent });
  const image = decodeImage(data);
  if (image === null) return inspection([finding("file.decodes", "fail", 0)]);
  const { width, height } = request.expected;
  const fits = (width === null || width === image.width) && (height === null || height === image.height);
  return inspection([
    finding("file.decodes", "pass", 1),
    finding("header.size", fits ? "pass" : "fail", image.width),
    finding("image.not_black", image.body.startsWith(BLACK) ? "fail" : "pass", 0),
  ]);
}

export function inspectFrames(disk: SimDisk, request: SequenceRequest): Inspection {
  const missing = request.wanted.filter((frame) => !request.present.includes(frame));
  const traces = request.series.map((one) => readTrace(disk, one));
  const unsteady = traces.filter((trace) => trace.endsWith(" unsteady\n")).length;
  return inspection([
    finding("frames.complete", missing.length === 0 ? "pass" : "fail", missing.length),
    finding("temporal.flicker", unsteady === 0 ? "pass" : "fail", unsteady),
  ]);
}

export function inspectWedges(disk: SimDisk, request: SetRequest): Inspection {
  const traces = request.series.map((one) => readTrace(disk, one));
  return inspection([
    finding("set.duplicate", new Set(traces).size === traces.length ? "pass" : "warn", traces.length),
  ]);
}

function traceOf(data: Uint8Array): string {
  const body = decodeImage(data)?.body ?? "";
  return `TRACE ${sha256Of(body)} ${body.startsWith(UNSTEADY) ? "unsteady" : "steady"}\n`;
}

function keep(disk: SimDisk, path: string, of: { readonly text: string; readonly extent: "whole" | "half" }): void {
  if (disk.peek(path) !== null) disk.unlink(path);
  disk.create(path, of.text, of.extent);
}

/** A torn one does not end its line. */
function readTrace(disk: SimDisk, { look }: SeriesFrame): string {
  const right = traceOf(disk.read(look.path));
  const kept = disk.peek(look.trace.path)?.data;
  const text = kept === undefined ? "" : new TextDecoder().decode(kept);
  if (text.endsWith("\n") && text !== right)
    throw new HotplateError("HP-PLATE-BROKEN", `${look.trace.path} is of another picture`);
  if (text !== right) keep(disk, look.trace.path, { text: right, extent: "whole" });
  return right;
}

function inspection(findings: readonly Finding[]): Inspection {
  return {
    verdict: findings.some((f) => f.verdict === "fail") ? "fail" : "pass",
    findings,
    notApplied: [],
    reader: "simulated",
  };
}

function finding(id: string, verdict: Verdict, value: number): Finding {
  return {
    check: id,
    version: 1,
    verdict,
    measures: [{ name: "value", value, unit: "count", limit: null }],
    message: `${id}: ${value}`,
    hint: null,
  };
}
