/**
 * Checks over many frames by their traces. Each check's are read for themselves and let go before the next one's, so that thousands
 * of frames take the memory of one check. Pictures are not opened here.
 */
import type { Check } from "../../plugin.ts";
import type { Inspection } from "../../domain/qc.ts";
import type { SequenceRequest, SeriesFrame, SetRequest } from "../../domain/qcRequest.ts";
import type { SeriesFor } from "../../domain/qcRun.ts";
import { judgeSequence, judgeSet } from "../../domain/qcRun.ts";
import type { TraceScope } from "../../domain/qcTrace.ts";
import { seriesOf, tracingChecks } from "../../domain/qcTrace.ts";
import type { Programs } from "../programs/programs.ts";
import { timedChecks } from "./checkTimes.ts";
import { readTraces, tracePrint } from "./traceFile.ts";

export interface Judging {
  readonly checks: readonly Check[];
  /** Of the checks, those that are programs. */
  readonly programs: Pick<Programs, "answeredWhole">;
}

/** Indexes of the frames whose traces must be made before `judge...`: missing, torn, of another picture or of another check. */
export function lackingTraces(
  checks: readonly Check[],
  scope: TraceScope,
  request: Pick<SetRequest, "checks" | "series">,
): readonly number[] {
  const wanted = tracingChecks(checks, request.checks, [scope]);
  if (wanted.length === 0) return [];
  return request.series.flatMap(({ look }, index) => {
    const known = readTraces(look.trace.path, tracePrint(look));
    return known !== null && wanted.every(({ id, version }) => known.get(id)?.version === version) ? [] : [index];
  });
}

export async function judgeFrames({ checks, programs }: Judging, request: SequenceRequest): Promise<Inspection> {
  const { wanted, present, series, checks: requests } = request;
  const frames = { wanted, present };
  const answered = await programs.answeredWhole({ checks, requests, scope: "sequence", frames, series });
  const timed = timedChecks(answered, request.timed === true);
  return timed.told(judgeSequence(timed.checks, request.checks, request, readBy(request.series, present.length)));
}

export async function judgeWedges({ checks, programs }: Judging, request: SetRequest): Promise<Inspection> {
  const { series, checks: requests } = request;
  const answered = await programs.answeredWhole({ checks, requests, scope: "set", frames: null, series });
  const timed = timedChecks(answered, request.timed === true);
  return timed.told(judgeSet(timed.checks, request.checks, readBy(request.series, 0)));
}

/** `present`: how many pictures there are; where nobody handed them over, nobody looked. */
function readBy(series: readonly SeriesFrame[], present: number): SeriesFor {
  return (check) => {
    if (series.length === 0 && present > 0)
      return { kind: "problem", problem: `nothing was kept of the ${present} pictures that are there` };
    if (series.length === 0) return { kind: "because", because: "there is no picture to look at" };
    return seriesOf(series, (index) => {
      const { look } = series[index] as SeriesFrame;
      const kept = readTraces(look.trace.path, tracePrint(look))?.get(check.id);
      return kept?.version === check.version ? kept : null;
    });
  };
}
