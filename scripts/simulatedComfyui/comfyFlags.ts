/** The flags that a ComfyUI of each version takes, as far as anybody gives them, with how many values each has. */
import type { Version } from "./words.ts";

const BOTH: readonly (readonly [flag: string, values: 0 | 1 | "optional"])[] = [
  ["--listen", "optional"],
  ["--port", 1],
  ["--max-upload-size", 1],
  ["--base-directory", 1],
  ["--input-directory", 1],
  ["--output-directory", 1],
  ["--user-directory", 1],
  ["--temp-directory", 1],
  ["--disable-auto-launch", 0],
  ["--dont-print-server", 0],
  ["--disable-metadata", 0],
  ["--disable-all-custom-nodes", 0],
  ["--disable-api-nodes", 0],
  ["--preview-method", 1],
  ["--cuda-device", 1],
  ["--cache-classic", 0],
  ["--cache-lru", 1],
  ["--cache-none", 0],
  ["--cache-ram", "optional"],
  ["--front-end-root", 1],
  ["--cpu", 0],
  ["--database-url", 1],
  // This program's own.
  ["--simulate", 1],
  ["--simulate-work-ms", 1],
];

export function flagsOf(version: Version): ReadonlyMap<string, 0 | 1 | "optional"> {
  const own =
    version === "0.19" ? ["--normalvram", "--enable-assets"] : ["--disable-assets", "--offline", "--high-ram"];
  return new Map([...BOTH, ...own.map((flag) => [flag, 0] as const)]);
}

/** argparse's way: `--a b`, `--a=b`; what is not known is named all at once. */
export function parseFlags(
  args: readonly string[],
  version: Version,
): { readonly values: ReadonlyMap<string, readonly string[]>; readonly unknown: readonly string[] } {
  const known = flagsOf(version);
  const values = new Map<string, string[]>();
  const unknown: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const [flag = "", inline] = (args[index] ?? "").split(/=(.*)/s);
    const arity = known.get(flag);
    if (arity === undefined || (inline !== undefined && arity === 0)) {
      unknown.push(args[index] ?? "");
      continue;
    }
    const next = args[index + 1];
    const takes = inline === undefined && (arity === 1 || (arity === "optional" && next?.startsWith("--") === false));
    if (takes) index += 1;
    const value = inline ?? (takes ? next : undefined);
    values.set(flag, [...(values.get(flag) ?? []), ...(value === undefined ? [] : [value])]);
  }
  return { values, unknown };
}
