/**
 * Runs checks over what was decoded and says what they found. Pure. Three rules: a check that could not look is `error`,
 * never `pass`; a verdict needs a measure; what gave no verdict is listed with its reason. `file.decodes` always runs, so
 * that nothing passes that nobody could open.
 */
import type { Check, CheckAnswer, CheckInput, DecodedImage } from "../plugin.ts";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { framePlanes } from "./framePlanes.ts";
import { pixelRuns } from "./pixelRuns.ts";
import type { QcRequest } from "./plan.ts";
import type { Finding, Inspection, Measure, NotApplied } from "./qc.ts";
import { atSeverity, worstVerdict } from "./qc.ts";
import { evidenceFault } from "./qcEvidence.ts";

/** Runs whatever was asked for or not. */
export const ALWAYS = "file.decodes";

export type FrameFacts = Omit<
  CheckInput,
  "limits" | "luma" | "lumaPlane" | "blocks" | "runs" | "frames" | "series" | "digest" | "header"
> & {
  /** Of decoded samples, hex. */
  readonly digestOf?: (image: DecodedImage) => string;
  readonly headerOf?: CheckInput["header"];
};

/** Completes a check's input with what is computed from the pixels, once per image. */
export function frameInput(facts: FrameFacts): Omit<CheckInput, "limits"> {
  const imageOf = (of: "result" | "plate"): DecodedImage | null => (of === "result" ? facts.result : facts.plate);
  const ignoreOf = (of: "result" | "plate") => (of === "result" ? facts.expected.ignore : []);
  const runs = remember((of) => {
    const image = imageOf(of);
    return image === null ? new Int32Array(0) : pixelRuns(image.width, image.height, ignoreOf(of));
  });
  const planes = remember((of) => {
    const image = imageOf(of);
    return image === null ? null : framePlanes(image, runs(of));
  });
  const { digestOf, headerOf, ...seen } = facts;
  const digests = remember((of) => {
    const image = imageOf(of);
    return image === null || digestOf === undefined ? null : digestOf(image);
  });
  const headers = remember((of) => headerOf?.(of) ?? null);
  return {
    ...seen,
    frames: null,
    series: null,
    runs,
    digest: digests,
    header: headers,
    luma: (of) => planes(of)?.facts ?? null,
    lumaPlane: (of) => planes(of)?.luma ?? null,
    blocks: (of) => planes(of)?.blocks ?? null,
  };
}

function remember<T>(make: (of: "result" | "plate") => T): (of: "result" | "plate") => T {
  const kept = new Map<string, T>();
  return (of) => {
    const known = kept.get(of);
    if (known !== undefined) return known;
    const made = make(of);
    kept.set(of, made);
    return made;
  };
}

/** Does any check asked for say that it cannot do without the plate? */
export function needsPlate(checks: readonly Check[], requests: readonly QcRequest[]): boolean {
  return requests.some(
    (request) => checks.find((check) => check.id === request.check)?.needs.includes("plate") ?? false,
  );
}

/** Is a second look worth it: did a check find something that the plate might excuse? */
export function wantsPlate(inspection: Inspection): boolean {
  return inspection.findings.some(
    (finding) => finding.check !== ALWAYS && (finding.verdict === "fail" || finding.verdict === "warn"),
  );
}

export function inspectFrame(checks: readonly Check[], requests: readonly QcRequest[], facts: FrameFacts): Inspection {
  const input = frameInput(facts);
  const asked = requests.some((request) => request.check === ALWAYS)
    ? requests
    : [{ check: ALWAYS, limits: {} }, ...requests];
  return run({ checks, requests: asked, scope: "frame", input, reader: facts.result?.reader ?? "none" });
}

/** Checks of scope `sequence` over one wedge. None asked for: no findings, verdict pass (the frames have their own). */
export function judgeSequence(
  checks: readonly Check[],
  requests: readonly QcRequest[],
  frames: { readonly wanted: readonly (number | null)[]; readonly present: readonly (number | null)[] },
): Inspection {
  const input = { ...NO_FRAME, frames };
  const inspection = run({ checks, requests, scope: "sequence", input, reader: "none" });
  return inspection.findings.length === 0 ? { ...inspection, verdict: "pass" } : inspection;
}

const NO_FRAME: Omit<CheckInput, "limits" | "frames"> = {
  series: null,
  digest: () => null,
  header: () => null,
  result: null,
  resultFile: { path: "", bytes: 0, frame: null },
  decodeProblem: null,
  plate: null,
  plateProblem: null,
  expected: { width: null, height: null, bitDepth: null, ignore: [] },
  mask: null,
  maskProblem: null,
  composited: false,
  luma: () => null,
  lumaPlane: () => null,
  blocks: () => null,
  runs: () => new Int32Array(0),
};

interface Round {
  readonly checks: readonly Check[];
  readonly requests: readonly QcRequest[];
  readonly scope: Check["scope"];
  readonly input: Omit<CheckInput, "limits">;
  readonly reader: string;
}

function run(round: Round): Inspection {
  const findings: Finding[] = [];
  const notApplied: NotApplied[] = [];
  for (const request of round.requests) {
    const check = round.checks.find((candidate) => candidate.id === request.check);
    if (check !== undefined && check.scope !== round.scope) continue;
    // An unknown check has no scope; it is told with the frames, once per frame, not again for the sequence.
    if (check === undefined && round.scope === "sequence") continue;
    const result = check === undefined ? unknown(request, round.checks) : runOne(check, request, round.input);
    if ("because" in result) notApplied.push(result);
    else findings.push(result);
  }
  return {
    verdict: worstVerdict(findings.map((finding) => finding.verdict)),
    findings,
    notApplied,
    reader: round.reader,
  };
}

function unknown(request: QcRequest, checks: readonly Check[]): Finding {
  const ids = checks.map((check) => check.id).sort();
  return error(
    { id: request.check, version: 0 },
    `There is no check "${request.check}" on this node.`,
    `Installed: ${ids.join(", ")}.`,
  );
}

function runOne(check: Check, request: QcRequest, input: Omit<CheckInput, "limits">): Finding | NotApplied {
  const strange = Object.keys(request.limits).filter((name) => !Object.hasOwn(check.limits, name));
  if (strange.length > 0) {
    const known = Object.keys(check.limits);
    const hint = known.length === 0 ? "It has no limits." : `It has: ${known.join(", ")}.`;
    return error(check, `${check.id} has no limit named ${strange.join(", ")}.`, hint);
  }
  if (check.needs.includes("plate") && input.plate === null && input.plateProblem !== null) {
    return error(check, `${check.id} needs the plate, and the plate could not be decoded: ${input.plateProblem}`, null);
  }
  if (check.needs.includes("mask") && input.mask === null && input.maskProblem !== null) {
    return error(check, `${check.id} needs the mask, and the mask could not be used: ${input.maskProblem}`, null);
  }
  const missing = check.needs.find((need) => input[need] === null);
  if (missing !== undefined) return { check: check.id, because: MISSING[missing] };
  const judged = judge(check, { ...input, limits: { ...check.limits, ...request.limits } });
  return "because" in judged ? judged : { ...judged, verdict: atSeverity(judged.verdict, request.severity) };
}

const MISSING: Readonly<Record<Check["needs"][number], string>> = {
  result: "the result has no readable pixels (see file.decodes)",
  plate: "there is no plate",
  mask: "the recipe has no mask: the whole frame may change",
  frames: "there is no sequence",
};

function judge(check: Check, input: CheckInput): Finding | NotApplied {
  let answer: CheckAnswer;
  try {
    const because = check.applies?.(input) ?? null;
    if (because !== null) return { check: check.id, because: clip(String(because)) };
    answer = check.run(input);
  } catch (thrown) {
    // A plugin's fault is told as its verdict: the image was not looked at.
    return error(
      check,
      `${check.id} broke while it looked (HP-PLUGIN-RUN): ${messageOf(thrown)}`,
      "Tell whoever wrote the check.",
    );
  }
  const fault = faultOf(answer);
  if (fault !== null)
    return error(
      check,
      `${check.id} gave no usable answer (HP-PLUGIN-ANSWER): ${fault}.`,
      "See docs/plugins.md for the answer's shape.",
    );
  const frame = input.frames === null ? input.resultFile.frame : null;
  return {
    check: check.id,
    version: check.version,
    verdict: answer.verdict,
    measures: answer.measures.map((measure) => clean(measure, frame)),
    message: clip(answer.message),
    hint: answer.hint === undefined ? null : clip(answer.hint),
    ...(answer.verdict === "pass" || answer.evidence === undefined ? {} : { evidence: answer.evidence }),
  };
}

const VERDICTS: readonly unknown[] = ["pass", "warn", "fail", "error"];
const UNITS: readonly unknown[] = ["code", "stop", "ratio", "px", "count", "bit", "bool"];
const SIDES: readonly unknown[] = ["atMost", "atLeast", "equal", undefined];

/** Plugins are plain JavaScript at run time: their answers are checked, not trusted. */
function faultOf(answer: CheckAnswer): string | null {
  if (typeof answer !== "object" || answer === null) return "it is no object";
  if (!VERDICTS.includes(answer.verdict)) return "its verdict is none of pass, warn, fail, error";
  if (typeof answer.message !== "string" || answer.message.trim() === "") return "it has no message";
  if (answer.hint !== undefined && typeof answer.hint !== "string") return "its hint is no text";
  if (answer.evidence !== undefined) {
    const bad = evidenceFault(answer.evidence);
    if (bad !== null) return bad;
  }
  if (!Array.isArray(answer.measures)) return "its measures are no list";
  if (answer.measures.length > LIMITS.checkMeasuresMax) return `it has more than ${LIMITS.checkMeasuresMax} measures`;
  if (answer.measures.length === 0 && answer.verdict !== "error") return "a verdict without a measure proves nothing";
  const bad = answer.measures.find((measure) => !isMeasure(measure));
  return bad === undefined
    ? null
    : `a measure has no name, no unit or no finite value (${clip(JSON.stringify(bad) ?? "nothing")})`;
}

function isMeasure(measure: Measure): boolean {
  if (typeof measure !== "object" || measure === null) return false;
  const limit = measure.limit === null || Number.isFinite(measure.limit);
  return (
    typeof measure.name === "string" &&
    Number.isFinite(measure.value) &&
    UNITS.includes(measure.unit) &&
    limit &&
    SIDES.includes(measure.must)
  );
}

/** Only the fields that we know: what goes into a record was written by a stranger. */
function clean(measure: Measure, frame: number | null): Measure {
  const { name, value, unit, limit, must } = measure;
  return { name, value, unit, limit, ...(must === undefined ? {} : { must }), frame: measure.frame ?? frame };
}

function error(
  check: { readonly id: string; readonly version: number },
  message: string,
  hint: string | null,
): Finding {
  return { check: check.id, version: check.version, verdict: "error", measures: [], message: clip(message), hint };
}

function clip(text: string): string {
  return text.length <= LIMITS.checkMessageCharactersMax
    ? text
    : `${text.slice(0, LIMITS.checkMessageCharactersMax - 1)}…`;
}
