/** The commands over pictures: qc run. Part of the one table in commandTable.ts. */
import type { CommandLine, OptionLine } from "./commandTable.ts";

const BESIDE: readonly OptionLine[] = [
  ["--plate <path>", "Compare with this picture, folder or sequence, matched by frame number"],
  ["--mask <path>", "Where it may change: white of a picture, or of a sequence's frame"],
  ["--mask-channel <name>", "red or alpha", "red"],
  ["--mask-invert", "Black is where it may change"],
  ["--composited", "Outside the mask every bit must be the plate's"],
  ["--size <WxH>", "Size that is expected; default: the plate's, times the scale"],
  ["--scale <n>", "Result size / plate size; default: the recipe's, else 1"],
  ["--depth <bits>", "Bits that are promised: 8 or 16"],
  [
    "--profile <name>",
    "Which there are: hotplate qc list. Default: that of recipe and show; else basic, beside a plate plate_preserving, with a mask inpaint",
  ],
  ["--show <name>", "With what hotplate.yaml says of this show"],
  ["--recipe <name>", "With what the recipe, and hotplate.yaml for it, say"],
];

export const QC_COMMANDS: readonly CommandLine[] = [
  {
    name: "qc run <files...>",
    words: "QC over any pictures, with no daemon and no store",
    more: "Files, folders with those inside them and sequences (plate.####.exr, plate.%04d.exr, plate.[1001-1010].exr; docs/sequences.md), each picture beside its plate's frame. Ends with 0 when all passed, 1 when one failed, 9 when one could not be looked at or a plugin could not be loaded, and with --gate warn 10 when one was only warned of. Without a configuration only the shipped checks, profiles and recipes are known; one that is named needs no slots, roots or state directory here. --json is the schema config/schemas/qc-run.schema.json.",
    options: [
      ...BESIDE,
      ["--set", "They are variations of one another: look for those that are alike"],
      ["--check <id>", "Only this check (hotplate qc list); may stand several times", []],
      ["--limit <check.name=value>", "Another limit; may stand several times", []],
      ["--gate <verdict>", "What the exit code tells of: fail, or warn too", "fail"],
      ["--junit <file>", "Write JUnit XML for build servers"],
      ["--sarif <file>", "Write SARIF 2.1.0 for tools that show findings"],
      ["--html <file>", "Write a page for people, pictures and plots in it"],
      ["--workers <n>", "Pictures looked at together; default: as many as there are cores, at most 8"],
    ],
    examples: [
      "hotplate qc run out.####.exr --plate plate.####.exr --mask roto.####.exr",
      "hotplate qc run comps --plate plates --show AGM --recipe env_relight",
      "hotplate qc run renders --profile relight --gate warn --limit image.grain.ratioMin=0.5",
    ],
    exits: [1, 6, 9, 10, 130],
    load: () => import("./qcRun.ts"),
  },
  {
    name: "qc list [names...]",
    words: "The profiles and checks that there are, what each finds, and its limits",
    more: "Names of profiles or checks, or the beginning of checks as `image.`: of a profile its checks with the limits that it sets. Own ones of a studio come from the configuration, as for qc run.",
    options: [],
    examples: ["hotplate qc list", "hotplate qc list relight", "hotplate qc list image. plate.grade --json"],
    exits: [6],
    load: () => import("./qcList.ts"),
  },
  {
    name: "qc calibrate",
    words: "Limits from pictures that people found good and bad, with the curve and what would change",
    more: "Folders are looked through with those inside them. A limit is proposed where it keeps a share of the good ones (--keep) and judges a measure by itself; there must be enough of them (100 for 0.99), else HP-QC-TOO-FEW (7). Both sets are looked at a second time with the proposals. --write makes a profile, a new file, that lies best beside a studio's checks. --json is the schema config/schemas/qc-calibration.schema.json. See docs/qc.md.",
    options: [
      ["--good <dir>", "Pictures that people found good; may stand several times", []],
      ["--bad <dir>", "Pictures that people found bad; may stand several times", []],
      ...BESIDE,
      ["--check <id>", "Only this check (hotplate qc list); may stand several times", []],
      ["--limit <check.name=value>", "Another limit as the one of now; may stand several times", []],
      ["--keep <share>", "Share of the good ones that a limit keeps", "0.99"],
      ["--stills", "Numbers mean nothing: every picture by itself"],
      ["--html <file>", "Write a page with the curves"],
      ["--write <file>", "Write NAME.profile.yaml with the proposed limits"],
      ["--workers <n>", "Pictures looked at together; default: as many as there are cores, at most 8"],
    ],
    examples: [
      "hotplate qc calibrate --good approved --bad retakes --plate plates --profile relight --html curves.html",
      "hotplate qc calibrate --good approved --bad retakes --profile relight --write agm_relight.profile.yaml",
    ],
    exits: [6, 7, 130],
    load: () => import("./qcCalibrate.ts"),
  },
];
