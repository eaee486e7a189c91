/** A manifest dropped from elsewhere: its paths mean the same after the move, and nothing else of it changes. */
import { expect, it } from "vitest";
import { withAbsolutePaths } from "../../daemon/domain/movedManifest.ts";

const moved = (text: string): string =>
  withAbsolutePaths(text, { images: new Set(["foreground"]), absolute: (path) => `/home/ana/${path}` });

it("makes the plate, the place of the output and further images absolute, also in a sweep", () => {
  const text = `# mine
use: slap_comp   # the shipped one
plate: plates/x.####.exr
output: {to: ../out}
parameters: {foreground: fg.png, mode: over/under}
sweep:
  axes:
    foreground: {a: a.png, b: /abs/b.png}
    mode: [x, y]
`;
  expect(moved(text)).toBe(`# mine
use: slap_comp   # the shipped one
plate: "/home/ana/plates/x.####.exr"
output: {to: "/home/ana/../out"}
parameters: {foreground: "/home/ana/fg.png", mode: over/under}
sweep:
  axes:
    foreground: {a: "/home/ana/a.png", b: /abs/b.png}
    mode: [x, y]
...
`);
});

it("leaves absolute paths of any system and the word beside alone", () => {
  for (const path of ["/mnt/x.exr", "P:\\\\shows\\\\x.exr", "P:/x.exr"])
    expect(moved(`plate: "${path}"\noutput: {to: beside}\n`)).toContain(`plate: "${path}"\noutput: {to: beside}\n`);
  expect(moved("plate: {path: x.exr, frames: 1-3}\n...\n")).toBe(
    'plate: {path: "/home/ana/x.exr", frames: 1-3}\n...\n',
  );
});

it("leaves a reference to a version as it is, for it is no path", () => {
  expect(moved("plate: SH010/env@v007/w032\n...\n")).toBe("plate: SH010/env@v007/w032\n...\n");
});

it("keeps JSON JSON and gives back what does not parse", () => {
  expect(JSON.parse(moved('{"use": "grain", "plate": "x.exr"}'))).toEqual({ use: "grain", plate: "/home/ana/x.exr" });
  for (const broken of ["plate: [", "- a list\n", ""]) expect(moved(broken)).toBe(broken);
});
