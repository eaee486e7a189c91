/**
 * Public photographs beside the procedural plates, where a machine has them: those of Debian's python3-skimage, mate-backgrounds and
 * lomiri-wallpapers-16.04. They are never committed; each has its own entry in its package's copyright file. Read by our own reader, cut
 * to at most a plate's size.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadFrame } from "../../../daemon/adapters/images/loadFrame.ts";
import { srgbDecode } from "../../../daemon/domain/srgbCurve.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { HEIGHT, WIDTH } from "./sources.ts";

/** Where the packages put them. */
const DEBIAN = [
  "/usr/lib/python3/dist-packages/skimage/data",
  "/usr/share/backgrounds/mate/nature",
  "/usr/share/backgrounds",
];

/** What checks said of them was in sight while formulas and limits were chosen; those of mate-backgrounds were held out before. */
const KNOWN = [
  "astronaut.png",
  "coffee.png",
  "motorcycle_left.png",
  "retina.jpg",
  "brick.png",
  "moon.png",
  "page.png",
  "chelsea.png",
  "rocket.jpg",
  "hubble_deep_field.jpg",
  "ihc.png",
  "grass.png",
  "gravel.png",
  "camera.png",
  "coins.png",
  "Blinds.jpg",
  "Dune.jpg",
  "FreshFlower.jpg",
  "Garden.jpg",
  "GreenMeadow.jpg",
  "LadyBird.jpg",
  "RainDrops.jpg",
  "Storm.jpg",
  "TwoWings.jpg",
  "Wood.jpg",
  "YellowFlower.jpg",
];
/**
 * No check was run on them before formulas and limits stood. By Sander Klootwijk, "Bolly", Peter Nerlich (CC-BY-SA-4.0), Aitzol Berasategi,
 * Trevor "Freespace", Jakub Mede (CC-BY-4.0) and Clemens Engelhardt (CC0-1.0), 2018.
 */
const HELD_OUT = [
  "Bridge_by_Sander_Klootwijk.jpg",
  "Dragonfly_by_Bolly.jpg",
  "Picture_0B_by_freespace.jpg",
  "Picture_1A_by_freespace.jpg",
  "Wine_by_Jakkub_Mede.jpg",
  "aitzgorri_by_Aitzol_Berasategi.jpg",
  "free_by_Peter_Nerlich.jpg",
  "friends_by_Aitzol_Berasategi.jpg",
  "greentock_by_Peter_Nerlich.jpg",
  "life_by_Aitzol_Berasategi.jpg",
  "picosdeeuropa_by_Aitzol_Berasategi.jpg",
  "seeding_by_Clements_Engelhardt.jpg",
  "sunset_by_Aitzol_Berasategi.jpg",
];

export interface Photo {
  readonly name: string;
  readonly heldOut: boolean;
  /** false: one channel; swapping channels is no defect then. */
  readonly colour: boolean;
  readonly width: number;
  readonly height: number;
  /** 8-bit display codes, `channels` a pixel. */
  readonly samples: Uint8Array;
  readonly channels: number;
}

/** Those that are there, in a fixed order. `folders`: where else to look. */
export async function photos(folders: readonly string[]): Promise<readonly Photo[]> {
  const out: Photo[] = [];
  // In turn, so that a few of them are some of both.
  const names = KNOWN.flatMap((known, i) => [known, ...HELD_OUT.slice(i, i + 1)]);
  for (const name of names) {
    const path = [...DEBIAN, ...folders].map((folder) => join(folder, name)).find(existsSync);
    if (path === undefined) continue;
    const loaded = await loadFrame(readFileSync(path));
    if (loaded.kind !== "frame" || !(loaded.image.samples instanceof Uint8Array))
      throw new Error(`${path}: ${loaded.kind === "frame" ? "not of 8 bits" : loaded.message}`);
    const { width, height, channels, samples } = loaded.image;
    const heldOut = HELD_OUT.includes(name);
    out.push({ name, heldOut, colour: channels >= 3, width, height, samples, channels });
  }
  return out;
}

/** A piece of it in linear light, chosen by the seed. */
export function photoPiece(photo: Photo, seed: number): Linear {
  const random = chance(seed * 6151 + 5);
  const width = Math.min(WIDTH, photo.width);
  const height = Math.min(HEIGHT, photo.height);
  const left = Math.floor(random.next() * (photo.width - width + 1));
  const top = Math.floor(random.next() * (photo.height - height + 1));
  const light = Float32Array.from({ length: 256 }, (_, code) => srgbDecode(code / 255));
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = ((top + y) * photo.width + left + x) * photo.channels;
      for (let c = 0; c < 3; c += 1)
        data[(y * width + x) * 3 + c] = light[photo.samples[from + (photo.colour ? c : 0)] as number] as number;
    }
  }
  return { width, height, data };
}
