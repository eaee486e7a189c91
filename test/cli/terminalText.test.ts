/** What commands print: nothing that a terminal would obey. */
import { symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writePng } from "../fixtures/pictures.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { hotplate } from "./commandLine.ts";

/** Control characters but the line's own, and marks that turn text. */
const OBEYED = /[^\P{Cc}\n\t]|[\u202a-\u202e]/u;

describe("a command", () => {
  it("prints a hostile name on one line of its table, and of its errors", async () => {
    using dir = tempDir();
    const black = { width: 64, height: 48, channels: 3, bits: 8, value: () => 0 } as const;
    await writePng(dir.path, "e\u001b[31m\nv.png", black);
    const said = await hotplate(["qc", "run", dir.path, "--check", "image.not_black"]);
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(/^FAIL\te\\u001b\[31m\\nv\.png\timage\.not_black\t/);
    const none = await hotplate(["qc", "run", dir.file("no\u001b[2J.png")]);
    expect(none.stderr).toContain("no\\u001b[2J.png");
    for (const text of [said.stdout, said.stderr, none.stdout, none.stderr]) expect(text).not.toMatch(OBEYED);
  });

  it("says of a link that leads to itself that it leads in a circle", async () => {
    using dir = tempDir();
    symlinkSync("loop.png", dir.file("loop.png"));
    const said = await hotplate(["qc", "run", dir.file("loop.png")]);
    expect([said.code, said.stderr]).toEqual([
      3,
      expect.stringMatching(/^HP-PATH-BROKEN {2}\S*loop\.png leads nowhere: links lead in a circle\./) as string,
    ]);
  });
});
