/**
 * Versions as an OpenTimelineIO timeline, for a review player's playlist: one clip per sequence of frames, one after another.
 * Schemas: Timeline.1, Stack.1, Track.1, Clip.2, ImageSequenceReference.1, ExternalReference.1. Pure.
 */
import type { AssetRecord } from "./assetRecord.ts";

export interface OtioClip {
  readonly name: string;
  readonly asset: AssetRecord;
  /** `w032`; null: the version has one. */
  readonly wedge: string | null;
  /** Of the folder that holds the frames: a file URL that ends with a slash. */
  readonly base: string;
  /** Before and after the frame number. */
  readonly prefix: string;
  readonly suffix: string;
  /** Sorted; empty: a still, whose name is prefix and suffix together. */
  readonly frames: readonly number[];
  readonly padding: number;
}

const RANGE = "TimeRange.1";
const TIME = "RationalTime.1";
const BARE = { metadata: {}, effects: [], markers: [], enabled: true } as const;

/** `rate`: frames per second. */
export function otioTimeline(of: {
  readonly name: string;
  readonly clips: readonly OtioClip[];
  readonly rate: number;
}): object {
  return {
    OTIO_SCHEMA: "Timeline.1",
    name: of.name,
    metadata: {},
    global_start_time: null,
    tracks: {
      OTIO_SCHEMA: "Stack.1",
      name: "tracks",
      source_range: null,
      ...BARE,
      children: [
        {
          OTIO_SCHEMA: "Track.1",
          name: "V1",
          kind: "Video",
          source_range: null,
          ...BARE,
          children: of.clips.map((clip) => otioClip(clip, of.rate)),
        },
      ],
    },
  };
}

function otioClip(clip: OtioClip, rate: number): object {
  const { asset, wedge } = clip;
  const range = rangeOf(clip, rate);
  return {
    OTIO_SCHEMA: "Clip.2",
    name: clip.name,
    source_range: range,
    ...BARE,
    metadata: {
      hotplate: {
        ref: wedge === null ? asset.ref : `${asset.ref}/${wedge}`,
        id: asset.id,
        digitalSourceType: asset.digitalSourceType,
        qc: asset.qc.verdict,
      },
    },
    media_references: { DEFAULT_MEDIA: mediaOf(clip, { rate, range }) },
    active_media_reference_key: "DEFAULT_MEDIA",
  };
}

function mediaOf(clip: OtioClip, of: { readonly rate: number; readonly range: object }): object {
  const common = { name: "", metadata: {}, available_range: of.range, available_image_bounds: null };
  const [first] = clip.frames;
  if (first === undefined)
    return {
      OTIO_SCHEMA: "ExternalReference.1",
      ...common,
      target_url: clip.base + encodeURIComponent(clip.prefix + clip.suffix),
    };
  return {
    OTIO_SCHEMA: "ImageSequenceReference.1",
    ...common,
    target_url_base: clip.base,
    name_prefix: clip.prefix,
    name_suffix: clip.suffix,
    start_frame: first,
    frame_step: stepOf(clip.frames),
    rate: of.rate,
    frame_zero_padding: clip.padding,
    missing_frame_policy: "black",
  };
}

/** In frames of the shot: a sequence on twos holds each of its frames for two, the last one too. */
function rangeOf({ frames }: OtioClip, rate: number): object {
  const [first] = frames;
  const last = frames.at(-1);
  const duration = first === undefined || last === undefined ? 1 : last - first + stepOf(frames);
  return {
    OTIO_SCHEMA: RANGE,
    start_time: { OTIO_SCHEMA: TIME, rate, value: first ?? 0 },
    duration: { OTIO_SCHEMA: TIME, rate, value: duration },
  };
}

/** The largest step on which every frame lies. */
function stepOf(frames: readonly number[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const [first = 0] = frames;
  return frames.reduce((step, frame) => divisor(step, frame - first), 0) || 1;
}
