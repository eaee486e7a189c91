/** What is kept beside the versions, by show. */
import { z } from "zod";

const settings = {
  latest: z
    .enum(["json", "none"])
    .describe("latest.json beside the versions: which one is the newest. Replaced as a whole."),
  hero: z
    .enum(["off", "copy"])
    .describe("hero/ beside the versions: a copy of the newest under names without a version."),
  symlink: z.boolean().describe("A link `latest` to the newest version. Links break on SMB: off unless asked for."),
};

const DEFAULTS = { latest: "json", hero: "off", symlink: false } as const;

export const versionSettingsSchema = z
  .strictObject({
    latest: settings.latest.default(DEFAULTS.latest),
    hero: settings.hero.default(DEFAULTS.hero),
    symlink: settings.symlink.default(DEFAULTS.symlink),
    shows: z
      .record(
        z.string(),
        z.strictObject({
          latest: settings.latest.optional(),
          hero: settings.hero.optional(),
          symlink: settings.symlink.optional(),
        }),
      )
      .default({})
      .describe("Show -> what is different there."),
  })
  .default({ ...DEFAULTS, shows: {} })
  .describe("What lies beside the versions of a product.");
type VersionSettings = z.infer<typeof versionSettingsSchema>;

export type PointerSettings = Omit<VersionSettings, "shows">;

export function pointerSettings(settings: VersionSettings, show: string): PointerSettings {
  const { shows, ...common } = settings;
  const own = Object.hasOwn(shows, show) ? shows[show] : undefined;
  return {
    latest: own?.latest ?? common.latest,
    hero: own?.hero ?? common.hero,
    symlink: own?.symlink ?? common.symlink,
  };
}
