/**
 * A published version, byte by byte: each file points to its record, and none says a prompt or a path of this machine, although
 * ComfyUI wrote both into every picture. With a movie where ffmpeg is installed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { absent } from "../fixtures/optionalTools.ts";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";
import { checkVersion } from "./versions.ts";

const LOOKED_AT = ["file.hash", "file.metadata", "header.format", "delivery.exr", "delivery.name"] as const;

/** Of the first frame, by check; of file.metadata with what it measured: the pointer, the leaks, the texts that nobody read. */
function verdictsOf(version: string): ReadonlyMap<string, string> {
  const { wedges } = JSON.parse(readFileSync(join(version, ".hotplate/qc.json"), "utf8")) as {
    wedges: {
      frames: { inspection: { findings: { check: string; result: string; measures: { value: number }[] }[] } }[];
    }[];
  };
  const findings = wedges[0]?.frames[0]?.inspection.findings ?? [];
  return new Map(
    findings
      .filter(({ check }) => (LOOKED_AT as readonly string[]).includes(check))
      .map(({ check, result, measures }) => [
        check,
        check === "file.metadata" ? [result, ...measures.map(({ value }) => value)].join(" ") : result,
      ]),
  );
}

test.each([
  ["png", "png"],
  ["tiff", "tif"],
  ["exr", "exr"],
])(
  "frames as %s hold their pointer and no word of their making; the record holds the words once",
  async (format, extension) => {
    await using farm = await makeFarm({ slots: 1, frames: 2 });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.up"));
    const proxy = absent("ffmpeg") === null ? ", proxy: mp4" : "";
    const said = format === "exr" ? `{exr: {}${proxy}}` : format;
    const lines = [
      "use: grain",
      "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png",
      "prompt: a very secret idea",
      `output: {format: ${said}}`,
      `qc: {checks: [${LOOKED_AT.join(", ")}]}`,
      "",
    ];
    drop(farm.hot, "mine.yaml", lines.join("\n"));
    await committed(daemon);
    const version = join(farm.shot, "grain/v001");
    const { files } = checkVersion(version)!;
    expect((await farm.hotplate("verify", version)).code).toBe(0);
    const pictures = files.filter((file) => !file.startsWith(".hotplate/") && /\.(png|tif|exr|mp4|jpg)$/.test(file));
    expect(pictures.filter((file) => file.endsWith(`.${extension}`))).toHaveLength(2);
    for (const file of pictures) {
      const bytes = readFileSync(join(version, file));
      for (const word of ["secret idea", "class_type", "filename_prefix", farm.dir, process.cwd()])
        expect([file, word, bytes.includes(word)]).toEqual([file, word, false]);
      if (file.endsWith(`.${extension}`)) {
        expect([file, bytes.includes("urn:uuid:")]).toEqual([file, true]);
        expect([
          file,
          bytes.includes("compositeWithTrainedAlgorithmicMedia") || bytes.includes("digitalsourcetype/"),
        ]).toEqual([file, true]);
      }
    }
    expect(verdictsOf(version)).toEqual(
      new Map([
        ["file.hash", "pass"],
        ["file.metadata", "pass 1 0 0"],
        ["header.format", "pass"],
        // A plate of 64 px is no delivery; a PNG is no OpenEXR.
        ["delivery.exr", "warn"],
        ["delivery.name", "pass"],
      ]),
    );
    const kept = JSON.parse(readFileSync(join(version, ".hotplate/comfy_metadata.json"), "utf8")) as {
      first: { prompt: string };
      results: { frame: number; texts: { prompt: string } }[];
    };
    expect(kept.first.prompt).toContain("class_type");
    expect(kept.results.map(({ frame }) => frame)).toEqual([1001, 1002]);
    expect(existsSync(join(version, "proxy"))).toBe(format === "exr" && proxy !== "");
    if (absent("exiftool") === null) {
      const read = execFileSync("exiftool", ["-j", "-G1", "-a", version, "-r", "-ext", extension], {
        encoding: "utf8",
      });
      expect(read).not.toMatch(/secret idea|class_type|filename_prefix/);
      if (extension !== "exr") expect(read).toMatch(/XMP-dc:Identifier": "hotplate:\/\/[^"]*\/grain\/v001"/);
    }
  },
);

test("a sequence has its movie in the review folder, made after the version is there", async (ctx) => {
  const reason = absent("ffmpeg");
  if (reason !== null) return ctx.skip(reason);
  await using farm = await makeFarm({ slots: 1, frames: 2 });
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  drop(farm.hot, "mine.yaml", "use: grain\nplate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png\n");
  await committed(daemon);
  const review = join(farm.shot, "review/grain_v001");
  expect((await daemon.line(event("movie.made")))["path"]).toBe(join(review, "w001.mp4"));
  expect(readdirSync(review)).toContain("w001.mp4");
  return undefined;
});
