/** The commands about versions: decisions, the log of them, what is kept. Part of the one table in commandTable.ts. */
import type { CommandLine } from "./commandTable.ts";

const VERSION_WORDS =
  "PRODUCT@v007, PRODUCT@v007/w032, PRODUCT@latest; SHOT/PRODUCT@v007 where several have that name; a path before the @ too; or the folder of a version or a wedge.";

export const VERSION_COMMANDS: readonly CommandLine[] = [
  {
    name: "approve <version>",
    words: "Approve a version or one variation of it, on the record",
    more: `${VERSION_WORDS} Verified first: what is not as it was committed can't be approved. The line in the product's log is bound to the version's commit; approved.json follows. Works with the daemon down.`,
    options: [["--note <text>", "Why, for the record", ""]],
    examples: ['hotplate approve envTunnel@v007/w032 --note "the sodium one"'],
    exits: [1, 6, 7, 9],
    load: () => import("./approve.ts"),
  },
  {
    name: "pin <version>",
    words: "Never collect a version or one variation of it",
    more: `${VERSION_WORDS} What is approved needs no pin. See docs/versions.md.`,
    options: [["--note <text>", "Why, for the record", ""]],
    examples: ["hotplate pin envTunnel@v007/w032"],
    exits: [6, 7],
    load: () => import("./pin.ts"),
  },
  {
    name: "unpin <version>",
    words: "Take a pin away",
    more: `${VERSION_WORDS} 7: it is not pinned.`,
    options: [["--note <text>", "Why, for the record", ""]],
    examples: ["hotplate unpin envTunnel@v007/w032"],
    exits: [6, 7],
    load: () => import("./unpin.ts"),
  },
  {
    name: "audit [product]",
    words: "Are the logs of decisions whole, and what they approved unchanged?",
    more: "A product by name, SHOT/NAME or folder; without one, every product that this node made. Follows the hashes from line to line, compares each line with its own file, and each approval with the commit that it was made for. 1: something is wrong (HP-AUDIT-BROKEN).",
    options: [],
    examples: ["hotplate audit", "hotplate audit SH010/envTunnel"],
    exits: [1, 6],
    load: () => import("./audit.ts"),
  },
  {
    name: "retention",
    words: "What pixels are old enough to go, what is kept and why; --apply collects",
    more: "By `retention` in hotplate.yaml and in manifests. Looks only, unless --apply is given: then the daemon does it, or the command itself where none runs. Each thing leaves a tombstone, collected.json. 1: something could not be looked at or taken. See docs/versions.md.",
    options: [["--apply", "Collect, instead of saying what would be"]],
    examples: ["hotplate retention", "hotplate retention --apply --json"],
    exits: [1, 5, 7, 8],
    load: () => import("./retention.ts"),
  },
];
