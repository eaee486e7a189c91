/** One place, many spellings: the roots table maps Windows, UNC, macOS and this node's paths onto each other. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formOf,
  fromForeign,
  inForm,
  inputFolder,
  isDriveRelative,
  isWindowsPath,
  otherForms,
  readPath,
  storedPath,
  wordsInForm,
} from "../../daemon/domain/pathForms.ts";

const ROOTS = [
  { name: "shows", linux: "/mnt/shows", windows: ["P:\\", "\\\\nas01\\shows"], macos: "/Volumes/shows" },
  { name: "agm", linux: "/mnt/shows/AGM", windows: "//nas02/agm/", macos: "/Volumes/agm" },
  { name: "fast", linux: "/mnt/fast", windows: "P:\\cache" },
  { name: "bare", linux: "/srv/bare" },
];

describe("a spelling of another machine", () => {
  it.each([
    ["P:\\AGM\\x.exr", "/mnt/shows/AGM/x.exr"],
    ["p:/AGM/x.exr", "/mnt/shows/AGM/x.exr"],
    ["P:", "/mnt/shows"],
    ["P:\\", "/mnt/shows"],
    ["\\\\NAS01\\Shows\\AGM\\x.exr", "/mnt/shows/AGM/x.exr"],
    ["//nas01/shows/AGM/x.exr", "/mnt/shows/AGM/x.exr"],
    ["//nas01//shows//AGM\\x.exr", "/mnt/shows/AGM/x.exr"],
    ["\\\\?\\UNC\\nas01\\shows\\AGM", "/mnt/shows/AGM"],
    ["\\\\?\\P:\\AGM", "/mnt/shows/AGM"],
    ["smb://nas01/shows/AGM", "/mnt/shows/AGM"],
    ["\\\\nas02\\agm\\010", "/mnt/shows/AGM/010"],
    ["/Volumes/shows/AGM/x.exr", "/mnt/shows/AGM/x.exr"],
    ["/Volumes/agm/x.exr", "/mnt/shows/AGM/x.exr"],
  ])("%s is %s here", (written, here) => {
    expect(fromForeign(written, ROOTS)).toBe(here);
  });

  it("belongs to the longest prefix, whatever the order of the roots", () => {
    for (const roots of [ROOTS, [...ROOTS].reverse()])
      expect(fromForeign("P:\\Cache\\a.exr", roots)).toBe("/mnt/fast/a.exr");
  });

  it("counts by whole segments only", () => {
    expect(fromForeign("P:\\cache2\\a.exr", ROOTS)).toBe("/mnt/shows/cache2/a.exr");
    expect(fromForeign("\\\\nas01\\shows2\\a.exr", ROOTS)).toBeNull();
    expect(fromForeign("/Volumes/shows2/a.exr", ROOTS)).toBeNull();
  });

  it("has no place here when no root is called so", () => {
    expect(fromForeign("Q:\\x", ROOTS)).toBeNull();
    expect(fromForeign("/Volumes/Shows/x", ROOTS)).toBeNull();
    expect(isWindowsPath("shots/a.exr")).toBe(false);
  });

  it("that is relative to a drive's own place is told apart: nobody knows where that is", () => {
    expect(isDriveRelative("P:AGM\\x.exr")).toBe(true);
    expect(isDriveRelative("P:\\AGM")).toBe(false);
    expect(isDriveRelative("http://x")).toBe(false);
  });
});

describe("a path of this node", () => {
  it("is spelled as its reader writes paths", () => {
    const path = "/mnt/shows/BEE/v001/a.exr";
    expect(inForm(path, "drive", ROOTS)).toBe("P:\\BEE\\v001\\a.exr");
    expect(inForm(path, "share", ROOTS)).toBe("\\\\nas01\\shows\\BEE\\v001\\a.exr");
    expect(inForm(path, "macos", ROOTS)).toBe("/Volumes/shows/BEE/v001/a.exr");
    expect(inForm(path, "linux", ROOTS)).toBe(path);
    expect(inForm("/mnt/shows", "drive", ROOTS)).toBe("P:\\");
  });

  it("keeps its own name where the root has no other", () => {
    expect(inForm("/srv/bare/x", "drive", ROOTS)).toBe("/srv/bare/x");
    expect(inForm("/elsewhere", "macos", ROOTS)).toBe("/elsewhere");
    // A drive's reader gets the share where the root has no drive.
    expect(inForm("/mnt/shows/AGM/x", "drive", ROOTS)).toBe("\\\\nas02\\agm\\x");
  });

  it("is told to others too, and never twice", () => {
    expect(otherForms("/mnt/shows/x", ROOTS)).toEqual(["P:\\x", "/Volumes/shows/x"]);
    expect(otherForms("/mnt/shows/x", ROOTS, "drive")).toEqual(["/Volumes/shows/x", "/mnt/shows/x"]);
    expect(otherForms("/mnt/shows/x", ROOTS, "macos")).toEqual(["P:\\x", "/mnt/shows/x"]);
    expect(otherForms("/srv/bare/x", ROOTS)).toEqual([]);
  });

  it("comes back from every spelling of it", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_ .-]{0,11}[A-Za-z0-9_]$/);
    const form = fc.constantFrom("drive", "share", "macos", "linux");
    fc.assert(
      fc.property(fc.constantFrom(...ROOTS), fc.array(name, { maxLength: 5 }), form, (root, names, as) => {
        const path = [root.linux, ...names].join("/");
        const spelled = inForm(path, as, ROOTS);
        expect(fromForeign(spelled, ROOTS) ?? spelled).toBe(path);
      }),
    );
  });
});

describe("what is kept on record", () => {
  it("is the root's name and the path inside it, so that another mount point changes nothing", () => {
    const stored = storedPath("/mnt/shows/AGM/010/x.exr", ROOTS);
    expect(stored).toEqual({ root: "agm", path: "010/x.exr" });
    expect(readPath(stored, [{ name: "agm", linux: "/net/agm" }])).toBe("/net/agm/010/x.exr");
    expect(storedPath("/mnt/shows", ROOTS)).toEqual({ root: "shows", path: "" });
    expect(readPath({ root: "shows", path: "" }, ROOTS)).toBe("/mnt/shows");
  });

  it("is found on a node that mounts the root elsewhere, and by the old folder where it has no such root", () => {
    const input = { "x-dir": "/mnt/shows/AGM/plates", "x-place": { root: "agm", path: "plates" } };
    expect(inputFolder(input, [{ name: "agm", linux: "/net/agm" }])).toBe("/net/agm/plates");
    expect(inputFolder(input, [])).toBe("/mnt/shows/AGM/plates");
    expect(inputFolder({ "x-dir": "/p" }, ROOTS)).toBe("/p");
  });

  it("leads nowhere without its root, and never out of it", () => {
    expect(readPath({ root: "gone", path: "x" }, ROOTS)).toBeNull();
    expect(readPath({ root: "shows", path: "../../etc/passwd" }, ROOTS)).toBeNull();
    expect(storedPath("/tmp/x", ROOTS)).toEqual({ root: null, path: "/tmp/x" });
    expect(readPath({ root: null, path: "/tmp/x" }, ROOTS)).toBe("/tmp/x");
  });
});

describe("words with paths in them", () => {
  it("are spelled for their reader, the sentence around them left alone", () => {
    expect(wordsInForm("There is no folder /mnt/shows/BEE/plates.", "drive", ROOTS)).toBe(
      "There is no folder P:\\BEE\\plates.",
    );
    expect(wordsInForm("(/mnt/shows/BEE/a.exr) and /mnt/shows, /mnt/shows2/x", "macos", ROOTS)).toBe(
      "(/Volumes/shows/BEE/a.exr) and /Volumes/shows, /mnt/shows2/x",
    );
    expect(wordsInForm("https://mnt/shows/x", "drive", ROOTS)).toBe("https://mnt/shows/x");
  });

  it("are left as they are for readers on this node", () => {
    expect(wordsInForm("/mnt/shows/x", "linux", ROOTS)).toBe("/mnt/shows/x");
  });
});

describe("the writer's form", () => {
  it.each([
    ["P:\\x", "drive"],
    ["q:/x", "drive"],
    ["//nas01/shows/x", "share"],
    ["smb://nas01/shows/x", "share"],
    ["/Volumes/shows/x", "macos"],
    ["/mnt/shows/x", "linux"],
    ["./x", null],
    ["/nowhere/x", null],
  ])("of %s is %s", (written, form) => {
    expect(formOf(written, ROOTS)).toBe(form);
  });
});
