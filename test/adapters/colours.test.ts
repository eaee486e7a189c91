/** Where a show's OCIO config comes from, and that it is read again when it changed. */
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createColours } from "../../daemon/adapters/colours.ts";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { ExecAnswer } from "../../daemon/ports.ts";
import { REPOSITORY } from "../fixtures/sources.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const config = (space: string) => `ocio_profile_version: 2\ncolorspaces: [{name: ${space}}]\n`;
const answered = (exitCode: number): Promise<ExecAnswer> =>
  Promise.resolve({ exitCode, stdout: "", stderr: "", timedOut: false });
const colours = (of: {
  readonly ocio?: string;
  readonly shows?: Record<string, { readonly ocio?: string; readonly plates: [] }>;
  readonly env?: string;
  readonly run?: () => Promise<ExecAnswer>;
}) =>
  createColours({
    files: createFiles(),
    digest: createDigest(),
    exec: { run: of.run ?? (() => answered(0)) },
    colour: { plates: [], shows: of.shows ?? {}, ...(of.ocio === undefined ? {} : { ocio: of.ocio }) },
    env: of.env ?? null,
    home: REPOSITORY,
  });
const spaces = async (of: ReturnType<typeof colours>, show = "AGM") => {
  const reading = await of.config(show);
  return reading.kind === "config" ? reading.config.names.spaces.map((space) => space.name) : reading.why;
};

test("the show's config goes before the node's, that before $OCIO, and ours is the last", async () => {
  using dir = tempDir();
  for (const name of ["show", "node", "env"]) writeFileSync(dir.file(name), config(name));
  const [show, node, env] = [dir.file("show"), dir.file("node"), dir.file("env")];
  expect(await spaces(colours({ shows: { AGM: { ocio: show, plates: [] } }, ocio: node, env }))).toEqual(["show"]);
  expect(await spaces(colours({ shows: { AGM: { ocio: show, plates: [] } }, ocio: node, env }), "X")).toEqual(["node"]);
  expect(await spaces(colours({ ocio: node, env }))).toEqual(["node"]);
  expect(await spaces(colours({ env }))).toEqual(["env"]);
  expect(await colours({}).config("AGM")).toMatchObject({
    kind: "config",
    config: { name: "hotplate.ocio", own: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});

test("a config that changed is read again, with its new hash", async () => {
  using dir = tempDir();
  writeFileSync(dir.file("c"), config("before"));
  const of = colours({ ocio: dir.file("c") });
  const first = await of.config("AGM");
  expect(await of.config("AGM")).toBe(first);
  writeFileSync(dir.file("c"), config("afterwards"));
  expect(await spaces(of)).toEqual(["afterwards"]);
});

describe("a config that can't be used is told, never replaced by another", () => {
  test("it is not there, and is found as soon as it is", async () => {
    using dir = tempDir();
    const of = colours({ ocio: dir.file("c") });
    expect(await spaces(of)).toMatch(/can't be read \(ENOENT/);
    writeFileSync(dir.file("c"), config("there"));
    expect(await spaces(of)).toEqual(["there"]);
  });
  test("a folder, no config, and one that is built into a library", async () => {
    using dir = tempDir();
    mkdirSync(dir.file("d"));
    writeFileSync(dir.file("t"), "hello");
    expect(await spaces(colours({ ocio: dir.file("d") }))).toMatch(/can't be read/);
    expect(await spaces(colours({ ocio: dir.file("t") }))).toMatch(/no OCIO config/);
    expect(await spaces(colours({ env: "ocio://default" }))).toMatch(/built into/);
  });
  test("a mount that fails now is no verdict: it is asked again", async () => {
    const of = createColours({
      files: { ...createFiles(), realpath: () => Promise.reject(Object.assign(new Error("x"), { code: "EIO" })) },
      digest: createDigest(),
      exec: { run: () => answered(0) },
      colour: { plates: [], shows: {}, ocio: "/mnt/x" },
      env: null,
      home: REPOSITORY,
    });
    await expect(of.config("AGM")).rejects.toMatchObject({ code: "EIO" });
  });
});

test("oiiotool is asked for until it is there; a node without it can't convert", async () => {
  let asked = 0;
  const of = colours({ run: () => ((asked += 1), answered(0)) });
  expect([await of.canConvert(), await of.canConvert(), asked]).toEqual([true, true, 1]);
  const absent = colours({ run: () => Promise.reject(Object.assign(new Error("x"), { code: "ENOENT" })) });
  expect(await absent.canConvert()).toBe(false);
  let installed = false;
  const later = colours({ run: () => answered(installed ? 0 : 127) });
  expect(await later.canConvert()).toBe(false);
  installed = true;
  expect(await later.canConvert()).toBe(true);
});
