/** The commands for those who write plugins. Part of the one table in commandTable.ts. */
import type { CommandLine } from "./commandTable.ts";

export const PLUGIN_COMMANDS: readonly CommandLine[] = [
  {
    name: "plugin test <files...>",
    words: "Show a check pictures of every kind and say which promises it breaks",
    more: "A check's .ts, .js or .mjs, or the NAME.check.yaml of a program. Each runs in a worker as in the daemon: two looks at each of two dozen painted pictures (8 and 16 bits, float, grey, alpha, one pixel, NaN, black, without plate, half a file). 1: it breaks a promise of docs/plugins.md; 3: it can't be loaded. Needs no configuration.",
    options: [["--problems", "Only what is broken, no row per picture"]],
    examples: ["hotplate plugin test checks/too_bright.ts", "hotplate plugin test --json checks/*.check.yaml"],
    exits: [1],
    load: () => import("./pluginTest.ts"),
  },
];
