/** The demo's manifest: the same environment under many lights, dropped as our own tools drop. */
import { existsSync, linkSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { statusFileName } from "../../daemon/domain/answer.ts";

const LIGHTINGS = [
  "dawn",
  "sunrise",
  "noon",
  "overcast",
  "golden",
  "sunset",
  "dusk",
  "moonlight",
  "sodium",
  "neon",
  "storm",
  "fog",
];

/** As many lightings as give the number exactly with whole seeds; else one lighting per seed side by side. */
export function manifestFor(variations: number): string {
  const lights =
    [...LIGHTINGS.keys()]
      .map((index) => index + 1)
      .reverse()
      .find((count) => variations % count === 0) ?? 1;
  const seeds = variations / lights;
  return [
    "# yaml-language-server: $schema=./hotplate-manifest.schema.json",
    "use: env_relight",
    "plate: ../shots/DEMO/SH010/plates/DEMO_SH010_PL01_v001/DEMO_SH010_PL01_v001.####.png",
    "name: one environment, many lights",
    "sweep:",
    "  axes:",
    `    lighting: [${LIGHTINGS.slice(0, lights).join(", ")}]`,
    `    seed: {count: ${seeds}, from: 1000}`,
    "  combine: lighting * seed",
    "  frames: 1001",
    `  limit: ${variations}`,
    "rerun: true",
    "...",
    "",
  ].join("\n");
}

/** A complete file gets its name by one link. A name that is taken by an earlier demo's answer gets a number. */
export function dropManifest(root: string, text: string): { readonly path: string; readonly answer: string } {
  const hot = join(root, "hot");
  const taken = new Set(readdirSync(hot));
  let name = "relight.yaml";
  for (let n = 2; taken.has(name) || taken.has(statusFileName(name)); n += 1) name = `relight_${n}.yaml`;
  const temporary = join(hot, `.${name}.tmp`);
  if (existsSync(temporary)) rmSync(temporary);
  writeFileSync(temporary, text, { flush: true });
  linkSync(temporary, join(hot, name));
  rmSync(temporary);
  return { path: join(hot, name), answer: join(hot, statusFileName(name)) };
}
