/** Why a path can't be opened, in words: on the real disk, by the code that people look up. */
import { symlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { lostPath } from "../../daemon/lostPath.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const failure = (code: string): Error => Object.assign(new Error(`${code}: no, open 'x'`), { code });

it("a link to nowhere, a circle, what is gone and what may not be read are told apart", async () => {
  using dir = tempDir();
  symlinkSync("/nowhere/x.png", dir.file("link.png"));
  const files = createFiles();
  const told = async (name: string, code: string): Promise<readonly string[]> => {
    const error = await lostPath(files, dir.file(name), failure(code));
    return [error.code, error.message.replace(dir.file(name), name)];
  };
  expect(await told("link.png", "ENOENT")).toEqual(["HP-PATH-BROKEN", "link.png is a link that leads nowhere"]);
  expect(await told("gone.png", "ENOENT")).toEqual(["HP-NOT-FOUND", "gone.png is not there any more"]);
  expect(await told("a.png", "ELOOP")).toEqual(["HP-PATH-BROKEN", "a.png leads nowhere: links lead in a circle"]);
  expect(await told("a.png", "EACCES")).toEqual(["HP-PATH-PERMISSION", "a.png may not be read"]);
  expect(await told("a.png", "EIO")).toEqual(["HP-NOT-FOUND", "a.png can't be opened: EIO: no, open 'x'"]);
});
