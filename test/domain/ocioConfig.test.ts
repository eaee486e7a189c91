/** Names out of OCIO configs of any version, as written and as nearly written. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { OcioNames } from "../../daemon/domain/ocioConfig.ts";
import { findName, readOcioNames, roleSpace } from "../../daemon/domain/ocioConfig.ts";

const STUDIO = `ocio_profile_version: 2.4
environment: {SHOW: agm}
search_path: [luts, grades]
inactive_colorspaces: [old]
roles:
  scene_linear: ACES - ACEScg
  aces_interchange: ap0
  data: raw_data
displays:
  sRGB:
    - !<View> {name: Film, colorspace: out_film, looks: +show_lut}
looks:
  - !<Look> {name: show_lut, process_space: show_log, transform: !<FileTransform> {src: show.cube}}
named_transforms:
  - !<NamedTransform> {name: gamma, transform: !<ExponentTransform> {value: [2, 2, 2, 1]}}
colorspaces:
  - !<ColorSpace>
    name: ACES - ACEScg
    family: ACES
    description: |
      Two lines: with a colon,
      and { a brace.
    from_reference: !<MatrixTransform> {matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}
  - !<ColorSpace> {name: show_log, aliases: [slog, "AGM log"], family: Show/Camera, to_scene_reference: !<FileTransform> {src: a.spi1d, interpolation: tetrahedral}}
  - !<ColorSpace> {name: ACES2065-1, aliases: [ap0]}
  - !<ColorSpace> {name: raw_data, isdata: true}
  - !<ColorSpace> {name: 709}
  - {nothing: here}
`;
const names = (text: string): OcioNames => {
  const reading = readOcioNames(text);
  if (!reading.ok) throw new Error(reading.why);
  return reading.names;
};

describe("a studio's config", () => {
  test("gives its spaces, aliases, families and roles, whatever else it holds", () => {
    const found = names(STUDIO);
    expect(found.spaces.map((space) => space.name)).toEqual([
      "ACES - ACEScg",
      "show_log",
      "ACES2065-1",
      "raw_data",
      "709",
    ]);
    expect(found.spaces[1]).toEqual({
      name: "show_log",
      aliases: ["slog", "AGM log"],
      family: "Show/Camera",
      data: false,
    });
    expect(roleSpace("scene_linear", found)).toBe("ACES - ACEScg");
    expect(roleSpace("aces_interchange", found)).toBe("ACES2065-1");
    expect(roleSpace("texture_paint", found)).toBeNull();
  });
  test.each([
    ["show_log", "show_log"],
    ["SHOW-LOG", "show_log"],
    ["agm log", "show_log"],
    ["Show/Camera/show_log", "show_log"],
    ["scene_linear", "ACES - ACEScg"],
    ["aces_interchange", "ACES2065-1"],
    ["709", "709"],
  ])("%s is found", (written, name) => {
    expect(findName(written, names(STUDIO))).toMatchObject({ kind: "found", name });
  });
  test("data is told as data", () => {
    expect(findName("raw_data", names(STUDIO))).toMatchObject({ data: true });
  });
  test.each([
    ["shwo_log", "show_log"],
    ["slgo", "show_log"],
    ["scene_liner", "ACES - ACEScg"],
    ["nothing like it at all", null],
    // As far from slog as S-Log3 is from LogC3: another curve, and no slip of the keyboard.
    ["clogs", null],
  ])("%s is not there; nearest: %s", (written, nearest) => {
    expect(findName(written, names(STUDIO))).toEqual({ kind: "unknown", nearest });
  });
});

describe("what is no config says why", () => {
  test.each([
    ["not: an ocio config", /no ocio_profile_version/],
    ["ocio_profile_version: 2\nroles: {}\n", /names no colour spaces/],
    ["ocio_profile_version: 2\ncolorspaces: [", /not valid YAML/],
    ["PK\u0003\u0004 zipped", /archive/],
    ["", /no OCIO config/],
    [`ocio_profile_version: 2\n# ${"x".repeat(LIMITS.ocioConfigBytesMax)}`, /larger than/],
    [
      `a: &a [1]\n${"b: [*a]\n".repeat(1)}c: &c [*a, *a, *a, *a, *a, *a, *a, *a]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d]\nocio_profile_version: 2`,
      /can't be read as YAML/,
    ],
  ])("%.30s", (text, why) => {
    expect(readOcioNames(text)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });
});
