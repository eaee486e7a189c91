/** What is simulated: a studio with two roots, plates, hot folders, two slots, and an artist's day. */
import { seedOfTry } from "../../daemon/domain/seedRetry.ts";
import type { Config } from "../../daemon/domain/config.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import type { Moods } from "./comfy.ts";
import type { SimDisk } from "./disk.ts";
import type { SimImage } from "./simImage.ts";
import { encodeImage } from "./simImage.ts";
import type { Act } from "./people.ts";

export const FARM = "/farm";
export const FAR = "/far";
export const HOT = "/farm/hot";
export const FAR_HOT = "/far/hot";
export const SHOT = "/farm/shots/SH010";
export const PLATES = "/farm/shots/SH010/plates/SH010_PL01_v001";
export const FAR_PLATES = "/far/shots/SH900/plates/SH900_PL01_v001";
export const STATE = "/state";

export interface Scenario {
  readonly name: string;
  readonly acts: readonly Act[];
  /** The far root: not there; there; hanging until the given ms. */
  readonly far: "absent" | "well" | { readonly hangsUntil: number };
  /** Jobs that must exist in the end. */
  readonly jobs: number;
  /** Frames of the plates; 1001 and 1002 where none are named. */
  readonly frames?: readonly number[];
  /** What ComfyUI does wrong all the time; then tasks may fail for good. */
  readonly moods?: Partial<Moods>;
  /** A person lets these checks' findings stand, whatever is held because of them. */
  readonly waives?: readonly string[];
  /** Pictures that come out black: of this seed, and of this frame of the plate. */
  readonly black?: readonly { readonly seed: number; readonly frame: number }[];
  /** Seeds whose pictures are well one by one, and flicker as a sequence. */
  readonly unsteady?: readonly number[];
}

export function manifestOf(
  more: readonly string[] = [],
  plate = `../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png`,
): string {
  return [
    "use: tiny",
    `plate: "${plate}"`,
    ...more,
    "sweep:",
    "  axes:",
    "    mix: [0.25, 0.75]",
    "  frames: 1001-1002",
    "",
  ].join("\n");
}

const RELIGHT = manifestOf();

/** One manifest of 2 wedges x 2 frames. */
export const ONE: Scenario = {
  name: "one",
  far: "absent",
  jobs: 1,
  acts: [{ at: 1_500, folder: HOT, name: "relight.yaml", text: RELIGHT, how: "rename", end: "published" }],
};

/** The smallest that has everything: one picture. */
export const STILL: Scenario = {
  name: "still",
  far: "absent",
  jobs: 1,
  acts: [
    {
      at: 1_500,
      folder: HOT,
      name: "still.yaml",
      text: 'use: tiny\nplate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"\n',
      how: "rename",
      end: "published",
    },
  ],
};

/** Three frames in two chunks, the middle one blended of both. */
export const TOGETHER: Scenario = {
  name: "together",
  far: "absent",
  jobs: 1,
  frames: [1001, 1002, 1003],
  acts: [
    {
      at: 1_500,
      folder: HOT,
      name: "together.yaml",
      text: 'use: tiny_together\nplate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"\n',
      how: "rename",
      end: "published",
    },
  ],
};

/** The same, and some of the files are torn: QC refuses their chunks, and the other chunk gives the shared frame alone. */
export const TORN: Scenario = { ...TOGETHER, name: "torn", moods: { truncated: 0.3 } };

/** ComfyUI refuses the only task: the version burns. */
export const REFUSED: Scenario = { ...STILL, name: "refused", moods: { refuse: 1 } };

function bySeed(name: string, more: readonly string[]): Pick<Scenario, "name" | "far" | "jobs" | "acts"> {
  const text = [
    "use: tiny",
    'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"',
    "sweep: {axes: {seed: {count: 2, from: 1000}}, frames: 1001-1002}",
    ...more,
    "",
  ].join("\n");
  return {
    name,
    far: "absent",
    jobs: 1,
    acts: [{ at: 1_500, folder: HOT, name: `${name}.yaml`, text, how: "rename", end: "published" }],
  };
}

/** Two wedges by seed, of two frames; the first flickers, so that it is refused as a whole and the other published. */
export const UNSTEADY_ONE: Scenario = { ...bySeed("unsteady", []), unsteady: [1000], moods: {} };

/** The same, and it is made again with another seed. */
export const STEADIED: Scenario = {
  ...bySeed("steadied", ["qc: {onFail: {retry: {seeds: 2}}}"]),
  unsteady: [1000],
};

/**
 * Two wedges by seed, of two frames. The first comes out black in its second frame, with its next seed in its first, and well
 * with the one after that: it is made three times, as a whole.
 */
export const RESEEDED: Scenario = {
  name: "reseeded",
  far: "absent",
  jobs: 1,
  black: [
    { seed: 1000, frame: 1002 },
    { seed: Number(seedOfTry("1000", 1)), frame: 1001 },
  ],
  acts: [
    {
      at: 1_500,
      folder: HOT,
      name: "reseeded.yaml",
      text: [
        "use: tiny",
        'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"',
        "sweep: {axes: {seed: {count: 2, from: 1000}}, frames: 1001-1002}",
        "qc: {onFail: {retry: {seeds: 3}}}",
        "",
      ].join("\n"),
      how: "rename",
      end: "published",
    },
  ],
};

/** One picture that is black with every seed that may be tried: refused, the number burns, and all three are kept. */
export const BLACK_FOR_GOOD: Scenario = {
  ...STILL,
  name: "black for good",
  moods: {},
  black: [0, 1, 2].map((n) => ({ seed: Number(seedOfTry("1000", n)), frame: 1001 })),
  acts: STILL.acts.map((act) => ({ ...act, text: `${act.text}qc: {onFail: {retry: {seeds: 2}}}\n` })),
};

/** One black picture that is held; a person waives what QC found, and it is published. */
export const HELD: Scenario = {
  ...STILL,
  name: "held",
  black: [{ seed: 1000, frame: 1001 }],
  waives: ["image.not_black"],
  acts: STILL.acts.map((act) => ({ ...act, text: `${act.text}qc: {gate: hold}\n` })),
};

/** Half of the files are torn: QC refuses them, the version has the others. */
export const SORTED: Scenario = { ...ONE, name: "sorted", moods: { truncated: 0.5 } };

/** The same as ONE beside everything that people do wrong. */
export const DAY: Scenario = {
  name: "day",
  far: { hangsUntil: 45_000 },
  jobs: 4,
  acts: [
    {
      at: 900,
      folder: FAR_HOT,
      name: "far.yaml",
      text: manifestOf([], "../shots/SH900/plates/SH900_PL01_v001/SH900_PL01_v001.####.png"),
      how: "at once",
      end: "waits",
    },
    { at: 1_500, folder: HOT, name: "relight.yaml", text: RELIGHT, how: "rename", end: "published" },
    {
      at: 1_700,
      folder: HOT,
      name: "broken.yaml",
      text: "use: tiny\nplat: nothing.png\nsweep: {axes: {mixx: [1]}}\n",
      how: "at once",
      end: "rejected",
    },
    { at: 2_100, folder: HOT, name: "holiday.jpg", text: "not a manifest", how: "at once", end: "rejected" },
    { at: 3_000, folder: HOT, name: "again.yaml", text: RELIGHT, how: "in pieces", end: "duplicate" },
    {
      at: 3_500,
      folder: HOT,
      name: "still.yaml",
      text: 'use: tiny\nplate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"\nproduct: other\n',
      how: "in pieces",
      end: "published",
    },
    {
      at: 4_000,
      folder: HOT,
      name: "second.yaml",
      text: manifestOf(["priority: 80", "parameters: {seed: 77}"]),
      how: "at once",
      end: "published",
    },
    {
      at: 4_200,
      folder: HOT,
      name: "oops.yaml",
      text: manifestOf(["parameters: {seed: 78}"]).repeat(1),
      how: "pieces then deleted",
      end: "gone",
    },
    { at: 9_000, folder: HOT, name: "relight.yaml", text: RELIGHT, how: "at once", end: "duplicate" },
  ],
};

export function configOf(scenario: Scenario): Config {
  const far = scenario.far !== "absent";
  return configSchema.parse({
    hotplate: 1,
    stateDir: STATE,
    roots: [{ name: "farm", linux: FARM }, ...(far ? [{ name: "far", linux: FAR }] : [])],
    hotFolders: [{ path: HOT, show: "AGM" }, ...(far ? [{ path: FAR_HOT, show: "FAR" }] : [])],
    slots: [0, 1].map((n) => ({ name: `gpu${n}`, url: `http://127.0.0.1:${8188 + n}`, demo: true })),
  });
}

export function plateOf(frame: number, of = "SH010"): SimImage {
  return { width: 96, height: 54, body: `plate ${of} ${frame}` };
}

export function furnish(disk: SimDisk, scenario: Scenario): void {
  disk.addVolume(STATE);
  disk.addVolume("/slots");
  disk.addVolume(FARM);
  disk.mkdirs(HOT);
  disk.mkdirs(PLATES);
  put(disk, `${FARM}/.hotplate-demo.json`, "{}\n");
  for (const frame of scenario.frames ?? [1001, 1002])
    put(disk, `${PLATES}/SH010_PL01_v001.${frame}.png`, encodeImage(plateOf(frame)));
  if (scenario.far === "absent") return;
  // Another root, without a demo's mark: nothing simulated may ever land there.
  disk.addVolume(FAR, "nfs");
  disk.mkdirs(FAR_HOT);
  disk.mkdirs(FAR_PLATES);
  for (const frame of [1001, 1002])
    put(disk, `${FAR_PLATES}/SH900_PL01_v001.${frame}.png`, encodeImage(plateOf(frame, "SH900")));
}

function put(disk: SimDisk, path: string, text: string): void {
  disk.create(path, text);
  disk.makeDurable(path);
}
