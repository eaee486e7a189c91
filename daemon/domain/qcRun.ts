/**
 * Runs checks over what was decoded and says what they found. Pure. Three rules: a check that could not look is `error`,
 * never `pass`; a verdict needs a measure; what gave no verdict is listed with its reason. `file.decodes` always runs, so
 * that nothing passes that nobody could open.
 */
import type { Check, CheckAnswer, CheckInput, DecodedImage } from "../plugin.ts";
import type { AnswerReading } from "./checkAnswer.ts";
import { knownFields, readAnswer, reasonFault } from "./checkAnswer.ts";
import { messageOf } from "./errors.ts";
import { isStandIn } from "./notLoaded.ts";
import { LIMITS } from "./limits.ts";
import type { QcRequest } from "./plan.ts";
import type { Finding, Inspection, NotApplied, PictureSize } from "./qc.ts";
import { atSeverity, worstVerdict } from "./qc.ts";
import type { FrameFacts, SharedInput } from "./qcInput.ts";
import { frameInput, NO_FRAME } from "./qcInput.ts";
import { shownEvidence } from "./shownEvidence.ts";
import type { Series } from "./qcTrace.ts";
import { MISSING } from "./qcTrace.ts";

/** Runs whatever was asked for or not. */
export const ALWAYS = "file.decodes";

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
  return inspectInput(checks, requests, frameInput(facts));
}

/** What `inspectFrame` does, where the same input is looked at for more than its verdict. */
export function inspectInput(checks: readonly Check[], requests: readonly QcRequest[], input: SharedInput): Inspection {
  const asked = requests.some((request) => request.check === ALWAYS)
    ? requests
    : [{ check: ALWAYS, limits: {} }, ...requests];
  const looked = run({ checks, requests: asked, scope: "frame", input, reader: input.result?.reader ?? "none" });
  return input.result === null ? looked : { ...looked, size: shownSize(input.result) };
}

/** Places are moved onto the display window (domain/shownEvidence.ts). */
function shownSize({ width, height, windows }: DecodedImage): PictureSize {
  if (windows === null || windows === undefined) return { width, height };
  const [, , wide, high] = windows.display;
  return { width: wide, height: high };
}

/** What a check kept of the frames that it looks at as a whole. */
export type SeriesFor = (check: Check) => Series;

/** Checks of scope `sequence` over one wedge, with what each kept of its frames. None asked for: no findings, verdict pass (the frames have their own). */
export function judgeSequence(
  checks: readonly Check[],
  requests: readonly QcRequest[],
  frames: NonNullable<CheckInput["frames"]>,
  series: SeriesFor = () => ({ kind: "because", because: MISSING.frames }),
): Inspection {
  const input = { ...NO_FRAME, frames: { wanted: frames.wanted, present: frames.present } };
  return passIfNone(run({ checks, requests, scope: "sequence", input, reader: "none", series }));
}

/** Checks of scope `set` over one frame of every wedge of a version. */
export function judgeSet(checks: readonly Check[], requests: readonly QcRequest[], series: SeriesFor): Inspection {
  return passIfNone(
    run({ checks, requests, scope: "set", input: { ...NO_FRAME, frames: null }, reader: "none", series }),
  );
}

function passIfNone(inspection: Inspection): Inspection {
  return inspection.findings.length === 0 ? { ...inspection, verdict: "pass" } : inspection;
}

interface Round {
  readonly checks: readonly Check[];
  readonly requests: readonly QcRequest[];
  readonly scope: Check["scope"];
  readonly input: SharedInput;
  readonly reader: string;
  readonly series?: SeriesFor;
}

function run(round: Round): Inspection {
  const findings: Finding[] = [];
  const notApplied: NotApplied[] = [];
  for (const request of round.requests) {
    const check = round.checks.find((candidate) => candidate.id === request.check);
    if (check !== undefined && check.scope !== round.scope) continue;
    // An unknown check has no scope; it is told with the frames, once per frame, not again for what they are together.
    if (check === undefined && round.scope !== "frame") continue;
    const result = check === undefined ? unknown(request, round.checks) : runOne(check, request, round);
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

function unknown(request: QcRequest, checks: readonly Check[]): Finding | NotApplied {
  if (isStandIn(request.check))
    return { check: request.check, because: "the plugin that could not be loaded was taken out" };
  const ids = checks.map((check) => check.id).sort();
  return error(
    { id: request.check, version: 0 },
    `There is no check "${request.check}" on this node.`,
    `Installed: ${ids.join(", ")}.`,
  );
}

function runOne(check: Check, request: QcRequest, { input, series }: Round): Finding | NotApplied {
  const strange = Object.keys(request.limits).filter((name) => !Object.hasOwn(check.limits, name));
  if (strange.length > 0) {
    const known = Object.keys(check.limits);
    const hint = known.length === 0 ? "It has no limits." : `It has: ${known.join(", ")}.`;
    return error(check, `${check.id} has no limit named ${strange.join(", ")}.`, hint);
  }
  if (check.trace !== undefined && check.scope !== "frame") {
    const kept = series?.(check) ?? { kind: "because", because: MISSING.frames };
    if (kept.kind === "because") return { check: check.id, because: clip(kept.because) };
    if (kept.kind === "problem")
      return error(
        check,
        `${check.id} could not look at all frames: ${kept.problem}`,
        "See what is said of those frames by themselves, and look again.",
      );
    return weighed(check, request, { ...input, series: kept.frames });
  }
  if (check.needs.includes("plate") && input.plate === null && input.plateProblem !== null) {
    return error(
      check,
      `${check.id} needs the plate, and the plate could not be decoded: ${input.plateProblem}`,
      "See that the plate is there, whole, and of a kind that can be read.",
    );
  }
  if (check.needs.includes("mask") && input.mask === null && input.maskProblem !== null) {
    return error(
      check,
      `${check.id} needs the mask, and the mask could not be used: ${input.maskProblem}`,
      "See that the mask is there, whole, and of the result's size.",
    );
  }
  const missing = check.needs.find((need) => input[need] === null);
  if (missing !== undefined) return { check: check.id, because: MISSING[missing] };
  return weighed(check, request, input);
}

function weighed(check: Check, request: QcRequest, input: SharedInput): Finding | NotApplied {
  const judged = judge(check, { ...input, limits: { ...check.limits, ...request.limits } });
  return "because" in judged ? judged : { ...judged, verdict: atSeverity(judged.verdict, request.severity) };
}

function judge(check: Check, input: CheckInput): Finding | NotApplied {
  let reading: AnswerReading;
  try {
    const because: unknown = check.applies === undefined ? null : check.applies(input);
    const fault = reasonFault(because);
    if (fault === null && typeof because === "string") return { check: check.id, because };
    reading = fault === null ? readAnswer(check.run(input)) : { kind: "fault", fault };
  } catch (thrown) {
    // A plugin's fault is told as its verdict: the image was not looked at.
    return error(
      check,
      `${check.id} broke while it looked (HP-PLUGIN-RUN): ${messageOf(thrown)}`,
      "Mend it, or leave it out: hotplate plugin test FILE shows the fault again.",
    );
  }
  if (reading.kind === "fault")
    return error(
      check,
      `${check.id} gave no usable answer (HP-PLUGIN-ANSWER): ${reading.fault}.`,
      "See docs/plugins.md for the answer's shape.",
    );
  const { answer } = reading;
  const frame = check.scope === "frame" ? input.resultFile.frame : null;
  return {
    check: check.id,
    version: check.version,
    verdict: answer.verdict,
    measures: answer.measures.map((measure) => knownFields(measure, frame)),
    message: clip(answer.message),
    hint: answer.hint === undefined ? null : clip(answer.hint),
    ...evidenceKept(check, answer, input.result?.windows ?? null),
  };
}

/** Of a pass only what a report draws anyway: the curve of what was looked at over many frames. */
function evidenceKept(
  check: Check,
  { verdict, evidence }: CheckAnswer,
  windows: DecodedImage["windows"],
): Pick<Finding, "evidence"> {
  if (evidence === undefined) return {};
  if (verdict !== "pass") {
    const shown = shownEvidence(evidence, windows);
    return shown.length === 0 ? {} : { evidence: shown };
  }
  const curve = evidence.find(
    (piece) => piece.kind === "plot" && piece.x.length > 1 && piece.x.length <= LIMITS.evidencePassPointsMax,
  );
  return check.scope === "frame" || curve === undefined ? {} : { evidence: [curve] };
}

function error(check: { readonly id: string; readonly version: number }, message: string, hint: string): Finding {
  return { check: check.id, version: check.version, verdict: "error", measures: [], message: clip(message), hint };
}

function clip(text: string): string {
  return text.length <= LIMITS.checkMessageCharactersMax
    ? text
    : `${text.slice(0, LIMITS.checkMessageCharactersMax - 1)}…`;
}
