/**
 * The `Images` port over a tiny image format of text: size, and a hash of its content. Cut, emptied or zeroed bytes do not
 * decode. What the graph is fed, proxies and sheets are files of that format too, written as the real ones are: not durably.
 */
import { HotplateError } from "../../daemon/domain/errors.ts";
import { SAME_PIXELS } from "../../daemon/domain/likeness.ts";
import type { CheckBook, Finding, Inspection, Verdict } from "../../daemon/domain/qc.ts";
import type { ImageHeader, Images } from "../../daemon/ports.ts";
import type { SimDisk } from "./disk.ts";
import { sha256Of } from "./disk.ts";
import type { Watchman } from "./files.ts";
import type { Life, SimWorld } from "./world.ts";

export interface SimImage {
  readonly width: number;
  readonly height: number;
  /** What the picture shows: equal bodies are equal pictures. */
  readonly body: string;
}

export function encodeImage(image: SimImage): string {
  return `SIMIMG 1 ${image.width} ${image.height} ${sha256Of(image.body)}\n${image.body}\nEND\n`;
}

/** null: it does not decode. */
export function decodeImage(data: Uint8Array): SimImage | null {
  const text = new TextDecoder().decode(data);
  const match = /^SIMIMG 1 (\d+) (\d+) ([0-9a-f]{64})\n([^]*)\nEND\n$/.exec(text);
  if (match === null || sha256Of(match[4]!) !== match[3]) return null;
  return { width: Number(match[1]), height: Number(match[2]), body: match[4]! };
}

/** What the recipe's graph is fed for a plate: another file, recognisably of that plate. */
export function feedOf(plate: SimImage): SimImage {
  return { ...plate, body: `feed of ${plate.body}` };
}

export const SIM_CHECKS: CheckBook = {
  checks: [
    { id: "file.decodes", version: 1, scope: "frame", limits: {}, file: "file_decodes.ts", shipped: true },
    { id: "header.size", version: 1, scope: "frame", limits: {}, file: "header_size.ts", shipped: true },
    { id: "frames.complete", version: 1, scope: "sequence", limits: {}, file: "frames_complete.ts", shipped: true },
  ],
  profiles: [
    {
      hotplate: 1,
      name: "basic",
      title: "What the simulated world looks at",
      checks: { "file.decodes": null, "header.size": null, "frames.complete": null },
    },
  ],
  refused: [],
};

export function simImages(parts: {
  readonly world: SimWorld;
  readonly disk: SimDisk;
  readonly life: Life;
  readonly changed: Watchman;
}): Images {
  const { world, disk, life, changed } = parts;
  const call = <T>(name: string, path: string, effect: () => T, half?: () => void): Promise<T> =>
    world.call<T>(life, {
      label: `images.${name}`,
      detail: path,
      mutates: half !== undefined,
      latencyMs: [1, 25],
      parked: () => disk.volumeOf(path).state === "hanging",
      effect: () => {
        if (half !== undefined) changed(`images.${name}`, path);
        return effect();
      },
      ...(half === undefined ? {} : { half }),
    });
  const write = <T>(name: string, to: string, make: () => { readonly text: string; readonly value: T }): Promise<T> =>
    call(
      name,
      to,
      () => {
        const { text, value } = make();
        disk.create(to, text);
        return value;
      },
      () => disk.create(to, make().text, "half"),
    );

  return {
    header: (path) => call("header", path, () => headerOf(mustDecode(disk, path))),
    feed: (platePath, to) =>
      write("feed", to, () => {
        const plate = mustDecode(disk, platePath);
        return { text: encodeImage(feedOf(plate)), value: { width: plate.width, height: plate.height } };
      }),
    finish: (request) =>
      call(
        "finish",
        request.to,
        () => {
          const data = disk.read(request.returned);
          const image = decodeImage(data);
          disk.create(request.to, data);
          const { width, height } = image ?? { width: 0, height: 0 };
          return { width, height, channels: 3, bitDepth: 8, roundTrip: null, note: null };
        },
        () => disk.create(request.to, disk.read(request.returned), "half"),
      ),
    blend: (request) =>
      write("blend", request.to, () => {
        const [earlier, later] = [mustDecode(disk, request.earlier), mustDecode(disk, request.later)];
        const body = `blend of ${earlier.body} and ${later.body} by ${request.part.toFixed(4)}`;
        return { text: encodeImage({ ...earlier, body }), value: undefined };
      }),
    inspect: (request) => call("inspect", request.path, () => inspectionOf(disk.read(request.path), request.expected)),
    compare: (request) =>
      call("compare", request.a, () => {
        const [a, b] = [mustDecode(disk, request.a), mustDecode(disk, request.b)];
        const same = a.body === b.body;
        const { width, height } = a;
        return same
          ? { kind: "compared", width, height, ...SAME_PIXELS }
          : { kind: "compared", width, height, same, max: 1, psnr: 10, ssim: 0.1, changed: 1 };
      }),
    inspectSequence: (request) =>
      call("inspectSequence", "", () => {
        const missing = request.wanted.filter((frame) => !request.present.includes(frame));
        return inspection([finding("frames.complete", missing.length === 0 ? "pass" : "fail", missing.length)]);
      }),
    checks: () => call("checks", "", () => SIM_CHECKS),
    dressMovie: () => Promise.reject(new Error("no ffmpeg here, so no movie")),
    thumbnail: (from, to, pixels) =>
      write("thumbnail", to, () => ({
        text: encodeImage({ ...mustDecode(disk, from), width: pixels }),
        value: undefined,
      })),
    sheet: (request, to) =>
      write("sheet", to, () => {
        const lines = request.tiles.map(
          (tile) =>
            `${tile.label} ${tile.mark} ${tile.path === null ? "-" : (decodeImage(disk.peek(tile.path)?.data ?? new Uint8Array(0))?.body ?? "?")}`,
        );
        return {
          text: encodeImage({
            width: request.columns,
            height: lines.length,
            body: [request.title, ...lines].join("\n"),
          }),
          value: undefined,
        };
      }),
  };
}

function mustDecode(disk: SimDisk, path: string): SimImage {
  const image = decodeImage(disk.read(path));
  if (image === null) throw new HotplateError("HP-PLATE-BROKEN", `${path} does not decode`);
  return image;
}

function headerOf(image: SimImage): ImageHeader {
  return { format: "png", width: image.width, height: image.height, channels: 3, bitDepth: 8 };
}

function inspectionOf(
  data: Uint8Array,
  expected: { readonly width: number | null; readonly height: number | null },
): Inspection {
  const image = decodeImage(data);
  if (image === null) return inspection([finding("file.decodes", "fail", 0)]);
  const fits =
    (expected.width === null || expected.width === image.width) &&
    (expected.height === null || expected.height === image.height);
  return inspection([finding("file.decodes", "pass", 1), finding("header.size", fits ? "pass" : "fail", image.width)]);
}

function inspection(findings: readonly Finding[]): Inspection {
  return {
    verdict: findings.some((f) => f.verdict === "fail") ? "fail" : "pass",
    findings,
    notApplied: [],
    reader: "simulated",
  };
}

function finding(check: string, verdict: Verdict, value: number): Finding {
  return {
    check,
    version: 1,
    verdict,
    measures: [{ name: "value", value, unit: "count", limit: null }],
    message: `${check}: ${value}`,
    hint: null,
  };
}
