/**
 * The node's configuration (`hotplate.yaml`): one schema, from which the type, the JSON Schema and the reference come.
 * Reading the file is `adapters/config`.
 */
import { z } from "zod";
import { LIMITS } from "./limits.ts";

const rootSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  linux: z.string().startsWith("/").describe("Absolute path on this node."),
  macos: z.string().optional(),
  windows: z.union([z.string(), z.array(z.string())]).optional(),
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

const slotSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  gpu: z.number().int().min(0).optional(),
  url: z.url().describe("Base URL of an attached ComfyUI."),
  shared: z
    .strictObject({ input: z.string(), output: z.string() })
    .optional()
    .describe("This slot's input and output directories as this node sees them; without: upload and view."),
  demo: z.boolean().default(false).describe("May be a simulated ComfyUI (demo roots only)."),
});

export const configSchema = z.strictObject({
  hotplate: z.literal(1),
  stateDir: z.string().startsWith("/").describe("SQLite, logs and scratch: a local disk, never a share."),
  roots: z.array(rootSchema).min(1),
  hotFolders: z.array(hotFolderSchema).default([]),
  assetPaths: z.array(assetPathSchema).default([]),
  recipes: z.array(z.string()).default([]).describe("Recipe folders besides those shipped."),
  plugins: z.array(z.string()).default([]).describe("Folders with checks besides those shipped."),
  rules: z.string().optional().describe("Failure classes; default: the shipped config/rules.yaml."),
  slots: z.array(slotSchema).min(1),
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
export type Config = z.infer<typeof configSchema>;
export type HotFolderConfig = Config["hotFolders"][number];
export type AssetPathConfig = Config["assetPaths"][number];
export type SlotConfig = Config["slots"][number];
export type RootConfig = Config["roots"][number];
