/** What the daemon asks of an image worker and what comes back: plain data, for it crosses to another process. */
import type { BlendRequest } from "../../domain/chunks.ts";
import type { CheckBook, Inspection } from "../../domain/qc.ts";
import type { TraceScope } from "../../domain/qcTrace.ts";
import type { QcModels } from "../../domain/qcModels.ts";
import type { Shown } from "../../domain/colorWay.ts";
import type { Crop } from "../../domain/crop.ts";
import type { SheetRequest } from "../../domain/sheetTile.ts";
import type { Need } from "./memoryBudget.ts";
import type { Likeness } from "../../domain/likeness.ts";
import type { KitReport } from "../pluginKit/kitReport.ts";
import type { CompareJob } from "./compareFrames.ts";
import type { Embed } from "../../domain/assetPointer.ts";
import type { SentError } from "../sentError.ts";
import type {
  FeedColor,
  FinishRequest,
  FinishResult,
  ImageHeader,
  InspectRequest,
  SequenceRequest,
  SetRequest,
} from "../../ports.ts";

export type ImageJob =
  | { readonly kind: "header"; readonly path: string }
  | { readonly kind: "feed"; readonly platePath: string; readonly to: string; readonly color: FeedColor | null }
  | { readonly kind: "finish"; readonly request: FinishRequest }
  | { readonly kind: "blend"; readonly request: BlendRequest }
  | { readonly kind: "inspect"; readonly request: InspectRequest }
  | { readonly kind: "trace"; readonly request: InspectRequest }
  | { readonly kind: "lackingTraces"; readonly scope: TraceScope; readonly request: SetRequest }
  | { readonly kind: "inspectSequence"; readonly request: SequenceRequest }
  | { readonly kind: "inspectSet"; readonly request: SetRequest }
  | { readonly kind: "checks" }
  | { readonly kind: "testPlugin"; readonly file: string }
  | { readonly kind: "compare"; readonly request: CompareJob }
  | { readonly kind: "dressMovie"; readonly from: string; readonly to: string; readonly embed: Embed }
  | {
      readonly kind: "thumbnail";
      readonly from: string;
      readonly to: string;
      readonly size: number | Crop;
      readonly shown: Shown | null;
    }
  | { readonly kind: "sheet"; readonly request: SheetRequest; readonly to: string };

export interface ImageResults {
  readonly header: ImageHeader;
  readonly feed: { readonly width: number; readonly height: number };
  readonly finish: FinishResult;
  readonly blend: null;
  readonly inspect: Inspection;
  readonly trace: null;
  readonly lackingTraces: readonly number[];
  readonly inspectSequence: Inspection;
  readonly inspectSet: Inspection;
  readonly checks: CheckBook;
  readonly testPlugin: KitReport;
  readonly compare: Likeness;
  readonly dressMovie: null;
  readonly thumbnail: null;
  readonly sheet: null;
}
export type ImageJobKind = ImageJob["kind"];

export type WorkerAnswer =
  | { readonly id: number; readonly kind: "done"; readonly result: ImageResults[ImageJobKind] }
  | { readonly id: number; readonly kind: "failed"; readonly error: SentError };
/** An error that no job could catch; the worker ends. */
export interface WorkerBroke {
  readonly kind: "broke";
  readonly message: string;
  /** The plugin's file whose error it was; null: nobody knows. */
  readonly by: string | null;
}
/** Said before a function of a stranger's file is called, for one that hangs or ends its process can't tell; null: it came back. */
export interface WorkerLooks {
  readonly kind: "looks";
  readonly file: string | null;
}
/** Said before a stranger's file is loaded, for one that hangs can't be told of from within; null: all are loaded. */
export interface WorkerLoads {
  readonly kind: "loads";
  readonly file: string | null;
}
/** Said before a job's first file is decoded: it begins when it may. */
export interface WorkerNeeds extends Need {
  readonly kind: "needs";
  readonly id: number;
}
/** The job of that id may take what it needs. */
export interface WorkerMay {
  readonly may: number;
}
export interface WorkerQuestion {
  readonly id: number;
  readonly job: ImageJob;
  /** Plugins that broke their worker over this job, and how: they are errors now, and not called. Absent: none. */
  readonly without?: readonly (readonly [file: string, why: string])[];
}
/** What a worker says, and what it is told. */
export type WorkerSays = WorkerAnswer | WorkerBroke | WorkerLoads | WorkerLooks | WorkerNeeds;
export type WorkerHears = WorkerQuestion | WorkerMay;
export interface WorkerSetUp {
  readonly checkFolders: readonly string[];
  /** For the files of image tools: on a local disk, made when it is needed. Null: no tool is used. */
  readonly scratchDir: string | null;
  /** Absent: none. */
  readonly models?: QcModels;
  /** Plugins that are not loaded again, and why. Absent: none. */
  readonly leftOut?: readonly (readonly [file: string, message: string])[];
}
