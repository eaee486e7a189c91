/**
 * What the plans of one batch ask of the disk, asked once: two hundred manifests about one plate list its folder, look at its
 * frames and read the recipes one time, not two hundred. For the length of a batch only: the next one looks anew.
 *
 * Must never: answer for a file of the hot folder itself (claiming goes by the real disk), or keep a failure that may pass.
 */
import { systemCode } from "./domain/errors.ts";
import type { World } from "./ports.ts";

export function askedOnce(world: World): World {
  const kept = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    if (known !== undefined) return known as Promise<T>;
    const asked = ask();
    kept.set(key, asked);
    // That nothing is there is an answer; a disk that fails is asked again.
    asked.catch((error: unknown) => systemCode(error) === "ENOENT" || kept.delete(key));
    return asked;
  };
  const { files, images, recipes, colours } = world;
  return {
    ...world,
    files: {
      ...files,
      list: (dir, max) => once(`list ${max} ${dir}`, () => files.list(dir, max)),
      stat: (path) => once(`stat ${path}`, () => files.stat(path)),
      realpath: (path) => once(`realpath ${path}`, () => files.realpath(path)),
      writable: (dir) => once(`writable ${dir}`, () => files.writable(dir)),
    },
    images: {
      ...images,
      header: (path) => once(`header ${path}`, () => images.header(path)),
      checks: () => once("checks", () => images.checks()),
    },
    recipes: { book: () => once("recipes", () => recipes.book()) },
    colours: { ...colours, config: (show) => once(`colours ${show}`, () => colours.config(show)) },
  };
}
