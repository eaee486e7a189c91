/**
 * Every bound of the product, named, with its unit last. Reaching one is an answer to somebody, never a crash.
 * A number that limits anything and does not stand here is a defect (test/tidy.test.ts looks for the usual suspects).
 */
export const LIMITS = {
  // Intake
  manifestBytesMax: 256 * 1024,
  yamlAliasesMax: 50,
  hotFolderEntriesMax: 100_000,
  hotFolderListIntervalMs: 1_000,
  assetPathListIntervalMs: 60_000,
  networkListIntervalMinMs: 80,
  networkListIntervalMaxMs: 1_000,
  settleMs: 500,
  settleNetworkMs: 2_000,
  settleNoNewlineMs: 2_000,
  manifestGraceMs: 3_000,
  plateQuietMs: 5_000,
  assetPathQuietMs: 60_000,
  answersPerFolderMax: 1_000,
  claimsPerTick: 256,
  directoryDepthMax: 12,
  assetPathMatchesMax: 10_000,
  // Manifest and plan
  framesMax: 100_000,
  tasksPerStepMax: 100_000,
  wedgesPerStepMax: 10_000,
  sweepLimitDefault: 200,
  axesMax: 16,
  combinationCharactersMax: 1_280,
  promptCharactersMax: 20_000,
  problemsMax: 100,
  // Images
  imagePixelsMax: 16_384 * 16_384,
  imageFileBytesMax: 2 * 1024 * 1024 * 1024,
  exrChannelsMax: 64,
  exrAttributesMax: 1_000,
  exrAttributeBytesMax: 16 * 1024 * 1024,
  contactSheetTilesMax: 240,
  thumbnailPixels: 320,
  // Files and mounts
  mountCallsPerRoot: 2,
  mountCallDeadlineMs: 10_000,
  diskFreeBytesMin: 256 * 1024 * 1024,
  // ComfyUI
  promptsPerSlot: 2,
  comfyCallTimeoutMs: 30_000,
  comfyConnectTimeoutMs: 3_000,
  comfyMessageBytesMax: 64 * 1024 * 1024,
  comfyPollMs: 1_000,
  comfyOfflineRetryMs: 1_000,
  graphNodesMax: 2_000,
  graphBytesMax: 8 * 1024 * 1024,
  objectInfoBytesMax: 64 * 1024 * 1024,
  outputBytesMax: 2 * 1024 * 1024 * 1024,
  // Attempts
  attemptsMax: 5,
  poisonSlotsMax: 3,
  comfyCrashesMax: 2,
  leaseMs: 60_000,
  leaseRenewMs: 15_000,
  taskTimeoutMs: 30 * 60_000,
  retryDelayMs: 2_000,
  retryDelayMaxMs: 60_000,
  // Gate
  holdMs: 24 * 60 * 60_000,
  // Loop
  tickIdleMs: 1_000,
  sqlPerTick: 500,
  drainMs: 20_000,
  stagingSweepMs: 24 * 60 * 60_000,
  answerKeepMs: 24 * 60 * 60_000,
  // HTTP and command line
  httpBodyBytesMax: 1024 * 1024,
  httpPageMax: 500,
  logLinesMax: 10_000,
  pluginTimeoutMs: 60_000,
  execOutputBytesMax: 8 * 1024 * 1024,
} as const;

export type Limits = typeof LIMITS;
