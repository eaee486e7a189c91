/**
 * A small studio in a temporary folder, with the real disk and the shipped recipes; only image heads are faked, so that a
 * plate may be any bytes. What `planManifest` sees of a node.
 */
import { CHECK_BOOK } from "../fixtures/checkBook.ts";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createClock } from "../../daemon/adapters/clock.ts";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { loadBook } from "../../daemon/adapters/layouts.ts";
import { createRecipes } from "../../daemon/adapters/recipes.ts";
import { HOME } from "../../daemon/adapters/world.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import { OWN_COLOURS } from "../fixtures/colours.ts";
import type { PlanOutcome, PlanWorld } from "../../daemon/planManifest.ts";
import { planManifest } from "../../daemon/planManifest.ts";

export interface Studio {
  readonly root: string;
  readonly world: PlanWorld;
  /** A finished file: its last write lies in the past. */
  put(path: string, content?: string): string;
  plan(manifest: string, name?: string): Promise<PlanOutcome>;
}

export function makeStudio(root: string, paths: object = {}): Studio {
  const files = createFiles();
  const digest = createDigest();
  const config = configSchema.parse({
    hotplate: 1,
    stateDir: join(root, "state"),
    roots: [{ name: "shows", linux: root, windows: ["P:\\"] }],
    hotFolders: [{ path: join(root, "hot"), show: "AGM" }],
    slots: [{ name: "gpu0", url: "http://127.0.0.1:8188" }],
    paths,
  });
  const images = {
    header: (path: string) =>
      path.endsWith(".broken.png")
        ? Promise.reject(new HotplateError("HP-PLATE-BROKEN", "the file is cut"))
        : Promise.resolve({ format: "png" as const, width: 960, height: 540, channels: 3, bitDepth: 8 }),
    checks: () => Promise.resolve(CHECK_BOOK),
  } as unknown as PlanWorld["images"];
  const recipes = createRecipes({ files, digest, dirs: [join(HOME, "config/recipes")] });
  const world: PlanWorld = {
    config,
    layouts: loadBook(config.paths),
    files,
    images,
    recipes,
    digest,
    colours: OWN_COLOURS,
    clock: createClock(),
  };
  mkdirSync(join(root, "hot"), { recursive: true });
  return {
    root,
    world,
    put(path, content = "x") {
      const full = join(root, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      const past = new Date(Date.now() - 3_600_000);
      utimesSync(full, past, past);
      return full;
    },
    plan(manifest, name = "tunnel.yaml") {
      const text = new TextEncoder().encode(manifest);
      return planManifest(world, {
        text,
        bytes: text.length,
        fileName: name,
        dir: join(root, "hot"),
        show: "AGM",
        boundRecipe: null,
      });
    },
  };
}

/** Frames of `SH010_PL01_v001` as a good plate. */
export function goodPlate(studio: Studio, frames: readonly number[] = [1001, 1002, 1003]): void {
  for (const frame of frames) studio.put(`SH010/plates/SH010_PL01_v001/SH010_PL01_v001.${frame}.png`);
}

export const PLATE = "../SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png";
