/**
 * Pictures that somebody names on the command line, as the sequences and stills that they are, and the frames that each
 * sequence should have. Names only; what lies on disk is found by daemon/findPictures.ts.
 */
import { marksFor } from "./sequence.ts";
import { sequencesIn } from "./sequenceListing.ts";

export interface NamedPicture {
  /** null: a still. */
  readonly frame: number | null;
  readonly path: string;
}
export interface PictureGroup {
  /** `x.####.exr`, or a still's own name. */
  readonly name: string;
  readonly dir: string;
  /** Ascending. */
  readonly frames: readonly NamedPicture[];
  /** Ascending; those of `frames` and those that should be there too. */
  readonly wanted: readonly (number | null)[];
  /** The frames stand one beside the other, so that one can be compared with the next. */
  readonly isSequence: boolean;
  /** Somebody wrote a pattern, as `p.####.exr`: its pictures are frames, also a single one. */
  readonly byPattern?: true;
}

const PICTURES: ReadonlySet<string> = new Set(["exr", "dpx", "png", "tif", "tiff", "jpg", "jpeg", "webp"]);

export function isPictureName(name: string): boolean {
  return !name.startsWith(".") && PICTURES.has(/\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "");
}

/** Pictures and movies that nothing here reads: in a folder of results each of them is an error, never left out. */
const UNREAD: ReadonlySet<string> = new Set(
  "psd psb jp2 j2k j2c jpx jpf jxl jxr heic heif avif tga targa bmp dib gif hdr rgbe pic pct pict sgi rgb rgba bw cin cineon iff lbm ppm pgm pbm pnm pfm pam ras sun pcx xpm fits fit tx rla rpf sxr mxr xcf kra ora raw dng cr2 cr3 nef arw raf orf rw2 ari r3d braw mov mp4 m4v mxf mkv avi webm mpg mpeg".split(
    " ",
  ),
);

export function isUnreadKind(name: string): boolean {
  return !name.startsWith(".") && UNREAD.has(/\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "");
}

/** What lies in a folder that was named and is not looked at. */
export interface LeftOut {
  /** `a link to a folder`: why one of them is. */
  readonly because: string;
  readonly count: number;
  /** The first of them, below the folder. */
  readonly first: readonly string[];
}

/** `3 (no picture by its name): a.txt, b.json and 1 more` */
export function leftOutWords({ because, count, first }: LeftOut): string {
  const more = count - first.length;
  return `${count} (${because}): ${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** `names` of one folder. Pictures that only happen to be numbered (1001, 1030, 1058) are stills of one group each. */
export function groupsIn(dir: string, names: readonly string[]): readonly PictureGroup[] {
  return sequencesIn(names).flatMap((listed): readonly PictureGroup[] => {
    const at = (name: string): string => (dir.endsWith("/") ? `${dir}${name}` : `${dir}/${name}`);
    const stills = (of: readonly { readonly frame: number | null; readonly name: string }[]) =>
      of.map(({ frame, name }) => ({
        name,
        dir,
        frames: [{ frame, path: at(name) }],
        wanted: [frame],
        isSequence: false,
      }));
    if (listed.width === 0) return stills(listed.names.map((name) => ({ frame: null, name })));
    const frames = listed.frames.map(({ frame }) => frame);
    const wanted = wantedFrames(frames);
    if (wanted === null) return stills(listed.frames);
    const name = `${listed.base}${marksFor(listed.width, "artist")}${listed.ext}`;
    const pictures = listed.frames.map((each) => ({ frame: each.frame, path: at(each.name) }));
    return [{ name, dir, frames: pictures, wanted, isSequence: true }];
  });
}

/**
 * Numbers that only tell variations apart make no sequence: one group alone is as many as it has pictures, and so is one beside a
 * picture that stands alone, as of w001.png to w200.png with a base.png. Several sequences are a variation each.
 */
export function variations(groups: readonly PictureGroup[]): readonly PictureGroup[] {
  const alone = groups.filter(({ frames }) => frames.length <= 1).length;
  const areEach = groups.length > 1 && (alone === 0 || alone === groups.length);
  return areEach ? groups : asStills(groups);
}

export function asStills(groups: readonly PictureGroup[]): readonly PictureGroup[] {
  return groups.flatMap(({ dir, frames }) =>
    frames.map(({ frame, path }) => ({
      name: path.slice(path.lastIndexOf("/") + 1),
      dir,
      frames: [{ frame, path }],
      wanted: [frame],
      isSequence: false,
    })),
  );
}

/** On twos, on fours; farther apart nobody means one moving picture. */
const STEP_MAX = 10;

/**
 * The frames that a sequence should have, told by those that it has: from the first to the last by the smallest distance of two
 * neighbours, so that one on twos is complete and a hole is one. Null: fewer than half of them are there, so nothing says that
 * these are one sequence at all.
 */
export function wantedFrames(frames: readonly number[]): readonly number[] | null {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const step = frames.slice(1).reduce((least, frame, i) => Math.min(least, frame - (frames[i] ?? frame)), Infinity);
  const count = Math.floor((last - first) / step) + 1;
  if (step > STEP_MAX || frames.length * 2 < count || !frames.every((frame) => (frame - first) % step === 0))
    return null;
  return Array.from({ length: count }, (_, i) => first + i * step);
}

/** The pictures of another kind, plates or masks, and how they are found for a picture. */
export type Partners =
  | { readonly kind: "none" }
  /** It goes with every picture. */
  | { readonly kind: "one"; readonly path: string }
  | { readonly kind: "frames"; readonly pictures: readonly NamedPicture[] }
  /** Name without its extension -> path. */
  | { readonly kind: "names"; readonly byName: ReadonlyMap<string, string> };

/** Null: none goes with it. Another frame's plate would say that everything changed. */
export function partnerOf({ frame, path }: NamedPicture, among: Partners): string | null {
  switch (among.kind) {
    case "none":
      return null;
    case "one":
      return among.path;
    case "frames":
      return among.pictures.find((each) => each.frame === frame)?.path ?? null;
    case "names":
      return among.byName.get(stemOf(path)) ?? null;
  }
}

export type PartnersFound =
  | { readonly ok: true; readonly partners: Partners }
  /** Names of which two pictures are called so, at most three. */
  | { readonly ok: false; readonly twice: readonly string[] };

/** Of a sequence by frame number, of a folder of many pictures by name. */
export function partnersIn(groups: readonly PictureGroup[]): PartnersFound {
  const pictures = groups.flatMap(({ frames }) => frames);
  const [only] = groups;
  if (groups.length === 1 && only !== undefined && (only.isSequence || only.frames.length > 1 || only.byPattern))
    return { ok: true, partners: { kind: "frames", pictures } };
  const byName = new Map<string, string>();
  const twice = new Set<string>();
  for (const { path } of pictures) {
    const name = stemOf(path);
    if (byName.has(name)) twice.add(name);
    byName.set(name, path);
  }
  if (twice.size > 0) return { ok: false, twice: [...twice].slice(0, 3) };
  return { ok: true, partners: { kind: "names", byName } };
}

function stemOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]+$/, "");
}
