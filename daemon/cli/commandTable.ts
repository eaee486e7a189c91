/**
 * Every command but `recipe`: its words, options, an example, and the exit codes that it may end with. The tree is built
 * from this table (`program.ts`), `--help` prints it, docs/commands.md is made from it.
 */
import { PLUGIN_COMMANDS } from "./pluginCommands.ts";
import type { Action } from "./program.ts";
import { QC_COMMANDS } from "./qcCommands.ts";
import { DECISION_COMMANDS } from "./decisionCommands.ts";
import { RECORD_COMMANDS } from "./recordCommands.ts";
import { VERSION_COMMANDS } from "./versionCommands.ts";

export interface CommandLine {
  /** With its arguments; two words in front: a command of a group. */
  readonly name: string;
  readonly words: string;
  /** What else there is to know, in docs/commands.md and in `--help`. */
  readonly more?: string;
  readonly options: readonly OptionLine[];
  readonly examples: readonly string[];
  /** Besides 0, 2 and 3 for a configuration that can't be used. */
  readonly exits: readonly number[];
  readonly load: () => Promise<{ readonly action: Action }>;
}
/** A list as fallback: the option may stand several times. */
export type OptionLine = readonly [flags: string, description: string, fallback?: string | readonly string[]];

const ANY_ID = "An id may be cut short as long as only one job begins with it.";

export const COMMANDS: readonly CommandLine[] = [
  {
    name: "run",
    words: "The daemon, in the foreground",
    more: "What systemd runs. SIGTERM and SIGINT drain: nothing new starts, prompts go on in ComfyUI and are taken up at the next start. A second signal ends at once.",
    options: [["--take-over", "Make hot folders ours although another Hotplate owned them"]],
    examples: ["hotplate run --config /etc/hotplate/hotplate.yaml"],
    exits: [1, 7, 130],
    load: () => import("./run.ts"),
  },
  {
    name: "demo",
    words: "The whole product with a simulated ComfyUI, no GPU needed",
    more: "Makes plates, a hot folder and a studio tree, runs the daemon, drops a manifest and shows what comes of it. A folder that is not empty and not a demo's is refused.",
    options: [
      ["--root <dir>", "Where", "./hotplate-demo"],
      ["--variations <n>", "How many lighting variations, 1 to 1000", "24"],
      ["--keep", "Leave it running so that you can drop more"],
    ],
    examples: ["hotplate demo --root /tmp/demo --variations 200"],
    exits: [1, 7, 130],
    load: () => import("./demo.ts"),
  },
  {
    name: "init",
    words: "Write a configuration and test every path in it",
    more: "Never overwrites. What the daemon will do in each folder is done there once, and undone.",
    options: [
      ["--root <dir>", "The root that holds shows: every path lies inside it"],
      ["--hot <dir>", "The hot folder"],
      ["--show <name>", "Its show", "SHOW"],
      ["--comfy <url>", "An attached ComfyUI", "http://127.0.0.1:8188"],
      ["--state <dir>", "State directory, on a local disk"],
      ["--out <file>", "The file to write", "hotplate.yaml"],
    ],
    examples: ["hotplate init --root /mnt/shows --hot /mnt/shows/AGM/hot --state /var/lib/hotplate"],
    exits: [6, 7],
    load: () => import("./init.ts"),
  },
  {
    name: "doctor",
    words: "What is missing on this node, each with its fix",
    more: "Looks at Node, the configuration, every disk (writes, links and renames there), recipes, checks, and each slot's ComfyUI.",
    options: [],
    examples: ["hotplate doctor"],
    exits: [4],
    load: () => import("./doctor.ts"),
  },
  {
    name: "validate <file...>",
    words: "What the folder would say, with no daemon and no ComfyUI",
    more: "Every problem with file:line:column. Without a configuration, paths are checked against / instead of the roots.",
    options: [["--plan", "Print count, GPU time and destinations"]],
    examples: ["hotplate validate --plan relight.yaml", "hotplate validate --json *.yaml"],
    exits: [6],
    load: () => import("./validate.ts"),
  },
  {
    name: "submit <file>",
    words: "Drop a manifest into a hot folder; works with the daemon down",
    more: "Validated first: what would be refused is not dropped. Relative paths are made absolute, then it is the same as dropping it.",
    options: [["--folder <dir>", "Which hot folder, by path or last name; default: the first"]],
    examples: ["hotplate submit relight.yaml --folder /mnt/shows/AGM/hot"],
    exits: [6, 7],
    load: () => import("./submit.ts"),
  },
  {
    name: "ls [what]",
    words: "jobs (default), versions, folders, slots",
    more: "jobs and versions work with the daemon down; folders and slots ask it.",
    options: [
      ["--state <state>", "Only jobs in this state"],
      ["--show <name>", "Only this show"],
      ["--limit <n>", "At most", "50"],
    ],
    examples: ["hotplate ls --state running", "hotplate ls versions --json"],
    exits: [5],
    load: () => import("./ls.ts"),
  },
  {
    name: "show <id>",
    words: "One job: state, versions, failures, next step",
    more: `${ANY_ID} Works with the daemon down.`,
    options: [],
    examples: ["hotplate show job_01J8"],
    exits: [5, 6],
    load: () => import("./show.ts"),
  },
  {
    name: "explain <id>",
    words: "Why a job or task waits, in order of cause",
    more: `From the scheduler's own function. ${ANY_ID} With the daemon down it says so, and explains what has ended.`,
    options: [],
    examples: ["hotplate explain job_01J8"],
    exits: [5, 6, 8],
    load: () => import("./explain.ts"),
  },
  {
    name: "logs <id>",
    words: "The events of a job, oldest first",
    more: `${ANY_ID} Works with the daemon down. With --json and -f, a JSON line per event.`,
    options: [["-f, --follow", "Go on until the job has ended"]],
    examples: ["hotplate logs -f job_01J8"],
    exits: [5, 6],
    load: () => import("./logs.ts"),
  },
  {
    name: "cancel <id>",
    words: "Cancel what has not ended of a job",
    more: `${ANY_ID} Once its version is being published it can't be canceled.`,
    options: [],
    examples: ["hotplate cancel job_01J8"],
    exits: [5, 6, 7, 8],
    load: () => import("./cancel.ts"),
  },
  {
    name: "retry <id>",
    words: "Try a job's failed and canceled tasks again",
    more: `${ANY_ID} Only while its version is still open; after that, drop its manifest again.`,
    options: [],
    examples: ["hotplate retry job_01J8"],
    exits: [5, 6, 7, 8],
    load: () => import("./retry.ts"),
  },
  {
    name: "slot <action> <name>",
    words: "restart: end and start a slot's ComfyUI, or let it out of quarantine",
    more: "What runs there goes elsewhere and uses no attempt. 7: the slot is attached and its configuration has no restart. See docs/slots.md.",
    options: [],
    examples: ["hotplate slot restart gpu1"],
    exits: [5, 6, 7, 8],
    load: () => import("./slot.ts"),
  },
  {
    name: "path <words...>",
    words: "FILE: one place as every machine spells it. explain FILE: which template it is, and why no other",
    more: "Any spelling of any machine is taken: P:\\..., \\\\nas\\..., /Volumes/..., or this node's own. It need not exist. explain: 1 when no template fits, 3 when one can be read in two ways. See docs/paths.md.",
    options: [
      ["--to <machine>", "Only as linux, macos or windows spells it"],
      ["--show <name>", "explain: by the layout of this show"],
    ],
    examples: [
      "hotplate path 'P:\\AGM\\plates' --to linux",
      "hotplate path explain shots/010_PL01_v001.1001.exr --show AGM",
    ],
    exits: [1],
    load: () => import("./path.ts"),
  },
  ...QC_COMMANDS,
  ...PLUGIN_COMMANDS,
  ...DECISION_COMMANDS,
  ...RECORD_COMMANDS,
  ...VERSION_COMMANDS,
];
