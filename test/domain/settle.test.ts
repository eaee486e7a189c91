/** When a dropped file is complete, and which names are nobody's drop. */
import { describe, expect, it } from "vitest";
import type { Observation } from "../../daemon/domain/settle.ts";
import { dropKind, ignoredBecause, sameObservation, settle } from "../../daemon/domain/settle.ts";

const look = (more: Partial<Observation> = {}): Observation => ({
  at: 10_000,
  dev: "1",
  ino: "7",
  bytes: 42,
  mtimeNs: "1000",
  ctimeNs: "1000",
  sha256: "aa",
  hasNul: false,
  endsWithNewline: true,
  endsWithMark: false,
  ...more,
});
const local = { settleMs: 500, local: true, json: false };

describe("settle", () => {
  it("takes a file that was renamed into place at once on a local file system", () => {
    expect(settle(null, look({ ctimeNs: "1001" }), local)).toEqual({ kind: "settled", renamed: true });
  });

  it("does not trust ctime on a share", () => {
    const rule = { ...local, local: false, settleMs: 2_000 };
    expect(settle(null, look({ ctimeNs: "1001" }), rule)).toEqual({ kind: "growing", checkInMs: 2_000 });
  });

  it("waits for two equal looks settleMs apart when it was written in place", () => {
    expect(settle(null, look(), local)).toEqual({ kind: "growing", checkInMs: 500 });
    expect(settle(look({ at: 9_700 }), look(), local)).toEqual({ kind: "growing", checkInMs: 200 });
    expect(settle(look({ at: 9_500 }), look(), local)).toEqual({ kind: "settled", renamed: false });
  });

  it("waits longer for a file without a final newline: a cut manifest usually has none", () => {
    const cut = look({ endsWithNewline: false });
    expect(settle(look({ at: 9_000, endsWithNewline: false }), cut, local)).toEqual({
      kind: "growing",
      checkInMs: 1_000,
    });
    expect(settle(look({ at: 8_000, endsWithNewline: false }), cut, local)).toEqual({
      kind: "settled",
      renamed: false,
    });
  });

  it("takes a file that ends with YAML's end mark at once", () => {
    expect(settle(null, look({ endsWithMark: true }), local)).toEqual({ kind: "settled", renamed: false });
  });

  it("never takes an empty file or one with NUL bytes, however long it is quiet", () => {
    expect(settle(look({ at: 0, bytes: 0 }), look({ bytes: 0 }), local).kind).toBe("growing");
    expect(settle(look({ at: 0, hasNul: true }), look({ hasNul: true, ctimeNs: "2000" }), local).kind).toBe("growing");
  });

  it("sees a change in any of device, inode, size, times or content", () => {
    expect(sameObservation(look(), look({ at: 99 }))).toBe(true);
    for (const change of [
      { dev: "2" },
      { ino: "8" },
      { bytes: 1 },
      { mtimeNs: "2" },
      { ctimeNs: "2" },
      { sha256: "bb" },
    ]) {
      expect(sameObservation(look(), look(change))).toBe(false);
    }
  });
});

describe("names that are none of our business", () => {
  it.each([
    ["._relight.yaml", "AppleDouble"],
    [".nfs000000001", "deleted but open"],
    [".relight.yaml.Xy12ab", "hidden"],
    [".DS_Store", "hidden"],
    ["Thumbs.db", "system file"],
    ["desktop.ini", "system file"],
    ["relight.yaml~", "editor's probe"],
    ["~$relight.yaml", "editor's probe"],
    ["4913", "editor's probe"],
    ["relight.yaml.swp", "temporary"],
    ["relight.yaml.part", "temporary"],
    ["plate.exr.filepart", "temporary"],
    ["relight.yaml.STATUS.txt", "our own answer"],
    ["relight.yaml.ERROR.txt", "our own answer"],
    [".hotplate-tmp.1.x", "our own state"],
  ])("%s is ignored: %s", (name, reason) => {
    expect(ignoredBecause(name)).toBe(reason);
  });

  it.each(["relight.yaml", "photo.jpg", "notes.txt", "README", "東京.yml"])("%s gets an answer", (name) => {
    expect(ignoredBecause(name)).toBeNull();
  });

  it("tells manifests, images and the rest apart by suffix, in any case", () => {
    expect(["a.YAML", "a.yml", "a.json", "a.EXR", "a.jpg", "a.txt"].map(dropKind)).toEqual([
      "manifest",
      "manifest",
      "manifest",
      "image",
      "image",
      "other",
    ]);
  });
});
