/**
 * The outside world on one screen. Stages, HTTP and domain see only these interfaces; `main.ts` gives them adapters, the
 * simulated world gives them misbehaving ones. Every method but `now()` and id making is asynchronous, may fail, and may
 * never come back: nobody awaits one inside a tick (see `work.ts`).
 */
import type { Embed } from "./domain/assetPointer.ts";
import type { BlendRequest } from "./domain/chunks.ts";
import type { Catalogue, NodeClass } from "./domain/catalogue.ts";
import type { ComfyError } from "./domain/classify.ts";
import type { ColorConfigReading } from "./domain/colorConfig.ts";
import type { ColorHints } from "./domain/colorHints.ts";
import type { ColorPlan } from "./domain/colorPlan.ts";
import type { RoundTrip } from "./domain/colorRecord.ts";
import type { SaidTexts } from "./domain/comfyMetadata.ts";
import type { Config, SlotConfig, SpawnConfig } from "./domain/config.ts";
import type { Shown } from "./domain/colorWay.ts";
import type { EventFields, EventName } from "./domain/events.ts";
import type { GpuReading } from "./domain/gpu.ts";
import type { ExitWords } from "./domain/exitWords.ts";
import type { Fence, PromptId } from "./domain/ids.ts";
import type { FrameRate } from "./domain/movie.ts";
import type { Crop } from "./domain/crop.ts";
import type { OutputFormat } from "./domain/outputFormat.ts";
import type { Likeness } from "./domain/likeness.ts";
import type { PathBook } from "./domain/pathBook.ts";
import type { CheckBook, Inspection } from "./domain/qc.ts";
import type { InspectRequest, SequenceRequest, SetRequest } from "./domain/qcRequest.ts";
import type { Graph, RecipeBook } from "./domain/recipe.ts";
import type { SheetRequest } from "./domain/sheetTile.ts";
import type { Store } from "./storePort.ts";

export type { Catalogue, ComfyError, InspectRequest, NodeClass, SequenceRequest, SetRequest };

export interface World {
  readonly config: Config;
  /** Where plates lie and results go, by show; read once at the start. */
  readonly layouts: PathBook;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly files: Files;
  readonly store: Store;
  readonly comfy: Comfy;
  readonly slotProcesses: SlotProcesses;
  readonly images: Images;
  readonly gpus: Gpus;
  readonly exec: Exec;
  readonly hints: Hints;
  readonly recipes: Recipes;
  readonly colours: Colours;
  readonly log: Log;
}

export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `until` resolves first. */
  sleep(ms: number, until?: Promise<void>): Promise<void>;
}

export interface Ids {
  uuid(): string;
  /** Prefixed, sortable by age: `job_01J...`. */
  sortable(prefix: string): string;
  /** 0 <= x < 1: jitter only. */
  fraction(): number;
}

export interface Digest {
  /** Hex sha256 of bytes or UTF-8 text. */
  sha256(data: Uint8Array | string): string;
}

export type EntryKind = "file" | "directory" | "link" | "other";
export interface DirEntry {
  readonly name: string;
  readonly kind: EntryKind;
}
export interface FileStat {
  readonly kind: EntryKind;
  readonly dev: string;
  readonly ino: string;
  readonly bytes: number;
  /** Nanoseconds since the epoch as decimal text. */
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly uid: number;
  readonly mode: number;
}
export type MountKind = "local" | "nfs" | "smb" | "fuse" | "unknown";
export interface MountFacts {
  readonly kind: MountKind;
  readonly dev: string;
  readonly freeBytes: number;
}

/**
 * Primitives of the disk, one system call or one bounded read each. Failures throw an Error whose `code` is the errno
 * name (`ENOENT`, `EEXIST`, `ENOSPC`, `EIO`, `ESTALE` ...). Nothing here is durable by itself: the recipe is `durable.ts`.
 */
export interface Files {
  /** One level, in no order. More than `max` entries: EOVERFLOW. */
  list(dir: string, max: number): Promise<readonly DirEntry[]>;
  /** lstat: never follows a link. */
  stat(path: string): Promise<FileStat>;
  /** Follows links; ENOENT when the target is absent. */
  realpath(path: string): Promise<string>;
  /** A regular file, whole, opened read-only. Larger than `bytesMax`: EFBIG. Not a regular file: EINVAL. */
  read(path: string, bytesMax: number): Promise<Uint8Array>;
  /** The first bytes of a regular file, at most so many; EINVAL when it is none. */
  head(path: string, bytes: number): Promise<Uint8Array>;
  /** `stat` and `read` in one, of a regular file; larger than `bytesMax`: no bytes. Errors are those of `read`. */
  lookAt(path: string, bytesMax: number): Promise<{ readonly stat: FileStat; readonly bytes: Uint8Array | null }>;
  /** Creates (EEXIST when there), writes all. Not durable. */
  create(path: string, data: Uint8Array | string): Promise<void>;
  /** Creates `to` (EEXIST) with the contents of `from`; the source is opened read-only. Not durable. */
  copy(from: string, to: string): Promise<void>;
  /** fsync of a file. */
  sync(path: string): Promise<void>;
  /** fsync of a directory: makes its names durable. */
  syncDir(dir: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  /** File: overwrites. Directory: replaces an empty one, ENOTEMPTY otherwise. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes `path` (EEXIST) a symbolic link that holds `target`. */
  symlink(target: string, path: string): Promise<void>;
  /** Exclusive, not recursive. */
  mkdir(dir: string): Promise<void>;
  rmdir(dir: string): Promise<void>;
  /** Removes a tree of ours. Absent: fine. */
  removeTree(dir: string): Promise<void>;
  /** Hex sha256 and size of a file; streamed. */
  hash(path: string): Promise<{ readonly sha256: string; readonly bytes: number }>;
  /** May this process create names in the directory? */
  writable(dir: string): Promise<boolean>;
  mount(path: string): Promise<MountFacts>;
  /** fast-glob over directories, bounded: more than `max` matches is `truncated`. The base must exist (ENOENT). */
  glob(pattern: string, max: number): Promise<{ readonly paths: readonly string[]; readonly truncated: boolean }>;
}

export interface Hints {
  /** Calls `wake` when anything may have changed in the directory, and on the watcher's own errors. */
  watch(dir: string, wake: () => void): Watch;
}
export interface Watch {
  close(): Promise<void>;
}

export interface SystemStats {
  readonly version: string;
  readonly simulated: boolean;
  readonly deviceName: string | null;
  /** Memory of the device, when it is a GPU, MiB. */
  readonly memoryMiB: number | null;
  readonly pytorchVersion: string | null;
  readonly pythonVersion: string | null;
  /** Its own command line's flags, without paths; absent: it does not say. */
  readonly flags?: readonly string[];
}
export interface ComfyOutput {
  readonly node: string;
  readonly filename: string;
  readonly subfolder: string;
  readonly type: "output" | "temp" | "input";
}
export type SubmitAnswer =
  | { readonly kind: "accepted"; readonly number: number }
  | { readonly kind: "refused"; readonly error: ComfyError };
export type PromptStatus =
  | { readonly kind: "unknown" }
  | { readonly kind: "pending" }
  | { readonly kind: "running" }
  | {
      readonly kind: "completed";
      readonly outputs: readonly ComfyOutput[];
      readonly startedAt: number | null;
      readonly endedAt: number | null;
    }
  | { readonly kind: "failed"; readonly error: ComfyError };

/** One slot's ComfyUI. A call that gets no whole answer in time throws (`ECONNREFUSED`, `ETIMEDOUT`, ...): never a verdict. */
export interface ComfySlot {
  stats(): Promise<SystemStats>;
  /** Everything that it offers (megabytes), or these classes only: those that it does not have are absent. */
  catalogue(classes?: readonly string[]): Promise<Catalogue>;
  /** POST /prompt. A 200 with node_errors is canceled and reported as refused. A lost answer throws: ask `status`. */
  submit(prompt: { readonly id: PromptId; readonly graph: Graph; readonly jobId: string }): Promise<SubmitAnswer>;
  /** The truth, by polling. */
  status(id: PromptId): Promise<PromptStatus>;
  /** How many prompts, anybody's, run and wait. */
  queue(): Promise<{ readonly running: readonly string[]; readonly pending: number }>;
  /** Sends one cancel; the caller verifies with `status`. Never a global interrupt. */
  cancel(id: PromptId): Promise<void>;
  /** Empties it of models and results while nothing runs; true when it was seen to have let go of the memory. */
  free(): Promise<boolean>;
  /** Makes a local file loadable by LoadImage; returns the input's value. `name` begins with the attempt's prompt id. */
  place(localPath: string, name: string): Promise<string>;
  /** Copies one output to a local path (EEXIST when there). Not durable. */
  fetch(output: ComfyOutput, to: string): Promise<void>;
  /**
   * Drops the history entry and the files of an ended attempt; best effort. What was placed and saved is known by its names,
   * which begin with the id: an attempt of a life before, or one that failed half way, is cleaned up like any other.
   */
  forget(id: PromptId): Promise<void>;
  /** Percent done, when the socket said so. It only grows; that it moves is a sign of life, nothing else follows from it. */
  progress(id: PromptId): number | null;
  close(): Promise<void>;
}
/** What a socket said: of one prompt that it began or ended; null when anything may have happened. A hint, never truth. */
export type Wake = (what: { readonly prompt: string; readonly ended: boolean } | null) => void;
export interface Comfy {
  /** Opens a slot; `wake` is called when its socket says that anything happened. Connects lazily, reconnects by itself. */
  open(slot: SlotConfig, wake: Wake): ComfySlot;
}

export type SpawnedSlot = SlotConfig & { readonly spawn: SpawnConfig };
/** What is true of a spawned slot's process now. Its log is read along the way. */
export interface ProcessLook {
  readonly alive: boolean;
  readonly pid: number | null;
  /** ms since the epoch. */
  readonly startedAt: number | null;
  readonly version: string | null;
  /** null: this daemon started it; else whether it was ready in the life before. */
  readonly adoptedReady: boolean | null;
  /** It was started for another port than the slot has now. */
  readonly moved: boolean;
  /** How it ended, once; null for one whose end was not seen. */
  readonly exit: { readonly code: number | null; readonly signal: string | null } | null;
  /** Of the process and its children, since their start. */
  readonly cpuMs: number;
  readonly diskBytes: number;
  readonly residentBytes: number;
  /** Who listens on the slot's port; `unknown` where /proc does not say. */
  readonly port: "ours" | "other" | "nobody" | "unknown";
  /** That other process, in words. */
  readonly holder: string | null;
  /** What it wrote since the last look, and at last; bounded. */
  readonly lines: readonly string[];
  readonly tail: readonly string[];
}
export type StartAnswer =
  | {
      readonly kind: "started";
      readonly pid: number;
      readonly version: string;
      /** Who keeps memoryMax: the kernel, by a systemd scope, or we, by looking. */
      readonly memoryBy: "scope" | "watch" | null;
    }
  | { readonly kind: "failed"; readonly words: ExitWords };
/** The processes of spawned slots: each in a group of its own, known by process id and start time over our own death. */
export interface SlotProcesses {
  /** Calls `wake` when a process of a slot ended. */
  onEnd(wake: () => void): void;
  look(slot: SpawnedSlot): Promise<ProcessLook>;
  /** Only when nothing of the slot lives. Empties its temp directory before. */
  start(slot: SpawnedSlot): Promise<StartAnswer>;
  /** To the whole group, and only while it is the process that was started. */
  signal(slot: SpawnedSlot, signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Remembers over our own death that it was ready. */
  markReady(slot: SpawnedSlot): Promise<void>;
  /** Removes what dead prompts left in its input and output directories: only while none is under way. */
  sweep(slot: SpawnedSlot): Promise<void>;
  /** Lets go of handles; processes live on. */
  close(): Promise<void>;
}

export interface ImageHeader {
  readonly format: "png" | "tiff" | "jpeg" | "webp" | "exr" | "dpx";
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bitDepth: number;
  readonly color?: ColorHints;
  /** Of an OpenEXR that says it. */
  readonly framesPerSecond?: FrameRate | null;
}
/** How a file becomes what the model sees; null in its place: code values as they are, light through the sRGB curve. */
export interface FeedColor {
  readonly plan: ColorPlan;
  /** `image`: an element beside the plate. Its code values are sRGB whatever the plate is. */
  readonly of: "plate" | "image";
  /** The frame by which an automatic exposure is found: the plate's first. */
  readonly reference: string | null;
}
export interface FinishRequest {
  /** The file that ComfyUI gave back. */
  readonly returned: string;
  /** The PNG that the graph was fed; null when nothing was, or nothing needs it. */
  readonly fed: string | null;
  /** Opened read-only: what its frame carries beside the picture is kept. */
  readonly plate: { readonly path: string; readonly frame: number | null } | null;
  /** Where the edit may show; null: everywhere. */
  readonly mask: string | null;
  /** The frame as it is published (EEXIST when there). Not durable. */
  readonly to: string;
  /** Where the words are kept that came with the result (a graph, a prompt); null: nowhere. Replaced, if there were any. Not durable. */
  readonly saidTo: string | null;
  readonly format: OutputFormat;
  readonly color: ColorPlan;
  /** The frame by which an automatic exposure is found: the plate's first. */
  readonly reference: string | null;
  /** Made by a simulated ComfyUI: its mark stays readable, whatever the mask. */
  readonly simulated: boolean;
  readonly embed: Embed;
}
export interface FinishResult {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bitDepth: number;
  /** What the way to the model and back costs an unchanged picture; null where it was not measured. */
  readonly roundTrip: RoundTrip | null;
  /** Of the words that came with the result: keyword -> hex sha256; null: none came. */
  readonly said?: SaidTexts | null;
  /** What people should know of this frame, in words. */
  readonly note: string | null;
}
export interface Images {
  /**
   * Reads only the head. Broken: code HP-PLATE-BROKEN; a kind that no reader has: HP-PLATE-KIND; one that takes a tool which
   * this node lacks: HP-PLATE-DECODER (HotplateError). So do all that decode.
   */
  header(path: string): Promise<ImageHeader>;
  /** Writes (EEXIST) what the graph is fed: an explicitly named sRGB PNG made from the plate, which is opened read-only. */
  feed(platePath: string, to: string, color: FeedColor | null): Promise<Pick<ImageHeader, "width" | "height">>;
  /**
   * Makes the frame that is published out of what came back. A result that can't be read: HP-PLATE-BROKEN or HP-PLATE-KIND
   * (HotplateError), except a PNG that stays one: QC says what is wrong with it.
   */
  finish(request: FinishRequest): Promise<FinishResult>;
  /** Mixes two pictures in the numbers that they hold. Not of one kind, or not readable: HP-PLATE-KIND, -BROKEN. */
  blend(request: BlendRequest): Promise<void>;
  /** Decodes once, runs every frame check on the same buffers, off the loop; keeps traces where they are asked for. */
  inspect(request: InspectRequest): Promise<Inspection>;
  /** Two frames against each other; `picture`: a new PNG or JPEG (EEXIST) of where they differ. ENOENT when one is absent. */
  compare(request: { readonly a: string; readonly b: string; readonly picture: string | null }): Promise<Likeness>;
  /** Runs the checks of scope `sequence` over one wedge's frames, at publish time. No such check asked for: no findings. */
  inspectSequence(request: SequenceRequest): Promise<Inspection>;
  /** The same for the checks of scope `set`, over one frame of every wedge. */
  inspectSet(request: SetRequest): Promise<Inspection>;
  /** The checks of this node, loaded once in a worker; what could not be loaded is named. */
  checks(): Promise<CheckBook>;
  /** Writes (EEXIST) a JPEG, of all of it or of a part, whose longer side is at most so many px; light is shown as `shown` says. */
  thumbnail(from: string, to: string, size: number | Crop, shown?: Shown | null): Promise<void>;
  /** Writes (EEXIST) an MP4 with the pointer to its record in it. Damaged: HP-PLATE-BROKEN. */
  dressMovie(request: { readonly from: string; readonly to: string; readonly embed: Embed }): Promise<void>;
  /** Writes (EEXIST) a labelled contact sheet, JPEG. */
  sheet(request: SheetRequest, to: string): Promise<void>;
}

/** This node's GPUs, looked at all the time by somebody else: reading never waits and never fails. */
export interface Gpus {
  /** Begins to look; `wake` is called when a reading is new. Once. */
  start(wake: () => void): void;
  read(): GpuReading;
  close(): Promise<void>;
}

export interface Exec {
  /**
   * Runs a program in its own process group; killed whole at the deadline. A non-zero exit is an answer, not an error; a
   * program that can't be started is an error (ENOENT, EACCES).
   */
  run(
    command: string,
    args: readonly string[],
    options: {
      readonly timeoutMs: number;
      readonly stdin?: string;
      readonly cwd?: string;
      /** Beside the small environment that every program gets. */
      readonly env?: Readonly<Record<string, string>>;
      /** What it leaves running in a session of its own lives on when we end. Absent: it may be ended with us. */
      readonly outlives?: boolean;
      /** Of standard output; default: LIMITS.execOutputBytesMax. */
      readonly stdoutBytesMax?: number;
    },
  ): Promise<ExecAnswer>;
}
export interface ExecAnswer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** It wrote more than LIMITS.execOutputBytesMax, or than it was allowed to, and was killed for it. */
  readonly capped?: boolean;
  /** Only when the killed program did not go away (it waits inside the kernel): resolves when it has. */
  readonly gone?: Promise<void>;
}

export interface Recipes {
  /** Reads every recipe folder again when something changed; cheap otherwise. */
  book(): Promise<RecipeBook>;
}

export interface Colours {
  /** The OCIO config of a show; read again when its file changed. A mount that fails now throws. */
  config(show: string): Promise<ColorConfigReading>;
  /** Is oiiotool there, which works out the spaces that only OCIO knows? */
  canConvert(): Promise<boolean>;
}

export interface Log {
  event(level: "debug" | "info" | "warn" | "error", name: EventName, fields: EventFields): void;
}

export interface FenceRef {
  readonly taskId: string;
  readonly fence: Fence;
}
