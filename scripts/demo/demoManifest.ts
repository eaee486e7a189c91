/** The demo's manifest: the same environment under many lights, dropped as our own tools drop. */
import { existsSync, linkSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { statusFileName } from "../../daemon/domain/answer.ts";

/** Names of env_relight's presets: most different first, so that a few of them already show the range. */
const LIGHTINGS = [
  "dawn",
  "sunset",
  "moonlight",
  "noon",
  "neon",
  "fog",
  "golden",
  "overcast",
  "dusk",
  "sodium",
  "storm",
  "sunrise",
  "dust",
  "firelight",
  "morning",
  "fluorescent",
];

const DIRECTIONS = ["from_left", "from_right", "from_above", "by_lighting"];

/** Lightings x directions x seeds that give the number exactly: as many that the eye tells apart as there can be. */
function axesFor(variations: number): { readonly lights: number; readonly directions: number; readonly seeds: number } {
  let best = { lights: 1, directions: 1, seeds: variations };
  for (let lights = LIGHTINGS.length; lights >= 1; lights -= 1) {
    for (let directions = 1; directions <= DIRECTIONS.length; directions += 1) {
      const seeds = variations / (lights * directions);
      if (Number.isInteger(seeds) && seeds < best.seeds) best = { lights, directions, seeds };
    }
  }
  return best;
}

export function manifestFor(variations: number): string {
  const { lights, directions, seeds } = axesFor(variations);
  return [
    "# yaml-language-server: $schema=./hotplate-manifest.schema.json",
    "use: env_relight",
    "plate: ../shots/DEMO/SH010/plates/DEMO_SH010_PL01_v001/DEMO_SH010_PL01_v001.####.png",
    "name: one environment, many lights",
    "sweep:",
    "  axes:",
    `    lighting: [${LIGHTINGS.slice(0, lights).join(", ")}]`,
    ...(directions > 1 ? [`    direction: [${DIRECTIONS.slice(0, directions).join(", ")}]`] : []),
    ...(seeds > 1 ? [`    seed: {count: ${seeds}, from: 1000}`] : []),
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
