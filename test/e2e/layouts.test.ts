/** A studio with a layout of its own: results, reports and every folder that was made are where its templates say. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { loadBook } from "../../daemon/adapters/layouts.ts";
import { declaredPlaces } from "../../daemon/domain/declaredPlaces.ts";
import { pathsSchema } from "../../daemon/domain/pathBook.ts";
import { makeFarm, paintPlate } from "./farm.ts";
import { fileSaying } from "./faultFarm.ts";
import { drop } from "./killRounds.ts";
import { committed } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

const PATHS = { layout: "toolkit", to: "work" } as const;
const STEM = "010_PL01_v002";

function folders(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

describe("a show with a layout", () => {
  it("gets its results where the layout says, and no folder that no template declares", async () => {
    await using farm = await makeFarm({
      slots: 1,
      more: () => [`paths: ${JSON.stringify(PATHS)}`],
      roots: (dir) => [`  - {name: shows, linux: ${dir}/TEST, windows: 'P:\\', macos: /Volumes/shows}`],
    });
    const plates = join(farm.dir, "TEST/sequences/TUN/010/editorial/plates", STEM, "96x54");
    mkdirSync(plates, { recursive: true });
    for (const frame of [1001, 1002]) await paintPlate(join(plates, `${STEM}.${frame}.png`), frame);
    // Where people look is there before, so that a watcher can be set on it.
    mkdirSync(join(farm.dir, "TEST/sequences/TUN/010/review"));
    writeFileSync(join(farm.dir, "TEST/.hotplate-demo.json"), "{}\n");
    const before = new Set(folders(farm.dir));
    const daemon = farm.startDaemon();
    const plate = `plate: 'P:\\sequences\\TUN\\010\\editorial\\plates\\${STEM}\\96x54\\${STEM}.####.png'`;
    const sweep = "sweep: {axes: {seed: {count: 2, from: 1}}}";
    drop(farm.hot, "good.yaml", `use: grain\n${plate}\nproduct: env_hires\ntask: comp\n${sweep}\n...\n`);
    drop(farm.hot, "bad.yaml", `use: grain\n${plate}\n...\n`);
    await committed(daemon);
    const status = await fileSaying(join(farm.hot, "good.yaml.STATUS.txt"), /^DONE/);
    const shot = join(farm.dir, "TEST/sequences/TUN/010");
    // The report for people comes last of all.
    const report = await fileSaying(join(shot, "review/010_env_hires_v001_qc.html"), /<\/html>/);
    await fileSaying(join(farm.hot, "bad.yaml.ERROR.txt"), /HP-PATH-TOKEN/);
    // Who writes P:\ reads P:\, and people elsewhere find their own spelling below it.
    const spelled = "  results:  P:\\sequences\\TUN\\010\\comp\\work\\images\\env_hires\\v001\n";
    expect(status).toContain(
      `${spelled}            /Volumes/shows/sequences/TUN/010/comp/work/images/env_hires/v001\n`,
    );
    expect(status).toContain("  contact:  P:\\sequences\\TUN\\010\\review\\010_env_hires_v001_contact.jpg\n");
    expect(status).toContain("  QC:       P:\\sequences\\TUN\\010\\review\\010_env_hires_v001_qc.html\n");
    await daemon.kill("SIGTERM");

    const product = join(shot, "comp/work/images/env_hires");
    const [version] = versionsOf(product);
    expect(version?.files.filter((path) => path.endsWith(".png"))).toEqual(
      ["w001", "w002"].flatMap((wedge) =>
        [1001, 1002].map((frame) => `${wedge}/010_env_hires_v001_${wedge}.${frame}.png`),
      ),
    );
    // The page has the proxies in it, and says where the sheet lies.
    expect(report).toContain('<image id="p1" href="data:image/jpeg;base64,');
    expect(report).toContain('href="./010_env_hires_v001_contact.jpg"');
    expect(readdirSync(join(shot, "review")).toSorted()).toEqual([
      "010_env_hires_v001",
      "010_env_hires_v001_contact.jpg",
      "010_env_hires_v001_qc.html",
      "010_env_hires_v001_qc.junit.xml",
      "010_env_hires_v001_qc.sarif",
    ]);

    const declared = declaredPlaces({
      book: loadBook(pathsSchema.parse(PATHS)),
      roots: [{ linux: farm.dir }, { linux: join(farm.dir, "TEST") }],
      hotFolders: [farm.hot],
      stateDir: join(farm.dir, "state"),
    });
    const made = folders(farm.dir).filter((path) => !before.has(path) && !path.startsWith("slots/"));
    expect(made.length).toBeGreaterThan(15);
    const undeclared = made.filter(
      (path) => declared(join(farm.dir, path)).filter(({ tokens }) => tokens["beside"] === undefined).length === 0,
    );
    expect(undeclared).toEqual([]);
  });
});
