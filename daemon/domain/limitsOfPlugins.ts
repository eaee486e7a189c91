/** The bounds of plugins: of those that are programs, of the kit that tests them, of what they see of headers. Part of the one table in domain/limits.ts. */
export const PLUGIN_LIMITS = {
  /** Of loading one plugin's file; the job that waits for it has its own time anew afterwards. */
  pluginLoadMs: 15_000,
  /** Of one call of an object's function; its worker is ended then, and the picture looked at again without it. */
  pluginRunMs: 60_000,
  programManifestBytesMax: 64 * 1024,
  programWordsMax: 64,
  programWordCharactersMax: 4_096,
  programVariablesMax: 64,
  /** Of one look of a check that is a program, unless its manifest says less or more. */
  programMs: 20_000,
  /** The most that a manifest may ask for, and all programs of one frame together: shorter than imageWorkMs. */
  programMsMax: 90_000,
  /** Programs that look at one frame at the same time, per image worker. */
  programsAtOnce: 2,
  /** Of many frames, those that are looked at for a program's writing. */
  programFilesWatched: 500,
  programAnswerBytesMax: 1024 * 1024,
  programAnswerBytesCeiling: 8 * 1024 * 1024,
  programErrorBytesMax: 1024 * 1024,
  /** Of standard error, what a finding shows. */
  programErrorLinesShown: 5,
  /** Address space, bytes. */
  programMemoryBytesMax: 4 * 1024 * 1024 * 1024,
  programMemoryBytesCeiling: 1024 * 1024 * 1024 * 1024,
  /** A served program without a question ends after so long. */
  programIdleMs: 60_000,
  programIdleMsMax: 3_600_000,
  /** Of what a worker, or a plugin in it, prints: one line on our standard error. */
  workerLineCharactersMax: 2_000,
  /** Of an object over one picture of the kit, which is a few thousand pixels. */
  kitObjectMs: 5_000,
  /** Of the whole kit over one plugin. */
  kitMs: 600_000,
  /** Of a file's header, what checks see of its texts. */
  headerTextsMax: 256,
  headerTextCharactersMax: 4_096,
  /** Of all of them together, characters. */
  headerTextsCharactersMax: 262_144,
  /** What packed texts of one header may unpack to, all together, bytes. */
  headerInflatedBytesMax: 16 * 1024 * 1024,
  headerChunksMax: 100_000,
  /** Of the picture that a model takes, px. */
  modelSideMax: 2_048,
  /** Numbers of one output of a model. */
  modelNumbersMax: 4_194_304,
  /** Of one run of a model over one picture. */
  modelRunMs: 20_000,
} as const;
