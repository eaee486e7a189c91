/** Bounds of what checks say, show and keep (docs/qc.md). Part of the one table in domain/limits.ts. */
export const QC_LIMITS = {
  checkMeasuresMax: 1_000,
  checkMessageCharactersMax: 2_000,
  /** Of a measure's name, a picture's title, an axis' name. */
  checkNameCharactersMax: 200,
  /** Lists and objects inside each other in one answer; evidence needs four. */
  checkAnswerDepthMax: 6,
  /** Numbers, texts, lists and objects of one answer: eight maps and a thousand measures fit. */
  checkAnswerValuesMax: 262_144,
  /** Pieces of evidence of one finding. */
  evidenceMax: 8,
  /** Pictures that a command looks at together: a 4K frame and its plate take up to 1 GiB. */
  qcWorkersMax: 8,
  /** Checks times frames that an export has a line of its own for; in larger ones what passed is gathered. */
  qcCasesMax: 20_000,
  /** Pixels of a row that vectors look at; 32 rows of it lie in a memory of their own, 10 MiB. */
  planeKernelWidthMax: 32_768,
  /** What readers of SARIF take in one run. */
  sarifResultsMax: 25_000,
  /** Variations that an answer or a page names in one line; the rest is counted. */
  answerNamesShown: 12,
  /** Held results of one variation that an answer reads, to say its decision in one line; the rest is counted. */
  answerHeldRead: 64,
  /** Of the page of what is held: tasks and frames that it tells of; the rest is counted. */
  heldPageTasksMax: 200,
  heldPageFramesMax: 1_000,
  /** Larger than any page of ours: what is larger is somebody else's and stays. */
  heldPageBytesMax: 64 * 1024 * 1024,
  /** Pictures inside a report's page, together; further ones are named by their place. */
  qcPagePicturesBytesMax: 3 * 1024 * 1024,
  /** Parts of frames shown as they are, and the longer side of one, px. */
  qcPageCropsMax: 24,
  qcPageCropPixels: 320,
  qcPagePictureBytesMax: 256 * 1024,
  calibrationCurvePointsMax: 200,
  /** Bad pictures without which nothing can be said of what is found. */
  calibrationBadMin: 10,
  /** Folders below each other that are looked through for pictures. */
  pictureFoldersDeepMax: 8,
  /** Names of what lies in a folder and is not looked at, by reason. */
  leftOutNamed: 8,
  /** Columns or rows of a map. */
  evidenceMapSideMax: 128,
  evidenceBoxesMax: 64,
  /** Points of one plot. */
  evidencePointsMax: 2_000,
  /** What a check keeps of one frame for its sequence or set. */
  traceNumbersMax: 16_384,
  traceDigestCharactersMax: 128,
  /** Other seeds of one wedge, after its own. */
  seedTriesMax: 10,
  waiverReasonCharactersMax: 2_000,
  /** Of a published version, in one line of its log. */
  waivedPicturesMax: 500,
  /** Of a frame's file of traces: what all checks kept of it. */
  traceFileBytesMax: 32 * 1024 * 1024,
  /** Of all frames of one wedge together, for one check: 256 MiB. */
  seriesNumbersMax: 64 * 1024 * 1024,
  /** The grid that result and plate are laid onto for checks over many frames. */
  cellColumnsMax: 64,
  cellRowsMax: 36,
  /** Points of a plot that is kept of a pass. */
  evidencePassPointsMax: 240,
} as const;
