/** The commands that decide about what QC holds or refused: waive, reject. */
import type { CommandLine } from "./commandTable.ts";

export const DECISION_COMMANDS: readonly CommandLine[] = [
  {
    name: "waive <target>",
    words: "Let a finding of QC stand, with a name and a reason",
    more: "A result that is held or was refused: its task (as STATUS.txt names it), or JOB/w032: all of that variation that waits, and what a person rejected stays rejected; when nothing else keeps it, it is published. A warning in a published version: PRODUCT@v007[/w032]. Bound to the picture's content and the check's version; qc.json is never edited. An error can't be waived. --list works with the daemon down, and so does a published version. See docs/qc.md.",
    options: [
      ["--check <id>", "The check whose finding stands; may stand several times", []],
      ["--reason <text>", "Why, for the record"],
      ["--by <name>", "Who decides; default: the account"],
      ["--list", "Say what is waived, instead"],
      ["--revoke <what>", "Take one back: the number that --list shows; of a published version the check's id"],
    ],
    examples: [
      'hotplate waive job_01J8/1/w003/1001 --check image.soft --reason "wanted: rack focus"',
      'hotplate waive job_01J8/w003 --check image.soft --reason "wanted: rack focus"',
      'hotplate waive envTunnel@v007/w032 --check image.grain --reason "regrain in comp" --by anna',
      "hotplate waive job_01J8 --list",
    ],
    exits: [5, 6, 7, 8],
    load: () => import("./waive.ts"),
  },
  {
    name: "reject <target>",
    words: "End a hold at once: the result is refused",
    more: "A task that QC holds, or JOB/w032: all of that variation that waits, whatever was decided about the rest of it. Its picture goes to quarantine with the reason beside it.",
    options: [
      ["--reason <text>", "Why, for the record"],
      ["--by <name>", "Who decides; default: the account"],
    ],
    examples: ['hotplate reject job_01J8/1/w003/1001 --reason "soft for good"'],
    exits: [5, 6, 7, 8],
    load: () => import("./reject.ts"),
  },
];
