/**
 * The `Images` port over a tiny image format of text. What the graph is fed, proxies and sheets are files of that format too, written as the real ones are: not durably.
 */
import { HotplateError } from "../../daemon/domain/errors.ts";
import { SAME_PIXELS } from "../../daemon/domain/likeness.ts";
import type { ImageHeader, Images, SetRequest } from "../../daemon/ports.ts";
import type { SimDisk } from "./disk.ts";
import { inspectFrames, inspectPicture, inspectWedges, SIM_CHECKS } from "./qcImages.ts";
import type { SimImage } from "./simImage.ts";
import { decodeImage, encodeImage } from "./simImage.ts";
import type { Watchman } from "./files.ts";
import type { Life, SimWorld } from "./world.ts";

/** What the recipe's graph is fed for a plate: another file, recognisably of that plate. */
export function feedOf(plate: SimImage): SimImage {
  return { ...plate, body: `feed of ${plate.body}` };
}

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
    inspect: (request) =>
      call(
        "inspect",
        request.path,
        () => inspectPicture(disk, request),
        request.trace === undefined ? undefined : () => inspectPicture(disk, request, "half"),
      ),
    compare: (request) =>
      call("compare", request.a, () => {
        const [a, b] = [mustDecode(disk, request.a), mustDecode(disk, request.b)];
        const same = a.body === b.body;
        const { width, height } = a;
        return same
          ? { kind: "compared", width, height, ...SAME_PIXELS }
          : { kind: "compared", width, height, same, max: 1, psnr: 10, ssim: 0.1, changed: 1 };
      }),
    inspectSequence: (request) => call("inspectSequence", placeOf(request), () => inspectFrames(disk, request)),
    inspectSet: (request) => call("inspectSet", placeOf(request), () => inspectWedges(disk, request)),
    checks: () => call("checks", "", () => SIM_CHECKS),
    dressMovie: () => Promise.reject(new Error("no ffmpeg here, so no movie")),
    thumbnail: (from, to, pixels) =>
      write("thumbnail", to, () => ({
        text: encodeImage({ ...mustDecode(disk, from), width: typeof pixels === "number" ? pixels : pixels.pixels }),
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

/** Where the work would hang with its volume. */
function placeOf({ series }: SetRequest): string {
  return series[0]?.look.path ?? "";
}

function mustDecode(disk: SimDisk, path: string): SimImage {
  const image = decodeImage(disk.read(path));
  if (image === null) throw new HotplateError("HP-PLATE-BROKEN", `${path} does not decode`);
  return image;
}

function headerOf(image: SimImage): ImageHeader {
  return { format: "png", width: image.width, height: image.height, channels: 3, bitDepth: 8 };
}
