/** The commands over pictures: qc run. Part of the one table in commandTable.ts. */
import type { CommandLine, OptionLine } from "./commandTable.ts";

const BESIDE: readonly OptionLine[] = [
  ["--plate <path>", "Compare with this picture, folder or sequence, matched by frame number"],
  ["--mask <path>", "Where it may change: white of a picture, or of a sequence's frame"],
  ["--mask-channel <name>", "red or alpha", "red"],
  ["--mask-invert", "Black is where it may change"],
  ["--composited", "Outside the mask every bit must be the plate's"],
  ["--size <WxH>", "Size that is expected; default: the plate's"],
  ["--depth <bits>", "Bits that are promised: 8 or 16"],
  ["--profile <name>", "Default: basic; beside a plate plate_preserving, with a mask inpaint"],
];

export const QC_COMMANDS: readonly CommandLine[] = [
  {
    name: "qc run <files...>",
    words: "QC over any pictures, with no daemon and no store",
    more: "Files, folders and sequences (plate.####.exr, plate.%04d.exr, plate.[1001-1010].exr; docs/sequences.md), each picture beside its plate's frame. Ends with 0 when all passed, 1 when one failed, 9 when one could not be looked at, and with --gate warn 10 when one was only warned of. Without a configuration only the shipped checks and profiles are known. --json is the schema config/schemas/qc-run.schema.json.",
    options: [
      ...BESIDE,
      ["--set", "They are variations of one another: look for those that are alike"],
      ["--check <id>", "Only this check; may stand several times", []],
      ["--limit <check.name=value>", "Another limit; may stand several times", []],
      ["--gate <verdict>", "What the exit code tells of: fail, or warn too", "fail"],
      ["--junit <file>", "Write JUnit XML for build servers"],
      ["--sarif <file>", "Write SARIF 2.1.0 for tools that show findings"],
      ["--workers <n>", "Pictures looked at together; default: as many as there are cores, at most 8"],
    ],
    examples: [
      "hotplate qc run out.####.exr --plate plate.####.exr --mask roto.####.exr",
      "hotplate qc run renders --profile relight --gate warn --limit image.grain.ratioMin=0.5",
    ],
    exits: [1, 6, 9, 10],
    load: () => import("./qcRun.ts"),
  },
];
