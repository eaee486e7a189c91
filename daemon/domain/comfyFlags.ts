/** ComfyUI's own command line as the record may tell it: flags, values that are no paths, and what they say of precision. Pure. */

/** At most so many, for a command line is anybody's text. */
const FLAGS_MAX = 100;

/** `["main.py", "--port", "8188", "--output-directory", "/x"]` -> `["--output-directory", "--port 8188"]`, sorted. */
export function commandFlags(argv: readonly unknown[]): readonly string[] {
  const words = argv.filter((word): word is string => typeof word === "string").slice(0, FLAGS_MAX * 2);
  const out: string[] = [];
  for (const word of words) {
    const last = out.at(-1);
    if (/^--[a-z0-9_-]{1,60}(=.*)?$/i.test(word)) out.push(word.replace(/=.*[/\\~].*$/, ""));
    // A path says where somebody's disk is, and nothing of how the picture came about.
    else if (last !== undefined && /^[A-Za-z0-9_.:,-]{1,60}$/.test(word)) out[out.length - 1] = `${last} ${word}`;
  }
  return [...new Set(out)].sort().slice(0, FLAGS_MAX);
}

/** `--fp8_e4m3fn-unet`, `--force-fp16`: sorted, unique. */
export function precisionsOf(flags: readonly string[]): readonly string[] {
  const found = flags.flatMap(
    (flag) => /^--(?:force-)?(fp8_[a-z0-9]+|fp16|bf16|fp32|fp64)(?:-unet)?(?: |$)/.exec(flag)?.[1] ?? [],
  );
  return [...new Set(found)].sort();
}
