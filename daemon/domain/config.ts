/**
 * The node's configuration (`hotplate.yaml`): one schema, from which the type, the JSON Schema and the reference come.
 * Reading the file is `adapters/config`.
 */
import { z } from "zod";
import { SOURCE_TERMS } from "./assetRecord.ts";
import { byteCount } from "./byteSize.ts";
import { completeSlots } from "./configSlots.ts";
import { LIMITS } from "./limits.ts";
import { PAD_STYLES } from "./sequencePadding.ts";
import { qcModelsSchema } from "./qcModels.ts";
import { qcSettingsSchema } from "./qcWishes.ts";
import { retentionSchema } from "./retention.ts";
import { versionSettingsSchema } from "./versionSettings.ts";
import { pathsSchema } from "./pathBook.ts";

const bytes = (what: string) =>
  z
    .string()
    .refine((text) => byteCount(text) !== null, "a size like 24GB or 512MiB")
    .transform((text) => byteCount(text) ?? 0)
    .describe(what);

const rootSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  linux: z.string().startsWith("/").describe("Absolute path on this node."),
  macos: z.string().optional(),
  windows: z.union([z.string(), z.array(z.string())]).optional(),
  freeMin: bytes("Room that must be left: with less, no new work for this root begins. Default: 8 MiB.").optional(),
});

const hotFolderSchema = z.strictObject({
  path: z.string().startsWith("/"),
  show: z.string(),
  recipe: z.string().optional().describe("With a recipe, a dropped plate or folder of plates needs no manifest."),
  poll: z.boolean().optional().describe("List on an interval, no watcher. Default: decided by the file system's kind."),
  settleMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .optional()
    .describe("Quiet time before a file counts as complete, ms."),
});

const assetPathSchema = z.strictObject({
  glob: z.string().startsWith("/").describe("Directories of plate versions, fast-glob syntax."),
  show: z.string(),
  recipe: z.string(),
  backfill: z.boolean().default(false).describe("true: what is there at first start is work too."),
  marker: z.string().optional().describe("A file name whose presence means that the plate is complete."),
  quietMs: z.number().int().min(0).default(LIMITS.assetPathQuietMs),
  listIntervalMs: z.number().int().min(100).default(LIMITS.assetPathListIntervalMs),
});

const plateRule = z.strictObject({
  token: z.string().min(1).optional().describe("A part of the plate's name or folder, between . _ - and spaces."),
  type: z.string().min(1).optional().describe("The file's extension."),
  colorspace: z.string().min(1).describe("A name of the OCIO config."),
});
const ocioFile = z.string().min(1).describe("The studio's OCIO config, a file. Default: $OCIO, else Hotplate's own.");

const spawnSchema = z.strictObject({
  dir: z.string().startsWith("/").describe("ComfyUI's own directory, with main.py in it."),
  python: z.string().startsWith("/").describe("The python that runs it, mostly of a virtual environment."),
  port: z.number().int().min(1).max(65_535).optional().describe("On 127.0.0.1. Default: the next free one from 8188."),
  args: z.array(z.string()).default([]).describe("Further flags of ComfyUI, after those that Hotplate sets."),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .default({})
    .describe("Further environment; nothing else is passed on but PATH, HOME and the locale."),
  cache: z
    .string()
    .regex(/^(classic|none|lru:[1-9]\d{0,3}|ram(:\d+(\.\d+)?)?)$/)
    .default("classic")
    .describe("What it keeps between prompts: classic, none, lru:N results, ram or ram:GB of headroom."),
  memoryMax: bytes("Of the process and its children: past it the slot is restarted.").optional(),
  outlive: z.boolean().default(false).describe("true: it goes on when the daemon stops and is adopted at its start."),
});

const slotSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  gpu: z
    .union([z.number().int().min(0), z.string().regex(/^(GPU|MIG)-[A-Za-z0-9-]+$/)])
    .optional()
    .describe("Number (as nvidia-smi counts) or UUID of its GPU."),
  url: z.url().optional().describe("Base URL of an attached ComfyUI, which somebody else starts and restarts."),
  spawn: spawnSchema.optional().describe("A ComfyUI that Hotplate starts, restarts and ends itself."),
  shared: z
    .strictObject({ input: z.string(), output: z.string() })
    .optional()
    .describe("This slot's input and output directories as this node sees them; without: upload and view."),
  models: z
    .array(z.string().startsWith("/"))
    .min(1)
    .optional()
    .describe("ComfyUI's models directories as this node sees them: what it loads must lie there. Spawned: its own."),
  demo: z.boolean().default(false).describe("May be a simulated ComfyUI (demo roots only)."),
  restart: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Program and arguments that restart an attached ComfyUI; without, a stuck one is quarantined."),
  recycle: z
    .strictObject({
      tasks: z.number().int().min(1).optional().describe("Restart when idle after so many tasks."),
      memory: bytes("Restart when idle past so much memory of the process (spawned only).").optional(),
    })
    .optional(),
  warmUp: z
    .boolean()
    .optional()
    .describe("Run a small graph without models before the first task. Default: true when spawned, else false."),
});

/** What a person writes. */
export const configTextSchema = z.strictObject({
  hotplate: z.literal(1),
  stateDir: z.string().startsWith("/").describe("SQLite, logs and scratch: a local disk, never a share."),
  roots: z.array(rootSchema).min(1),
  hotFolders: z.array(hotFolderSchema).default([]),
  assetPaths: z.array(assetPathSchema).default([]),
  recipes: z.array(z.string()).default([]).describe("Recipe folders besides those shipped."),
  plugins: z.array(z.string()).default([]).describe("Folders with checks besides those shipped."),
  rules: z.string().optional().describe("Failure classes; default: the shipped config/rules.yaml."),
  padStyle: z
    .enum(PAD_STYLES)
    .default("artist")
    .describe(
      "What # means in a plate's name: artist (#### = 4 digits, a single # = 4), hash1 (one digit each), hash4.",
    ),
  slots: z.array(slotSchema).min(1),
  privacy: z
    .enum(["publish", "redact"])
    .default("publish")
    .describe("redact: people's words (prompts) leave this node as a salted hash only."),
  digitalSourceType: z
    .record(z.string(), z.enum(SOURCE_TERMS))
    .default({})
    .describe("Show -> the IPTC term that its results carry, where the recipe's own is not the show's."),
  proxies: z
    .strictObject({
      fps: z.number().int().min(1).max(240).default(24).describe("Of movies whose plate does not say its rate."),
    })
    .default({ fps: 24 })
    .describe("What people look at instead of the frames."),
  gpus: z
    .strictObject({
      hotCelsius: z.number().int().min(50).max(120).default(LIMITS.gpuHotCelsius),
      coolCelsius: z.number().int().min(30).max(119).default(LIMITS.gpuCoolCelsius),
      foreignMiB: z.number().int().min(0).default(LIMITS.gpuForeignMiB),
      eccUncorrectedMax: z.number().int().min(0).default(0),
    })
    .default({
      hotCelsius: LIMITS.gpuHotCelsius,
      coolCelsius: LIMITS.gpuCoolCelsius,
      foreignMiB: LIMITS.gpuForeignMiB,
      eccUncorrectedMax: 0,
    })
    .describe("When a GPU of this node is given no new work."),
  safety: z
    .strictObject({
      allowClasses: z
        .array(z.string().min(1).max(200))
        .default([])
        .describe("Graph node classes that run here although Hotplate refuses them by default (docs/safety.md)."),
      modelTypes: z
        .array(z.enum(["gguf"]))
        .default([])
        .describe("Kinds of model files besides .safetensors and .sft."),
      drift: z
        .enum(["refuse", "route", "warn"])
        .default("route")
        .describe("An approved recipe on a slot that differs from what it was approved with (docs/safety.md)."),
    })
    .default({ allowClasses: [], modelTypes: [], drift: "route" })
    .describe("What graphs may hold beyond what is safe everywhere."),
  colour: z
    .strictObject({
      ocio: ocioFile.optional(),
      plates: z.array(plateRule).default([]).describe("Which colour space plates are in; the first that fits decides."),
      shows: z
        .record(
          z.string(),
          z.strictObject({
            ocio: ocioFile.optional(),
            plates: z.array(plateRule).default([]).describe("Asked before those of every show."),
          }),
        )
        .default({})
        .describe("The same for one show."),
    })
    .default({ plates: [], shows: {} })
    .describe("Colour spaces of plates (docs/colour.md)."),
  qc: qcSettingsSchema,
  imageMemory: bytes(
    "What pictures may take in all image workers together (docs/images.md). Default: a quarter of the machine's memory.",
  ).optional(),
  qcModels: qcModelsSchema,
  versions: versionSettingsSchema,
  retention: retentionSchema,
  paths: pathsSchema.optional(),
  shares: z
    .record(z.string(), z.number().positive())
    .default({})
    .describe("Show -> weight of its fair share of this node; 1 when not named."),
  api: z
    .strictObject({
      listen: z
        .string()
        .regex(/^(127\.0\.0\.1|\[::1\]|localhost):\d{1,5}$/)
        .default("127.0.0.1:7464"),
      allowedHosts: z.array(z.string()).default([]),
    })
    .default({ listen: "127.0.0.1:7464", allowedHosts: [] }),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]).default("info") }).default({ level: "info" }),
});
/** What looking at pictures takes: no daemon runs there, so nobody asks for slots, roots and a state directory. */
export const pictureConfigSchema = configTextSchema.extend({
  stateDir: configTextSchema.shape.stateDir.default("/"),
  roots: z.array(rootSchema).default([]),
  slots: z.array(slotSchema).default([]),
});
export type PictureConfig = Pick<
  Config,
  "plugins" | "imageMemory" | "qcModels" | "qc" | "recipes" | "safety" | "hotFolders" | "assetPaths" | "colour"
>;
/** As written: a slot may lack its url. */
export type ConfigText = z.infer<typeof configTextSchema>;
type SlotText = ConfigText["slots"][number];
export type SpawnConfig = NonNullable<SlotText["spawn"]> & { readonly port: number };
/** As used: every slot has a url, and a spawned one a port and its own directories. */
export type SlotConfig = Omit<SlotText, "url" | "spawn"> & { readonly url: string; readonly spawn?: SpawnConfig };
export type Config = Omit<ConfigText, "slots"> & { readonly slots: readonly SlotConfig[] };

/** The same, with what was left out filled in. */
export const configSchema = configTextSchema.transform((text): Config => completeSlots(text));
export type HotFolderConfig = Config["hotFolders"][number];
export type AssetPathConfig = Config["assetPaths"][number];
