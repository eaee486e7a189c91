/** Places in hotplate.yaml: of the key that a path ends with, of the nearest above it, and of none. */
import { describe, expect, it } from "vitest";
import { placeInYaml } from "../../daemon/domain/configPlace.ts";

const TEXT = `hotplate: 1
qc:
  shows:
    AGM:
      checks:
        image.grain: {ratioMin: 1}
        image.nonesuch: {}
`;

describe("a place in the text", () => {
  it("is that of the key that the path ends with", () => {
    const path = ["qc", "shows", "AGM", "checks"];
    expect(placeInYaml(TEXT, [...path, "image.nonesuch"])).toEqual({ line: 7, col: 9 });
    expect(placeInYaml(TEXT, [...path, "image.grain", "ratioMin"])).toEqual({ line: 6, col: 23 });
  });

  it("is that of the nearest key above, where the text has it no deeper, and none where it has nothing", () => {
    expect(placeInYaml(TEXT, ["qc", "shows", "AGM", "profile"])).toEqual({ line: 4, col: 5 });
    expect(placeInYaml(TEXT, ["slots", "0"])).toBeNull();
    expect(placeInYaml("- a list", ["qc"])).toBeNull();
  });
});
