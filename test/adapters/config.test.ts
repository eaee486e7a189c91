/** Every mistake in a configuration is named with its place and the nearest right word, all at once. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkStateDir, loadConfig, parseConfig } from "../../daemon/adapters/config.ts";
import { layoutSources } from "../../daemon/adapters/layouts.ts";
import { configKeys, readConfig } from "../../daemon/domain/configText.ts";
import { readBook } from "../../daemon/domain/pathBook.ts";
import { formatPath } from "../../daemon/domain/pathTemplateParse.ts";
import type { Problem } from "../../daemon/domain/errors.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const SMALL = `hotplate: 1
stateDir: /var/lib/hotplate
roots:
  - {name: shows, linux: /mnt/shows}
hotFolders:
  - {path: /mnt/shows/hot, show: DUNE3}
slots:
  - {name: gpu0, url: "http://127.0.0.1:8188"}
`;

function problems(text: string): readonly Problem[] {
  const reading = readConfig(text, "h.yaml");
  return reading.ok ? [] : reading.problems;
}

/** `line:col message` of each problem, and what follows it where there is something. */
const said = (text: string): readonly string[] =>
  problems(text).map((p) =>
    [`${p.line}:${p.col} ${p.message}`, p.found, p.expected, p.nearest].filter((word) => word !== null).join(" | "),
  );

describe("the configuration", () => {
  it("fills in every default", () => {
    const config = parseConfig(SMALL, "h.yaml");
    expect(config).toMatchObject({
      assetPaths: [],
      recipes: [],
      plugins: [],
      api: { listen: "127.0.0.1:7464", allowedHosts: [] },
      log: { level: "info" },
    });
    expect(config.slots[0]?.demo).toBe(false);
  });

  it("names an unknown key with the nearest right word, at any depth", () => {
    expect(said(SMALL.replace("hotFolders:", "hotFolder:"))).toEqual([
      expect.stringMatching(/^5:1 "hotFolder" is no key\. \| hotFolder \| one of .*slots.* \| hotFolders$/),
    ]);
    expect(said(SMALL.replace("show: DUNE3", "show: DUNE3, setleMs: 5"))).toEqual([
      expect.stringMatching(
        /^6:41 "setleMs" is no key in hotFolders\[0\]\. \| setleMs \| one of path, show, .* \| settleMs$/,
      ),
    ]);
  });

  it("says what is missing, what is of the wrong kind and what is out of range, all at once", () => {
    const text = SMALL.replace("stateDir: /var/lib/hotplate\n", "")
      .replace("hotplate: 1", "hotplate: 2")
      .replace("path: /mnt/shows/hot", "path: hot, settleMs: -1, poll: maybe");
    expect(said(text)).toEqual([
      "1:11 hotplate can't be used. | 2 | 1",
      "1:1 stateDir is missing. | text",
      "5:12 hotFolders[0].path can't be used. | hot | an absolute path",
      "5:37 hotFolders[0].poll can't be used. | maybe | true or false",
      "5:27 hotFolders[0].settleMs can't be used. | -1 | at least 0",
    ]);
  });

  it("refuses names and paths that stand twice", () => {
    const text = SMALL.replace('8188"}', '8188"}\n  - {name: gpu0, url: "http://127.0.0.1:8189"}').replace(
      "show: DUNE3}",
      "show: DUNE3}\n  - {path: /mnt/shows/hot, show: DUNE4}",
    );
    expect(said(text)).toEqual([
      "10:12 slots[1].name stands twice. | gpu0 | a name of its own",
      "7:12 hotFolders[1].path stands twice. | /mnt/shows/hot | a name of its own",
    ]);
  });

  it("refuses plugins in a hot folder, where anybody could drop them", () => {
    const text = `${SMALL}plugins: [/mnt/shows/hot/checks, /mnt/shows/hot, /mnt/shows/hotter]\n`;
    expect(said(text).map((line) => line.replace(/^\d+:\d+ /, ""))).toEqual([
      "plugins[0] lies in the hot folder /mnt/shows/hot. | /mnt/shows/hot/checks | a folder that only operators write",
      "plugins[1] lies in the hot folder /mnt/shows/hot. | /mnt/shows/hot | a folder that only operators write",
    ]);
  });

  it("refuses folders outside every root and paths that are not absolute", () => {
    const text = `${SMALL.replace("/mnt/shows/hot", "/mnt/shows2/hot")}assetPaths:
  - {glob: "/srv/*/plates/*", show: A, recipe: r}
  - {glob: "/mnt/shows/*/plates/*", show: A, recipe: r}
recipes: [studio/recipes]
rules: ./rules.yaml
colour: {ocio: config.ocio, shows: {DUNE3: {ocio: ./dune.ocio}}}
`;
    expect(said(text)).toEqual([
      "6:12 hotFolders[0].path lies outside every root. | /mnt/shows2/hot | a path inside /mnt/shows",
      "10:12 assetPaths[0].glob lies outside every root. | /srv | a path inside /mnt/shows",
      "12:11 recipes[0] can't be used. | studio/recipes | an absolute path",
      "13:8 rules can't be used. | ./rules.yaml | an absolute path",
      "14:16 colour.ocio can't be used. | config.ocio | an absolute path",
      "14:51 colour.shows.DUNE3.ocio can't be used. | ./dune.ocio | an absolute path",
    ]);
  });

  it("fills in where a spawned slot listens and what directories are its own", () => {
    const spawn = "spawn: {dir: /opt/ComfyUI, python: /opt/venv/bin/python}";
    const text = SMALL.replace(
      'url: "http://127.0.0.1:8188"}',
      `${spawn}}\n  - {name: b, url: "http://127.0.0.1:8188"}`,
    );
    const { slots } = parseConfig(`${text}  - {name: c, gpu: GPU-8f-1, ${spawn}}\n`, "h.yaml");
    expect(slots.map((slot) => [slot.name, slot.url, slot.shared?.output])).toEqual([
      ["gpu0", "http://127.0.0.1:8189", "/var/lib/hotplate/slots/gpu0/output"],
      ["b", "http://127.0.0.1:8188", undefined],
      ["c", "http://127.0.0.1:8190", "/var/lib/hotplate/slots/c/output"],
    ]);
    expect(slots[0]?.spawn).toMatchObject({ port: 8189, cache: "classic", outlive: false, args: [], env: {} });
  });

  it("reads sizes as bytes and refuses what is none", () => {
    const slot = (memory: string) =>
      SMALL.replace('url: "http://127.0.0.1:8188"', `spawn: {dir: /c, python: /p, memoryMax: ${memory}}`);
    expect(parseConfig(slot("24GB"), "h.yaml").slots[0]?.spawn?.memoryMax).toBe(24e9);
    expect(parseConfig(slot("1.5GiB"), "h.yaml").slots[0]?.spawn?.memoryMax).toBe(1.5 * 1024 ** 3);
    expect(said(slot("lots"))).toEqual([
      "8:58 slots[0].spawn.memoryMax can't be used. | lots | a size like 24GB or 512MiB",
    ]);
  });

  it("wants a distance between too hot and cool again", () => {
    expect(said(`${SMALL}gpus: {hotCelsius: 85, coolCelsius: 85}\n`)).toEqual([
      "9:37 gpus.coolCelsius is not below gpus.hotCelsius. | 85 | less than 85",
    ]);
    expect(said(`${SMALL}gpus: {hotCelsius: 85, coolCelsius: 84}\n`)).toEqual([]);
  });

  it("wants a slot attached or spawned, exactly one of both, on a port of its own", () => {
    const slots = (text: string) => SMALL.replace('{name: gpu0, url: "http://127.0.0.1:8188"}', text);
    const spawned = (more: string) => slots(`{name: a, spawn: {dir: /c, python: /p${more}}}`);
    expect(said(slots("{name: a}"))).toEqual(["8:5 slots[0] has neither url nor spawn. | one of both"]);
    expect(
      said(slots('{name: a, url: "http://h:1", spawn: {dir: /c, python: /p}, shared: {input: /i, output: /o}}')),
    ).toEqual([
      "8:20 slots[0] has both url and spawn. | url | one of both",
      "8:72 slots[0].shared is for attached slots. | shared | spawn alone",
    ]);
    expect(said(slots('{name: a, url: "http://h:1", recycle: {tasks: 5}}'))).toEqual([
      "8:43 slots[0].recycle can't be used: nothing says how to restart it. | restart beside it",
    ]);
    expect(said(slots('{name: a, url: "http://h:1", restart: [r], recycle: {memory: 1GB}}'))).toEqual([
      "8:66 slots[0].recycle.memory can't be used: the memory of an attached ComfyUI is not seen. | 1000000000 | a spawned slot",
    ]);
    expect(said(spawned(", args: [--port, '1', --cache-lru=4]"))).toEqual([
      "8:51 slots[0].spawn.args can't hold --port. | --port | flags that Hotplate does not set",
      "8:64 slots[0].spawn.args can't hold --cache-lru=4. | --cache-lru=4 | flags that Hotplate does not set",
    ]);
    expect(said(spawned(", cache: big"))[0]).toMatch(
      /^8:51 slots\[0\]\.spawn\.cache can't be used\. \| big \| text like/,
    );
    expect(
      said(
        `${slots('{name: a, url: "http://localhost:8190/"}')}  - {name: b, spawn: {dir: /c, python: /p, port: 8190}}\n`,
      ),
    ).toEqual(["9:50 slots[1] and slots[0] use the same port. | 8190 | a port of its own"]);
  });

  it("places a syntax error, a key that stands twice, a second document and an empty file", () => {
    expect(said("hotplate: 1\n\tstateDir: /x\n")[0]).toMatch(/^2:1 /);
    expect(said(`${SMALL}stateDir: /other\n`)[0]).toMatch(/^9:1 .*unique/);
    expect(said(`${SMALL}---\nhotplate: 1\n`).length).toBeGreaterThan(0);
    expect(said("")).toEqual(["1:1 The file is missing. | keys with values"]);
    expect(said("- hotplate\n")).toEqual(['1:1 The file can\'t be used. | ["hotplate"] | keys with values']);
  });

  it("refuses an alias bomb instead of unfolding it", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e", "f"].map((name, i) => `${name}: &${name} [${`*${"abcde"[i]},`.repeat(9)}]`),
    ].join("\n");
    expect(said(bomb).length).toBeGreaterThan(0);
  });

  it("is read from disk whole, or says why it can't be", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("h.yaml"), SMALL);
    writeFileSync(dir.file("bad.yaml"), SMALL.replace("roots", "rots"));
    expect((await loadConfig(dir.file("h.yaml"))).path).toBe(dir.file("h.yaml"));
    await expect(loadConfig(dir.file("none.yaml"))).rejects.toMatchObject({ code: "HP-CONFIG-MISSING" });
    const error = await loadConfig(dir.file("bad.yaml")).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(HotplateError);
    expect(error).toMatchObject({ code: "HP-CONFIG-INVALID", exit: 3 });
    expect(error instanceof HotplateError && error.message).toContain(`${dir.file("bad.yaml")}:3:1 "rots" is no key.`);
    expect(error instanceof HotplateError && error.problems.map((p) => p.nearest)).toContain("roots");
  });

  it("keeps the state directory off shares", async () => {
    const on = (kind: "local" | "nfs" | "smb" | "fuse" | "unknown") =>
      checkStateDir({ mount: async () => ({ kind, dev: "1", freeBytes: 1 }) }, "/state");
    await on("local");
    await on("unknown");
    for (const kind of ["nfs", "smb", "fuse"] as const)
      await expect(on(kind)).rejects.toMatchObject({ code: "HP-STATE-NETWORK", exit: 3 });
  });
});

describe("config/hotplate.yaml", () => {
  const path = fileURLToPath(new URL("../../config/hotplate.yaml", import.meta.url));
  const text = readFileSync(path, "utf8");

  it("can be used as it is", () => {
    expect(said(text)).toEqual([]);
  });

  it("names every key of the schema, and none that is not there", () => {
    const named = [...text.matchAll(/^ *(?:# |- )*([A-Za-z]+):(?= |$)/gm)].map((match) => match[1] ?? "");
    const known = configKeys().map((key) => key.slice(key.lastIndexOf(".") + 1));
    expect([...new Set(named)].toSorted()).toEqual([...new Set(known)].toSorted());
    // Two slots, for one can't be attached and spawned: each has its name.
    expect(named.filter((name) => name === "name").length).toBe(3);
    expect(named.length).toBe(known.length + 1);
  });

  it("can be used with every line that is commented out", () => {
    expect(said(text.replaceAll(/^( *)# ([a-zA-Z]+: \S)/gm, "$1$2"))).toEqual([]);
  });
});

describe("paths", () => {
  const layouts = layoutSources();
  const PATHS = `${SMALL}paths:\n`;
  const wrong = (text: string): readonly string[] => {
    const reading = readConfig(text, "h.yaml", { ...layouts, env: { SITE: "ber" } });
    return reading.ok
      ? []
      : reading.problems.map((p) =>
          [`${p.line}:${p.col} ${p.code} ${p.message}`, p.nearest].filter((word) => word !== null).join(" | "),
        );
  };

  it("take a shipped layout, its own words over it, and another one for one show", () => {
    const text = `${PATHS}  layout: toolkit
  to: work
  base: "{show}"
  tokens: {vendor: {default: NFX}}
  layouts:
    toolkit: {qc: "{env.SITE}/qc/{seq}/{shot}/{product}_{version}.html"}
    house: {like: toolkit, shot_root: "s/{seq}/{shot}"}
  shows:
    VEN: {layout: vendor_feature, base: VEN, to: beside}
`;
    expect(wrong(text)).toEqual([]);
    const reading = readConfig(text, "h.yaml");
    const { book } = readBook(reading.ok ? reading.config.paths : undefined, { ...layouts, env: { SITE: "ber" } });
    const { every, shows } = book!;
    expect([every.to, shows["VEN"]?.to, shows["VEN"]?.layout.name]).toEqual(["work", "beside", "vendor_feature"]);
    const tokens = { show: "AGM", seq: "TUN", shot: "010", product: "env", version: "1" };
    expect(formatPath(every.layout.places.work!.qc, tokens)).toEqual({
      ok: true,
      path: "AGM/ber/qc/TUN/010/env_v001.html",
    });
    expect(shows["VEN"]?.layout.types["vendor"]?.default).toBe("NFX");
  });

  it("of QC by show and recipe are read, and a wrong word in them is named with the nearest", () => {
    expect(wrong(`${SMALL}qc: {shows: {AGM: {onFial: hold}}}\n`)[0]).toContain(
      '"onFial" is no key in qc.shows.AGM. | onFail',
    );
    expect(wrong(`${SMALL}qc: {shows: {AGM: {onFail: {retry: {seeds: 99}}}}}\n`)).toHaveLength(1);
    const good = "qc: {recipes: {env: {checks: {image.grain: {ratioMin: 0.7, severity: fail}, image.soft: off}}}}";
    expect(wrong(`${SMALL}${good}\n`)).toEqual([]);
  });

  it("name a layout that is none, at its place, with the nearest", () => {
    expect(wrong(`${PATHS}  layout: tookit\n`)).toEqual([
      '10:11 HP-CONFIG-LAYOUT There is no layout "tookit". | toolkit',
    ]);
    expect(wrong(`${PATHS}  shows: {AGM: {layout: ayn}}\n`)).toEqual([
      '10:25 HP-CONFIG-LAYOUT There is no layout "ayn". | ayon',
    ]);
    expect(wrong(`${PATHS}  layuot: ayon\n`)).toEqual(['10:3 HP-CONFIG-INVALID "layuot" is no key in paths. | layout']);
  });

  it("name what is wrong inside a template, a token, an alias or an example", () => {
    const layout = (text: string): readonly string[] => wrong(`${PATHS}  layouts:\n    toolkit:\n      ${text}\n`);
    expect(layout('work: "@shot_rot/{version}/{product}.{ext}"')).toEqual([
      "12:13 HP-CONFIG-LAYOUT Layout toolkit: work: @shot_rot is not declared. | @shot_root",
    ]);
    expect(layout('publsh: "{shot}"')).toEqual([
      '12:15 HP-CONFIG-LAYOUT Layout toolkit: "publsh" is no template, and as an alias (@publsh) nothing uses it. | publish',
    ]);
    expect(layout('qc: "qc/{porduct}_{version}.html"')).toEqual([
      "12:11 HP-CONFIG-LAYOUT Layout toolkit: qc: {porduct} has no type. | {product}",
    ]);
    expect(layout('work: "x/{product}_{version}.{ext}"')[0]).toContain("no folder here has {version}");
    expect(layout('qc: "qc/{product}.html"')[0]).toContain("every version would overwrite the one before");
    expect(layout('publish_state: "hotplate/{shot}"')[0]).toContain(
      "two streams of publish would share one state folder",
    );
    expect(layout('state: "hotplate/{shot}"')[0]).toContain("work: its state lies in @product_dir/.hotplate");
    expect(layout('work: "w/{shot}/x_{version}/{product}.{ext}"')[0]).toContain("is called {version} and nothing else");
    expect(layout("tokens: {version: {prefix: v, digits: 4}}")[0]).toContain(
      "they are called v001, v002, ... everywhere",
    );
    expect(layout('tokens: {shot: {match: "(?=x)"}}')).toEqual([
      expect.stringMatching(/^12:30 HP-CONFIG-LAYOUT Layout toolkit: token shot: look-ahead/),
    ]);
    expect(layout('examples: {qc: ["sequences/TUN/010/review/010_env_v7_qc.html"]}')).toEqual([
      '12:23 HP-CONFIG-LAYOUT Layout toolkit: example of qc does not fit: at "qc.html" it wants {version}.',
    ]);
  });

  it("refuse a layout that could read a path in two ways, with a path that shows it", () => {
    const text = `${PATHS}  layout: vendor_series\n  tokens: {seq: {match: "[A-Za-z0-9]+"}}\n`;
    expect(wrong(text)[0]).toMatch(
      /^10:11 HP-CONFIG-LAYOUT Layout vendor_series: plate: \[\{seq\}_\] and \[\{scene\}_\] are optional neighbours and may both be "000_"/,
    );
    const loose = `${PATHS}  layouts:\n    toolkit:\n      qc: "qc/{shot}_{product}_{version}.html"\n`;
    expect(wrong(loose)[0]).toContain("A product's name may hold _ only where it is a folder of its own, too.");
    const both = `${PATHS}  layouts:\n    toolkit:\n      qc: "@shot_root/review/{shot}_{product}_{version}_contact.jpg"\n`;
    expect(wrong(both)[0]).toMatch(/contact and qc could both be a path like/);
  });
});
