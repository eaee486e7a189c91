/**
 * `hotplate init`: writes an annotated configuration from flags, after testing every path in it by doing what the daemon
 * will do there. Never overwrites.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseConfig } from "../adapters/config.ts";
import { createFiles } from "../adapters/files.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import { isInside } from "../domain/paths.ts";
import type { Probe } from "./probeDirectory.ts";
import { probeDirectory } from "./probeDirectory.ts";
import type { Context } from "./context.ts";

export async function action(
  context: Context,
  _args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const out = resolve(String(options["out"]));
  if (existsSync(out))
    throw new HotplateError("HP-STATE-REFUSED", `${out} is there already; it is not overwritten.`, {
      hint: "Say --out FILE, or edit it.",
    });
  const root = given(options, "root");
  const hot = given(options, "hot");
  const state = given(options, "state");
  if (!isInside(hot, root))
    throw new HotplateError("HP-CONFIG-INVALID", `The hot folder ${hot} lies outside the root ${root}.`);
  const text = configText({ root, hot, state, show: String(options["show"]), comfy: String(options["comfy"]) });
  parseConfig(text, out);
  if (!existsSync(root))
    throw new HotplateError("HP-NOT-FOUND", `The root ${root} is not there.`, { hint: "Mount it, or name another." });
  await mkdir(hot, { recursive: true });
  await mkdir(state, { recursive: true });
  const probes: Probe[] = [];
  for (const dir of [root, hot, state]) probes.push(await probeDirectory(createFiles(), dir));
  const failed = probes.filter((probe) => probe.fault !== null);
  if (failed.length === 0) await writeFile(out, text, { flag: "wx" });
  context.print({ written: failed.length === 0 ? out : null, probes }, () =>
    [
      ...probes.map(
        (probe) =>
          `${probe.fault === null ? "OK  " : "FAIL"}  ${probe.dir}${probe.fault === null ? "" : `: ${probe.fault}`}`,
      ),
      failed.length === 0
        ? `Wrote ${out}.\nNext: hotplate doctor --config ${out}; hotplate run --config ${out}`
        : "Nothing was written.",
    ].join("\n"),
  );
  if (failed.length > 0) context.exit(EXIT.invalid);
}

function given(options: Readonly<Record<string, unknown>>, name: string): string {
  const value = options[name];
  if (typeof value !== "string" || value === "")
    throw new HotplateError("HP-USAGE", `--${name} is missing.`, {
      hint: "hotplate init --root DIR --hot DIR --state DIR [--show NAME] [--comfy URL]",
    });
  return resolve(value);
}

function configText(of: {
  readonly root: string;
  readonly hot: string;
  readonly state: string;
  readonly show: string;
  readonly comfy: string;
}): string {
  return `# Hotplate, this node. Every key with its default: config/hotplate.yaml in the product's own tree.
hotplate: 1
stateDir: ${JSON.stringify(of.state)}        # SQLite lives here: a local disk, never a share
roots:                                       # every path that Hotplate touches lies inside one of these
  - {name: shows, linux: ${JSON.stringify(of.root)}}
hotFolders:
  - {path: ${JSON.stringify(of.hot)}, show: ${JSON.stringify(of.show)}}
slots:                                       # one ComfyUI process per GPU
  - {name: gpu0, gpu: 0, url: ${JSON.stringify(of.comfy)}}
api: {listen: "127.0.0.1:7464"}
`;
}
