/** The plans of one batch of drops share what they ask the disk, and never what they change on it. */
import { describe, expect, it } from "vitest";
import { askedOnce } from "../../daemon/planOnce.ts";
import type { World } from "../../daemon/ports.ts";

/** A disk that counts what it is asked, and fails as it is told. */
function countingWorld(fail: (path: string) => string | null) {
  const asked: string[] = [];
  const answer = (what: string, path: string): Promise<string> => {
    asked.push(`${what} ${path}`);
    const code = fail(path);
    return code === null
      ? Promise.resolve(`${what} of ${path}`)
      : Promise.reject(Object.assign(new Error(code), { code }));
  };
  const files = {
    list: (dir: string) => answer("list", dir),
    stat: (path: string) => answer("stat", path),
    realpath: (path: string) => answer("realpath", path),
    writable: (dir: string) => answer("writable", dir),
    rename: (from: string) => answer("rename", from),
  };
  const images = { header: (path: string) => answer("header", path) };
  const recipes = { book: () => answer("recipes", "all") };
  return { world: askedOnce({ files, images, recipes } as unknown as World), asked };
}

describe("the plans of one batch", () => {
  it("ask the disk for the same thing once, also while the first answer is still on its way", async () => {
    const { world, asked } = countingWorld(() => null);
    const [first, second] = await Promise.all([world.files.stat("/p"), world.files.stat("/p")]);
    expect(second).toBe(first);
    await world.files.list("/d", 10);
    await world.files.list("/d", 10);
    await world.files.list("/d", 20);
    await world.files.realpath("/p");
    await world.files.writable("/d");
    await world.images.header("/p");
    await world.images.header("/p");
    await world.recipes.book();
    await world.recipes.book();
    expect(asked).toEqual(["stat /p", "list /d", "list /d", "realpath /p", "writable /d", "header /p", "recipes all"]);
  });

  it("change the disk themselves every time", async () => {
    const { world, asked } = countingWorld(() => null);
    await world.files.rename("/a", "/b");
    await world.files.rename("/a", "/b");
    expect(asked).toEqual(["rename /a", "rename /a"]);
  });

  it("believe that a name is absent, and ask again when the disk failed", async () => {
    const { world, asked } = countingWorld((path) => (path === "/gone" ? "ENOENT" : "EIO"));
    for (const path of ["/gone", "/gone", "/bad", "/bad"])
      await expect(world.files.stat(path)).rejects.toHaveProperty("code");
    expect(asked).toEqual(["stat /gone", "stat /bad", "stat /bad"]);
  });
});
