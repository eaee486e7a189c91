/** What the doctor says of GPUs: each one's state, what is not known and why, and slots whose GPU is another than they think. */
import { createComfy } from "../adapters/comfyui/slot.ts";
import type { BaseWorld } from "../adapters/world.ts";
import type { SlotConfig } from "../domain/config.ts";
import type { GpuFacts, GpuReading } from "../domain/gpu.ts";
import { judgeGpu } from "../domain/gpuHealth.ts";
import type { SlotPlace } from "../domain/gpuMatch.ts";
import { matchGpu } from "../domain/gpuMatch.ts";
import { ERRORS } from "../domain/errors.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { slotPlace } from "../slotPlace.ts";
import type { Line } from "./doctor.ts";
import { factWords } from "./gpuWords.ts";

type KnownReading = Extract<GpuReading, { kind: "known" }>;

type Base = Pick<BaseWorld, "config" | "clock" | "gpus">;

export async function gpuLines(base: Base): Promise<readonly Line[]> {
  const reading = await firstReading(base);
  const places = await Promise.all(base.config.slots.map(placeOf));
  if (reading.kind === "unknown") {
    const asked = base.config.slots.some((slot) => slot.gpu !== undefined && !slot.demo);
    return [
      asked
        ? {
            state: "WARN",
            what: "GPUs",
            found: reading.reason,
            fix: "without nvidia-smi no GPU is watched (docs/gpus.md)",
          }
        : { state: "OK", what: "GPUs", found: `none watched: ${reading.reason}`, fix: null },
    ];
  }
  return [
    ...reading.gpus.map((gpu) => gpuLine(base, { gpu, reading, places })),
    ...reading.lost.map(
      ({ busId, text }): Line => ({
        state: "FAIL",
        what: `GPU at ${busId}`,
        found: `HP-GPU-LOST ${text}`,
        fix: ERRORS["HP-GPU-LOST"].hint,
      }),
    ),
    ...(reading.xids.kind === "known"
      ? []
      : [{ state: "WARN", what: "GPU errors (Xid)", found: reading.xids.reason, fix: "see docs/gpus.md" } as const]),
    ...places.flatMap((place) => matchLines(place, reading)),
  ];
}

/** The first whole look with all that comes beside it; bounded. */
async function firstReading({ gpus, clock }: Base): Promise<GpuReading> {
  const until = clock.now() + LIMITS.doctorGpusMs;
  const asked = (known: { readonly kind: string; readonly reason?: string }): boolean =>
    known.kind === "known" || !(known.reason ?? "").includes("not asked yet");
  let ring = (): void => undefined;
  gpus.start(() => ring());
  try {
    for (;;) {
      const rung = new Promise<void>((resolve) => (ring = resolve));
      const reading = gpus.read();
      const whole = reading.kind === "known" ? asked(reading.processes) && asked(reading.xids) : asked(reading);
      if (whole || clock.now() >= until) return reading;
      await clock.sleep(until - clock.now(), rung);
    }
  } finally {
    await gpus.close();
  }
}

async function placeOf(slot: SlotConfig): Promise<SlotPlace> {
  const client = createComfy({ timeoutMs: LIMITS.comfyConnectTimeoutMs }).open(slot, () => undefined);
  try {
    return slotPlace(slot, await client.stats());
  } catch {
    // Its own line says that it does not answer.
    return slotPlace(slot, null);
  } finally {
    await client.close();
  }
}

function gpuLine(
  { config, clock }: Base,
  of: { readonly gpu: GpuFacts; readonly reading: KnownReading; readonly places: readonly SlotPlace[] },
): Line {
  const { gpu, reading, places } = of;
  const { trouble } = judgeGpu({
    uuid: gpu.uuid,
    last: gpu,
    reading,
    bounds: config.gpus,
    wasHot: false,
    places,
    here: places,
    now: clock.now(),
  });
  const found = `${factWords(gpu)}, driver ${gpu.driver ?? "?"}`;
  if (trouble === null) return { state: "OK", what: `GPU ${gpu.index}`, found, fix: null };
  return { state: "WARN", what: `GPU ${gpu.index}`, found: `${trouble.code} ${trouble.message}`, fix: trouble.action };
}

function matchLines(place: SlotPlace, reading: KnownReading): readonly Line[] {
  const seen = new Map(reading.gpus.map((gpu) => [gpu.uuid, gpu]));
  const match = matchGpu(place, { reading, pinned: null, seen });
  const line = (state: Line["state"], code: ErrorCode, message: string): readonly Line[] => [
    { state, what: `slot ${place.slot}`, found: `${code} ${message}`, fix: ERRORS[code].hint },
  ];
  if (match.kind === "absent") return line("FAIL", "HP-GPU-ABSENT", match.reason);
  if (match.kind === "matched" && match.mismatch !== null) return line("WARN", "HP-GPU-ORDER", match.mismatch);
  return [];
}
