/** References to versions, read as text: what is one, what was meant as one, and what is a path. */
import { describe, expect, it } from "vitest";
import { readRef } from "../../daemon/domain/versionRef.ts";

describe("a reference", () => {
  it.for([
    ["envTunnel@v007", [], "envTunnel", 7, null],
    ["envTunnel@v007/w032", [], "envTunnel", 7, 32],
    ["envTunnel@latest", [], "envTunnel", "latest", null],
    ["envTunnel@approved/w002", [], "envTunnel", "approved", 2],
    ["AGM/104_065_010/envTunnel@v1007", ["AGM", "104_065_010"], "envTunnel", 1007, null],
    ["./env@v7", [], "env", 7, null],
  ] as const)("%s", ([text, place, product, which, wedge]) => {
    expect(readRef(text)).toEqual({
      kind: "ref",
      ref: { text, place, absolute: false, product, which, wedge },
    });
  });

  it("knows a path before the product", () => {
    expect(readRef("/mnt/shows/SH010/env@latest")).toMatchObject({
      ref: { absolute: true, place: ["mnt", "shows", "SH010"], product: "env" },
    });
  });
});

it.each([
  ["envTunnel@aproved", "envTunnel@approved"],
  ["envTunnel@lastest/w003", "envTunnel@latest/w003"],
  ["envTunnel@007", "envTunnel@v007"],
  ["envTunnel@V7/W3", "envTunnel@v007/w003"],
  ["SH010/envTunnel@v007/32", "SH010/envTunnel@v007/w032"],
  ["envTunnel@v007/w001/x", "envTunnel@v007/w001"],
  ["envTunnel@", null],
  ["@approved", null],
])("%s was meant as one; the right word is %s", (text, nearest) => {
  expect(readRef(text)).toMatchObject({ kind: "mistake", nearest });
});

it.each(["plate.####.exr", "plate.@@@@.exr", "a@b.1001.png", "ref@2x.png", "x@v001/plate.%04d.exr", "plate@$F4"])(
  "%s is a path",
  (text) => {
    expect(readRef(text)).toBeNull();
  },
);
