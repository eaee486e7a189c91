/**
 * Every error code of the product: one sentence, one hint, an exit code. A code is never reused for another meaning.
 * docs/errors.md is generated from this table; test/tidy.test.ts proves that code, docs and tests name the same set.
 *
 * An expected failure is a value (`Problem`, `Failure`); `HotplateError` is for the few places that must unwind a stack
 * (start-up, commands); a broken invariant is `assert`, on in production.
 */
import { PLUGIN_ERRORS } from "./errorsOfPlugins.ts";
import { RECIPE_ERRORS } from "./errorsOfRecipes.ts";
import { SLOT_ERRORS } from "./errorsOfSlots.ts";
import { VERSION_ERRORS } from "./errorsOfVersions.ts";

export const EXIT = {
  done: 0,
  no: 1,
  usage: 2,
  invalid: 3,
  doctor: 4,
  noDaemon: 5,
  notFound: 6,
  refused: 7,
  timeout: 8,
  uncheckable: 9,
  warned: 10,
  interrupted: 130,
} as const;

interface ErrorEntry {
  readonly summary: string;
  readonly hint: string;
  readonly exit: number;
}

const entry = (summary: string, hint: string, exit: number): ErrorEntry => ({ summary, hint, exit });

function entries<K extends string>(
  rows: Readonly<Record<K, readonly [summary: string, hint: string, exit: keyof typeof EXIT]>>,
): Readonly<Record<K, ErrorEntry>> {
  const out = Object.entries<readonly [string, string, keyof typeof EXIT]>(rows);
  return Object.fromEntries(
    out.map(([code, [summary, hint, exit]]) => [code, entry(summary, hint, EXIT[exit])]),
  ) as Record<K, ErrorEntry>;
}

export const ERRORS = {
  // Manifest
  "HP-MANIFEST-YAML": entry(
    "The manifest is not valid YAML or JSON.",
    "Fix the place named and save again.",
    EXIT.invalid,
  ),
  "HP-MANIFEST-TAB": entry("A tab stands where YAML allows only spaces.", "Replace the tab with spaces.", EXIT.invalid),
  "HP-MANIFEST-QUOTES": entry("Typographic quotes are letters to YAML.", "Type plain quotes.", EXIT.invalid),
  "HP-MANIFEST-COMMENT": entry("A value was cut at ' #'.", "Put the value in quotes.", EXIT.invalid),
  "HP-MANIFEST-EMPTY-VALUE": entry("A value was read as empty.", "Put the value in quotes.", EXIT.invalid),
  "HP-MANIFEST-DUPLICATE-KEY": entry("A field stands twice.", "Keep one of them.", EXIT.invalid),
  "HP-MANIFEST-DEPTH": entry("The manifest nests too deeply.", "Close the brackets.", EXIT.invalid),
  "HP-MANIFEST-ENCODING": entry("The file is not UTF-8 text.", "Save it as UTF-8.", EXIT.invalid),
  "HP-MANIFEST-SIZE": entry(
    "The manifest is larger than a manifest can be.",
    "Drop a manifest, not media.",
    EXIT.invalid,
  ),
  "HP-MANIFEST-FIELD": entry("A field is not known.", "Use the nearest right word.", EXIT.invalid),
  "HP-MANIFEST-TYPE": entry("A value is of the wrong kind.", "Write the kind expected.", EXIT.invalid),
  "HP-MANIFEST-RANGE": entry("A value is outside its range.", "Choose a value inside the range.", EXIT.invalid),
  "HP-MANIFEST-REQUIRED": entry("A required field is missing.", "Add the field.", EXIT.invalid),
  "HP-MANIFEST-NUMBER-AS-TEXT": entry("Text was read as a number.", "Put the value in quotes.", EXIT.invalid),
  "HP-MANIFEST-FRAMES": entry("A frame range can't be read.", "Write 1001-1100, 1001-1100:2 or a list.", EXIT.invalid),
  "HP-MANIFEST-SWEEP": entry("The sweep can't be expanded.", "Fix the axis or the combination named.", EXIT.invalid),
  "HP-MANIFEST-LIMIT": entry(
    "The sweep is larger than its limit.",
    "Fewer values, or raise sweep.limit.",
    EXIT.invalid,
  ),
  "HP-MANIFEST-NOT-YET": entry(
    "This version of Hotplate can't do that yet.",
    "Remove the field for now.",
    EXIT.invalid,
  ),
  "HP-MANIFEST-SUBSTITUTION": entry("A {name} in a text names no axis.", "Name an axis of the sweep.", EXIT.invalid),
  // Recipes and models
  ...entries(RECIPE_ERRORS),
  "HP-OUTPUT-FORMAT": entry("Results can't be written as that.", "Choose a format of docs/formats.md.", EXIT.invalid),
  // Plates and paths
  "HP-PLATE-MISSING": entry("The plate matches nothing on disk.", "Check the name and the number of #.", EXIT.invalid),
  "HP-PLATE-FRAMES": entry("The plate has gaps.", "Fix it, or name the frames that exist.", EXIT.invalid),
  "HP-PLATE-PADDING": entry("The number of # differs from the files.", "Use the padding of the files.", EXIT.invalid),
  "HP-PLATE-PATTERN": entry(
    "The plate's frames can't be read from its name.",
    "Write x.####.exr, x.1001-1058####.exr or x.%04d.exr.",
    EXIT.invalid,
  ),
  "HP-PLATE-TOO-MANY": entry(
    "The plate means more frames than one plate can have.",
    "Name fewer frames.",
    EXIT.invalid,
  ),
  "HP-PLATE-AMBIGUOUS": entry(
    "Two names on disk look the same to a person.",
    "Rename or remove one of them.",
    EXIT.invalid,
  ),
  "HP-PLATE-VERSION": entry(
    "Folder and file name different versions.",
    "Fix the path; nothing was rendered.",
    EXIT.invalid,
  ),
  "HP-PLATE-KIND": entry(
    "The plate is of a kind that can't be read yet.",
    "Convert it to PNG, TIFF, JPEG or ZIP EXR.",
    EXIT.invalid,
  ),
  "HP-IMAGE-SIZE": entry(
    "A picture is larger than what is read.",
    "Use a smaller frame, or cut it into pieces.",
    EXIT.invalid,
  ),
  "HP-PLATE-DECODER": entry(
    "The plate's kind takes a tool that is not installed on this node.",
    "Install it (Debian: openimageio-tools; for some kinds ffmpeg), or convert the plate to ZIP EXR.",
    EXIT.uncheckable,
  ),
  "HP-PLATE-BROKEN": entry("A plate file is damaged.", "Copy it again from its source.", EXIT.invalid),
  "HP-PLATE-GROWING": entry(
    "A plate is still being copied.",
    "Nothing to do: it starts when the copy ends.",
    EXIT.invalid,
  ),
  "HP-PLATE-CHANGED": entry("A plate changed after the job was accepted.", "Drop the manifest again.", EXIT.no),
  "HP-COLOR-SPACE": entry("A colour space is not known.", "Use the nearest right word.", EXIT.invalid),
  "HP-COLOR-CONFIG": entry("An OCIO config can't be used.", "Correct colour.ocio or $OCIO.", EXIT.invalid),
  "HP-COLOR-TOOL": entry(
    "A colour space needs OpenImageIO's oiiotool.",
    "Install it (Debian: openimageio-tools).",
    EXIT.invalid,
  ),
  "HP-COLOR-HOW": entry("A result can't come back like that.", "Take color.how out.", EXIT.invalid),
  "HP-PLATE-GONE": entry(
    "A plate was removed after the job was accepted.",
    "Put it back, then hotplate retry ID; or drop the manifest again.",
    EXIT.no,
  ),
  "HP-PATH-ROOT": entry("The path lies outside every configured root.", "Use a path inside a root.", EXIT.invalid),
  "HP-PATH-TEMPLATE": entry(
    "No template of the show fits the plate's path.",
    "hotplate path explain FILE says why.",
    EXIT.no,
  ),
  "HP-PATH-AMBIGUOUS": entry("A plate's path can be read in two ways.", "Add shot:, or ask the TD.", EXIT.invalid),
  "HP-PATH-TOKEN": entry(
    "A part of the results' path is not known.",
    "Say it in the manifest; docs/paths.md.",
    EXIT.invalid,
  ),
  "HP-PATH-DESTINATION": entry("The show's layout has no such place.", "Choose another output.to.", EXIT.invalid),
  "HP-PATH-UNAPPROVED": entry(
    "Nothing is published before a person approved it.",
    "Use output: {to: work}.",
    EXIT.refused,
  ),
  "HP-PATH-PRODUCT": entry("Another product has these versions' name.", "Use its name, or another task.", EXIT.invalid),
  "HP-PATH-PLATES": entry("Output would land in a plate folder.", "Choose another output.to.", EXIT.invalid),
  "HP-PATH-WINDOWS": entry("A Windows path has no mapping here.", "Use a path relative to the manifest.", EXIT.invalid),
  "HP-PATH-BROKEN": entry("The path leads nowhere.", "Mend the link, or write a shorter path.", EXIT.invalid),
  "HP-PATH-PERMISSION": entry("Hotplate may not write there.", "Ask IT for write access.", EXIT.refused),
  // Intake
  "HP-INTAKE-NOT-A-MANIFEST": entry(
    "The file is not a manifest.",
    "Drop a .yaml, .yml or .json manifest.",
    EXIT.invalid,
  ),
  "HP-INTAKE-NAME": entry("The file's name can't be used.", "Rename it with letters, digits, . _ and -.", EXIT.invalid),
  "HP-INTAKE-DUPLICATE": entry("The same work was dropped before.", "See that job, or add rerun: true.", EXIT.refused),
  "HP-INTAKE-OWNER": entry(
    "Another Hotplate owns this hot folder.",
    "Use that one, or take the folder over.",
    EXIT.refused,
  ),
  "HP-INTAKE-FOLDER": entry("A hot folder can't be read.", "Check the mount and the rights.", EXIT.refused),
  // Execution
  "HP-COMFY-UNREACHABLE": entry("ComfyUI does not answer.", "Start it, or check the slot's url.", EXIT.no),
  "HP-COMFY-VERSION": entry("ComfyUI is older than 0.19.", "Update ComfyUI.", EXIT.invalid),
  "HP-COMFY-REFUSED": entry("ComfyUI refused the graph.", "Fix the graph node named.", EXIT.no),
  "HP-COMFY-FAILED": entry("A graph node failed.", "See the graph node and its message.", EXIT.no),
  "HP-COMFY-MEMORY": entry("The GPU ran out of memory.", "Smaller frames, or a larger GPU.", EXIT.no),
  "HP-COMFY-LOST": entry("ComfyUI forgot the prompt.", "Nothing to do: it is sent again.", EXIT.no),
  "HP-COMFY-OUTPUT": entry("The result named by ComfyUI is not there or not whole.", "See the slot's log.", EXIT.no),
  "HP-COMFY-FRAMES": entry("Another number of frames came back than was fed.", "Fix the recipe's graph.", EXIT.no),
  "HP-FFMPEG": entry(
    "ffmpeg is not there or failed.",
    "Install ffmpeg; a recipe that feeds a batch needs none.",
    EXIT.no,
  ),
  "HP-COMFY-SIMULATED": entry("Simulated results may not leave a demo root.", "Use a real ComfyUI.", EXIT.refused),
  "HP-TASK-TIMEOUT": entry("The task made no end in its time.", "See the slot's log; retry.", EXIT.timeout),
  "HP-TASK-POISON": entry("The task failed too often.", "See its attempts; fix; hotplate retry.", EXIT.no),
  // GPUs, people at the machine, slots
  ...entries(SLOT_ERRORS),
  // Disk, publishing
  "HP-DISK-FULL": entry("The disk is full.", "Make room; work goes on by itself.", EXIT.no),
  "HP-DISK-IO": entry("The disk or share failed.", "Check the mount; work goes on by itself.", EXIT.no),
  "HP-PUBLISH-CONFLICT": entry("Somebody else made that version.", "Nothing to do: the next number is used.", EXIT.no),
  "HP-PUBLISH-BURNT": entry("No task of the version ended well.", "See the tasks; hotplate retry.", EXIT.no),
  "HP-VERIFY-CHANGED": entry("A version is not as it was committed.", "Restore it from a backup.", EXIT.no),
  "HP-VERSION-PAPERS": entry(
    "A folder is no version whose record can be read.",
    "Name a version's folder, such as .../env_relight/v003; hotplate verify says more.",
    EXIT.notFound,
  ),
  "HP-RERUN-REFUSED": entry(
    "The version can't be made again.",
    "See what is missing; docs/provenance.md.",
    EXIT.refused,
  ),
  "HP-RERUN-MODELS": entry(
    "Models that made the version are not here, or are not known by hash.",
    "Install those named, or say --allow-drift.",
    EXIT.refused,
  ),
  "HP-RERUN-DRIFT": entry(
    "No slot is what the version was made on.",
    "Restore what differs, or say --allow-drift.",
    EXIT.refused,
  ),
  // Versions: references, decisions, retention
  ...entries(VERSION_ERRORS),
  // Start-up, command line, API
  "HP-CONFIG-MISSING": entry("There is no configuration.", "hotplate init writes one; or --config FILE.", EXIT.invalid),
  "HP-CONFIG-LAYOUT": entry("A path layout can't be used.", "Fix the template named; docs/paths.md.", EXIT.invalid),
  "HP-CONFIG-INVALID": entry("The configuration can't be used.", "Fix the place named.", EXIT.invalid),
  "HP-STATE-LOCKED": entry("Another Hotplate uses this state directory.", "Stop it first.", EXIT.refused),
  "HP-STATE-NEWER": entry(
    "A newer Hotplate wrote the state database.",
    "Install that version again, or restore the backup.",
    EXIT.refused,
  ),
  "HP-STATE-NETWORK": entry("The state directory is on a network share.", "Use a local disk.", EXIT.invalid),
  "HP-NODE-VERSION": entry("Node is too old.", "Run npm ci, or install Node 24.15 or newer.", EXIT.usage),
  "HP-USAGE": entry("The command can't be called like that.", "hotplate --help", EXIT.usage),
  "HP-ID-AMBIGUOUS": entry("An id's beginning fits several.", "Write more of it.", EXIT.usage),
  "HP-DAEMON-ABSENT": entry("No Hotplate daemon runs.", "hotplate run --config FILE", EXIT.noDaemon),
  "HP-NOT-FOUND": entry("There is nothing of that name.", "hotplate ls", EXIT.notFound),
  "HP-STATE-REFUSED": entry("That can't be done in this state.", "hotplate show ID", EXIT.refused),
  "HP-HTTP-HOST": entry("The Host header is not allowed.", "Add it to api.allowedHosts.", EXIT.refused),
  "HP-HTTP-ORIGIN": entry("The request comes from another site.", "Call the API directly.", EXIT.refused),
  "HP-HTTP-BODY": entry("The request body is not as documented.", "See /v1/openapi.json.", EXIT.usage),
  "HP-HTTP-KEY": entry(
    "An Idempotency-Key was used for another request before.",
    "Take a new key for a new request.",
    EXIT.usage,
  ),
  "HP-HTTP-BUSY": entry("The API serves as many streams as it can.", "Close one, or ask again later.", EXIT.refused),
  "HP-HTTP-TIMEOUT": entry("The daemon gave no answer in time.", "See its log; hotplate doctor.", EXIT.timeout),
  "HP-DEMO-ROOT": entry("The demo folder is not empty and not ours.", "Choose another --root.", EXIT.refused),
  "HP-IMAGE-WORKER": entry(
    "An image worker ended or hung before its work was done.",
    "It is looked at again by itself; see the log.",
    EXIT.uncheckable,
  ),
  ...entries(PLUGIN_ERRORS),
  "HP-INTERNAL": entry("Hotplate broke one of its own rules.", "Report it with the log.", EXIT.no),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing wrong (or worth saying) at one place, in words that an artist understands. */
export interface Problem {
  readonly code: ErrorCode;
  readonly severity: "error" | "warning";
  /** File as the reader knows it; null when the problem is not about a file. */
  readonly file: string | null;
  /** 1-based; null when the problem has no place. */
  readonly line: number | null;
  readonly col: number | null;
  /** The whole sentence, without place and code. */
  readonly message: string;
  readonly found: string | null;
  readonly expected: string | null;
  readonly nearest: string | null;
  /** One action. */
  readonly action: string;
}

export class HotplateError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: number;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; hint?: string; problems?: readonly Problem[] } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "HotplateError";
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
    this.exit = ERRORS[code].exit;
    this.problems = options.problems ?? [];
  }
}

/** Where docs/errors.md speaks of a code: the heading of its group. */
export function errorAnchor(code: ErrorCode): string {
  return `hp-${(code.split("-")[1] ?? "").toLowerCase()}`;
}

/** A broken rule of our own: the caller is wrong, not the world. On in production. */
export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new HotplateError("HP-INTERNAL", rule);
}

export function unreachable(value: never): never {
  throw new HotplateError("HP-INTERNAL", `unexpected value ${JSON.stringify(value)}`);
}

/** The `code` of a failed system call (`ENOENT`), or null when the error is not one. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** Of anything that was thrown: what a plugin throws may throw in its turn when it is asked for words. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "something that can't be put into words";
  }
}
