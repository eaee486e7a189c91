/** `hotplate path`: one place in every spelling, and what a path is by the show's templates. */
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

let dir: TempDir;
beforeAll(() => {
  dir = tempDir();
  writeFileSync(
    dir.file("hotplate.yaml"),
    String.raw`hotplate: 1
stateDir: ${dir.file("state")}
roots:
  - {name: shows, linux: /mnt/shows, macos: /Volumes/shows, windows: ['P:\', '\\nas01\shows']}
  - {name: bare, linux: /srv/bare}
slots: [{name: gpu0, url: "http://127.0.0.1:9"}]
paths:
  layout: toolkit
  base: "{show}"
  shows:
    VEN: {layout: vendor_series, base: VEN}
    OLD: {layout: loose, base: OLD}
  layouts:
    loose:
      like: vendor_series
      tokens: {seq: {match: "[A-Za-z0-9]+"}}
      plate: "plates/@shot_{plate}_v{plate_version}.{frame}.{ext}"
      ambiguous: [plate]
      shot: "{show}_{episode}_[{seq}_][{scene}_]{shotnum}"
      work: "out/{product}/{version}/r_{product}_{version}[_{wedge}][.{frame}].{ext}"
      publish: "pub/{task}/{product}/{version}/r_{product}_{version}[.{frame}].{ext}"
      publish_state: "pub/{task}/{product}/.hotplate"
      review: "review/{product}_{version}/{product}_{version}[_{wedge}][.{frame}].{ext}"
      contact: "review/{product}_{version}_contact[_p{page}].jpg"
      qc: "review/{product}_{version}_qc.html"
`,
  );
});
afterAll(() => dir[Symbol.dispose]());

const path = (...args: readonly string[]): Promise<Said> =>
  hotplate(["path", ...args], { env: { HOTPLATE_CONFIG: dir.file("hotplate.yaml") } });
const WORK = "AGM/sequences/TUN/010/comp/work/images/env_x/v003";

describe("a place", () => {
  it("is told in every spelling, whichever it was given in", async () => {
    const forms =
      "/mnt/shows/AGM/plates\nP:\\AGM\\plates\n\\\\nas01\\shows\\AGM\\plates\n/Volumes/shows/AGM/plates\nstored:  shows:AGM/plates\n";
    for (const given of [
      "/mnt/shows/AGM/plates",
      "p:\\AGM\\plates",
      "//NAS01/shows/AGM/plates",
      "/Volumes/shows/AGM/plates",
    ])
      expect([given, (await path(given)).stdout]).toEqual([given, forms]);
    expect((await path("--json", "P:\\AGM")).json()).toEqual({
      linux: "/mnt/shows/AGM",
      macos: "/Volumes/shows/AGM",
      windows: ["P:\\AGM", "\\\\nas01\\shows\\AGM"],
      root: "shows",
      relative: "AGM",
    });
    expect((await path("P:\\AGM", "--to", "macos")).stdout).toBe("/Volumes/shows/AGM\n");
  });

  it("without a name on the other machine, or of no machine, is refused with what is known", async () => {
    const unmapped = await path("Q:\\AGM");
    expect([unmapped.code, unmapped.stderr]).toEqual([
      3,
      expect.stringContaining('HP-PATH-WINDOWS  No mapping for "Q:\\AGM". Known: P:, \\\\nas01\\shows.'),
    ]);
    expect((await path("/srv/bare/x", "--to", "windows")).stderr).toContain("Root bare has no name on windows");
    expect((await path("/elsewhere/x")).stderr).toContain(
      "HP-PATH-ROOT  /elsewhere/x lies outside every root (/mnt/shows, /srv/bare)",
    );
    expect((await path("P:AGM\\x")).code).toBe(3);
    expect((await path("P:\\x", "--to", "amiga")).code).toBe(2);
    expect((await path("a", "b")).code).toBe(2);
  });
});

describe("a path explained", () => {
  it("names the template, its tokens, and where every other one failed", async () => {
    const said = await path("explain", `/mnt/shows/${WORK}/010_env_x_v003.1001.exr`);
    expect(said.code).toBe(0);
    expect(said.stdout).toContain(
      [
        "toolkit work  {show}/@shot_root/{step}/work/images/{product}/{version}[/{wedge}]/{shot}_{product}_{version}[_{wedge}][.{frame}].{ext}",
        "  show     AGM",
        "  seq      TUN",
        "  shot     010",
        "  step     comp",
        "  product  env_x",
        "  version  3",
        "  frame    1001",
        "  ext      exr",
      ].join("\n"),
    );
    expect(said.stdout).toContain(
      '  toolkit publish  {show}/@shot_root/{step}/publish/elements/{product}/{version}/{shot}_{product}_{version}[.{frame}].{ext}\n    reads "AGM/sequences/TUN/010/comp/", then finds "work/images/env_x/v003/010_env_x_v003.1001.exr" and wants "/publish/elements/"',
    );
    expect(said.stdout).toContain("    reads it all; work fits, and comes first");
  });

  it("that fits nothing of the show ends with 1 and says what each wanted", async () => {
    const said = await path("explain", "--json", `P:\\${WORK.replaceAll("/", "\\")}\\010_env_x_v004.1001.exr`);
    expect(said.code).toBe(1);
    const answer = said.json<{ kind: string; others: readonly { template: string; at: string; wanted: string }[] }>();
    expect(answer.kind).toBe("none");
    expect(answer.others.find(({ template }) => template === "work")).toMatchObject({
      at: "v004.1001.exr",
      wanted: "{version} to be v003 as before",
    });
  });

  it("is read by the layout of its own show", async () => {
    const file = "VEN/AGM_104_065_010/AGM_104_065_010_PL01_v001/4536x3780/AGM_104_065_010_PL01_v001.1023.exr";
    const answer = (await path("explain", "--json", `/mnt/shows/${file}`)).json<{ kind: string; match: object }>();
    expect(answer).toMatchObject({
      kind: "match",
      match: { layout: "vendor_series", template: "plate", tokens: { scene: "065", shotnum: "010" } },
    });
  });

  it("of a folder names the templates that have it on their way", async () => {
    const said = await path("explain", `/mnt/shows/${WORK}/.hotplate`);
    expect([said.code, said.stdout.split("\n")[0]]).toEqual([
      0,
      "FOLDER of product versionState: show AGM, seq TUN, shot 010, step comp, product env_x, version 3",
    ]);
    expect((await path("explain", "/mnt/shows/AGM/sequences/TUN/010/comp/odd")).code).toBe(1);
  });

  it("that can be read in two ways is refused with both, exit 3", async () => {
    const said = await path("explain", "--show", "OLD", "/mnt/shows/OLD/plates/AGM_104_065_010_PL01_v001.1001.exr");
    expect(said.code).toBe(3);
    expect(said.stdout).toContain("REFUSED: it can be read in 2 ways.");
    expect(said.stdout).toMatch(/ {2}seq {12}065\n/);
    expect(said.stdout).toMatch(/ {2}scene {10}065\n/);
  });
});
