/**
 * What the doctor says of colour: which OCIO config each show has, whether it can be used, whether its rules name spaces that
 * it has, and whether the tool for spaces of its own is there.
 */
import type { BaseWorld } from "../adapters/world.ts";
import type { ColorConfig } from "../domain/colorConfig.ts";
import { plannedSpace } from "../domain/colorConfig.ts";
import { namedSpace } from "../domain/colorRule.ts";
import type { Line } from "./doctor.ts";

type Base = Pick<BaseWorld, "config" | "colours">;

export async function colourLines({ config, colours }: Base): Promise<readonly Line[]> {
  const { colour } = config;
  const shows = [...config.hotFolders, ...config.assetPaths].map(({ show }) => show);
  const out: Line[] = [];
  const seen = new Set<string>();
  for (const show of new Set([...shows, ...Object.keys(colour.shows)])) {
    const reading = await colours.config(show);
    if (reading.kind === "broken") {
      const fix = "correct colour.ocio in hotplate.yaml, or $OCIO; manifests of this show are refused until then";
      out.push({ state: "FAIL", what: `colour of ${show}`, found: `${reading.path}: ${reading.why}`, fix });
      continue;
    }
    const { config: found } = reading;
    const rules = [...(colour.shows[show]?.plates ?? []), ...colour.plates].map((rule) => rule.colorspace);
    out.push(...rulesLines(show, rules, found));
    if (seen.has(found.path)) continue;
    seen.add(found.path);
    out.push(await configLine(show, found, await colours.canConvert()));
  }
  return out;
}

async function configLine(show: string, config: ColorConfig, tool: boolean): Promise<Line> {
  const spaces = config.names.spaces.length;
  const others = config.names.spaces.filter((space) => plannedSpace(space.name, config)?.builtIn == null).length;
  const found = `${config.path}: ${spaces} spaces, ${spaces - others} worked out here, ${others} by oiiotool`;
  const what = `colour of ${show}`;
  if (others === 0 || tool || config.own) return { state: "OK", what, found, fix: null };
  const fix = "install OpenImageIO's tools (Debian: openimageio-tools) where plates are in those spaces";
  return { state: "WARN", what, found: `${found}, which is not installed`, fix };
}

function rulesLines(show: string, rules: readonly string[], config: ColorConfig): readonly Line[] {
  return rules.flatMap((written): readonly Line[] => {
    const space = namedSpace(written, config);
    if (typeof space === "string") return [];
    const near = space.nearest === null ? "" : `; nearest: ${space.nearest}`;
    const found = `colour.plates names "${written}", which ${config.name} has not${near}`;
    return [{ state: "FAIL", what: `colour of ${show}`, found, fix: "use a name of that config" }];
  });
}
