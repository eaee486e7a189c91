/**
 * Every error code of the product: one sentence, one hint, an exit code. A code is never reused for another meaning.
 * docs/errors.md is generated from this table; test/tidy.test.ts proves that code, docs and tests name the same set.
 *
 * An expected failure is a value (`Problem`, `Failure`); `HotplateError` is for the few places that must unwind a stack
 * (start-up, commands); a broken invariant is `assert`, on in production.
 */
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
  interrupted: 130,
} as const;

interface ErrorEntry {
  readonly summary: string;
  readonly hint: string;
  readonly exit: number;
}

const entry = (summary: string, hint: string, exit: number): ErrorEntry => ({ summary, hint, exit });

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
  // Recipe
  "HP-RECIPE-UNKNOWN": entry("There is no such recipe.", "Use the nearest, or ask the TD.", EXIT.invalid),
  "HP-RECIPE-PARAMETER": entry("The recipe has no such parameter.", "Use the nearest right word.", EXIT.invalid),
  "HP-RECIPE-INVALID": entry("A recipe can't be used.", "Tell the TD; hotplate recipe check says more.", EXIT.invalid),
  "HP-RECIPE-UI-GRAPH": entry(
    "The graph is in ComfyUI's page format.",
    "In ComfyUI choose File > Export (API).",
    EXIT.invalid,
  ),
  "HP-RECIPE-CLASS": entry(
    "A graph node class is not allowed or not known.",
    "Add it to allowedClasses if it is safe.",
    EXIT.invalid,
  ),
  "HP-RECIPE-DENIED": entry(
    "A graph node class is refused on every node.",
    "Remove it; docs/safety.md says why and how to allow it.",
    EXIT.refused,
  ),
  "HP-RECIPE-PATH": entry(
    "A graph would read or write a path that was not placed for it.",
    "Bind it under plate or images; remove the path.",
    EXIT.invalid,
  ),
  "HP-MODEL-KIND": entry(
    "A model is of a kind that may run code when it is loaded, or is not what its name says.",
    "Use it as .safetensors; docs/safety.md.",
    EXIT.invalid,
  ),
  "HP-MODEL-PLACE": entry(
    "A model is not under the slot's model directories, or leads out of them.",
    "Correct the name, or slots[].models; docs/safety.md.",
    EXIT.invalid,
  ),
  "HP-MODEL-HASHING": entry("A model is hashed before its first use.", "Nothing to do: it goes on by itself.", EXIT.no),
  "HP-RECIPE-DRIFT": entry(
    "A slot is not as it was when the recipe was approved.",
    "hotplate recipe approve NAME@VERSION, or restore what changed.",
    EXIT.refused,
  ),
  "HP-RECIPE-MODEL": entry(
    "A model is missing on this node.",
    "Install the model, or choose the nearest.",
    EXIT.invalid,
  ),
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
  "HP-PATH-ROOT": entry("The path lies outside every configured root.", "Use a path inside a root.", EXIT.invalid),
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
  "HP-COMFY-SIMULATED": entry("Simulated results may not leave a demo root.", "Use a real ComfyUI.", EXIT.refused),
  "HP-TASK-TIMEOUT": entry("The task made no end in its time.", "See the slot's log; retry.", EXIT.timeout),
  "HP-TASK-POISON": entry("The task failed too often.", "See its attempts; fix; hotplate retry.", EXIT.no),
  // GPUs and people at the machine
  "HP-GPU-HOT": entry("The GPU is too hot for new work.", "Look at its fans; it goes on by itself.", EXIT.no),
  "HP-GPU-ERROR": entry("The GPU is in error.", "Reset it or reboot the node.", EXIT.no),
  "HP-GPU-LOST": entry("The GPU is gone: it fell off the bus.", "Reset it or reboot the node.", EXIT.no),
  "HP-GPU-HELD": entry("Another program holds the GPU.", "Nothing to do: it goes on when that ends.", EXIT.no),
  "HP-GPU-SILENT": entry("The driver does not say any more how the GPU is.", "Run nvidia-smi there.", EXIT.no),
  "HP-GPU-ABSENT": entry("The slot names a GPU that is not on this node.", "Correct slots[].gpu.", EXIT.invalid),
  "HP-GPU-ORDER": entry(
    "A slot computes on another GPU than its configuration names.",
    "Name the GPU by UUID, or start ComfyUI with CUDA_DEVICE_ORDER=PCI_BUS_ID.",
    EXIT.invalid,
  ),
  "HP-SLOT-SICK": entry(
    "A slot's last attempts all failed by the machine's fault.",
    "It tests itself; see its log when it stays so.",
    EXIT.no,
  ),
  "HP-NODE-SICK": entry(
    "The last attempts on all slots of the node failed by the machine's fault.",
    "Its slots test themselves; see disk, driver and shares.",
    EXIT.no,
  ),
  "HP-SLOT-PERSON": entry("A person uses the machine.", "Nothing to do: it goes on when they leave.", EXIT.no),
  // Slots
  "HP-SLOT-STARTING": entry(
    "A slot's ComfyUI is starting or warming up.",
    "Nothing to do: it takes work soon.",
    EXIT.no,
  ),
  "HP-SLOT-RESTARTING": entry("A slot's ComfyUI is being restarted.", "Nothing to do: it takes work soon.", EXIT.no),
  "HP-SLOT-RECYCLING": entry(
    "A slot restarts before its memory grows too far.",
    "Nothing to do: it takes work soon.",
    EXIT.no,
  ),
  "HP-SLOT-QUARANTINED": entry(
    "A slot is out of service after faults that a restart did not cure.",
    "Fix the cause named; hotplate slot restart NAME.",
    EXIT.refused,
  ),
  "HP-SLOT-START": entry("A slot's ComfyUI can't be started.", "Fix what is named; see the slot's log.", EXIT.no),
  "HP-SLOT-PORT": entry(
    "Another process uses a slot's port.",
    "End that process, or give the slot another spawn.port.",
    EXIT.no,
  ),
  "HP-SLOT-CRASHED": entry("A slot's ComfyUI ended by itself.", "See the slot's log; it is started again.", EXIT.no),
  "HP-SLOT-STUCK": entry("A slot's ComfyUI runs nothing any more.", "Nothing to do: it is restarted.", EXIT.no),
  "HP-SLOT-MEMORY": entry(
    "A slot's ComfyUI used more memory than it may.",
    "Nothing to do: it is restarted; or raise spawn.memoryMax.",
    EXIT.no,
  ),
  "HP-SLOT-POISONED": entry("The GPU state of a slot's ComfyUI is broken.", "Nothing to do: it is restarted.", EXIT.no),
  // Disk, publishing
  "HP-DISK-FULL": entry("The disk is full.", "Make room; work goes on by itself.", EXIT.no),
  "HP-DISK-IO": entry("The disk or share failed.", "Check the mount; work goes on by itself.", EXIT.no),
  "HP-PUBLISH-CONFLICT": entry("Somebody else made that version.", "Nothing to do: the next number is used.", EXIT.no),
  "HP-PUBLISH-BURNT": entry("No task of the version ended well.", "See the tasks; hotplate retry.", EXIT.no),
  "HP-VERIFY-CHANGED": entry("A version is not as it was committed.", "Restore it from a backup.", EXIT.no),
  // Start-up, command line, API
  "HP-CONFIG-MISSING": entry("There is no configuration.", "hotplate init writes one; or --config FILE.", EXIT.invalid),
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
  "HP-PLUGIN": entry("A plugin can't be used.", "See its file and the message.", EXIT.invalid),
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
