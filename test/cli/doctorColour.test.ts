/** What the doctor says of colour, show by show. */
import { expect, test } from "vitest";
import { colourLines } from "../../daemon/cli/doctorColour.ts";
import type { ColorConfigReading } from "../../daemon/domain/colorConfig.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import { configOf, OWN_COLOR_CONFIG, OWN_CONFIG_PATH } from "../fixtures/colours.ts";

async function lines(of: {
  readonly plates?: readonly object[];
  readonly reading?: (show: string) => ColorConfigReading;
  readonly tool?: boolean;
}) {
  const config = configSchema.parse({
    hotplate: 1,
    stateDir: "/state",
    roots: [{ name: "shows", linux: "/shows" }],
    hotFolders: [
      { path: "/shows/a/hot", show: "AGM" },
      { path: "/shows/b/hot", show: "BOB" },
    ],
    slots: [{ name: "gpu0", url: "http://127.0.0.1:9" }],
    colour: { plates: of.plates ?? [] },
  });
  const own: ColorConfigReading = { kind: "config", config: OWN_COLOR_CONFIG };
  const colours = {
    config: async (show: string) => of.reading?.(show) ?? own,
    canConvert: async () => of.tool ?? true,
  };
  return (await colourLines({ config, colours })).map(({ state, what, found }) => `${state} ${what}: ${found}`);
}

test("shows with the same config have one line; ours needs no tool", async () => {
  expect(await lines({ tool: false })).toEqual([
    `OK colour of AGM: ${OWN_CONFIG_PATH}: 15 spaces, 14 worked out here, 1 by oiiotool`,
  ]);
});

test("a config that can't be used fails its show alone", async () => {
  const reading = (show: string): ColorConfigReading =>
    show === "AGM"
      ? { kind: "broken", path: "/x.ocio", why: "it is no OCIO config" }
      : { kind: "config", config: OWN_COLOR_CONFIG };
  expect(await lines({ reading })).toEqual([
    "FAIL colour of AGM: /x.ocio: it is no OCIO config",
    expect.stringContaining("OK colour of BOB"),
  ]);
});

test("a studio's own spaces want oiiotool", async () => {
  const config = configOf(
    "ocio_profile_version: 2\nroles: {aces_interchange: ap0}\ncolorspaces: [{name: ap0}, {name: show_log}]",
  );
  const said = await lines({ reading: () => ({ kind: "config", config }), tool: false });
  expect(said[0]).toMatch(/^WARN .* 1 worked out here, 1 by oiiotool, which is not installed$/);
});

test("a rule that names no space of the config fails, with the nearest", async () => {
  expect(await lines({ plates: [{ type: "exr", colorspace: "acesg" }] })).toContain(
    'FAIL colour of BOB: colour.plates names "acesg", which hotplate.ocio has not; nearest: ACEScg',
  );
});
