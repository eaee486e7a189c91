/** A studio's QC profiles: one that can't be used leaves no other in its place. */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const text = (name: string, checks = "{image.clip: }"): string =>
  `hotplate: 1\nname: ${name}\ntitle: ours\nchecks: ${checks}\n`;

async function bookOf(files: Readonly<Record<string, string>>) {
  using dir = tempDir();
  for (const [name, says] of Object.entries(files)) writeFileSync(dir.file(name), says);
  const { book } = await loadChecks([dir.path]);
  return { ...book, names: book.profiles.map(({ name }) => name), at: dir.path };
}

test("a profile that can't be used does not leave the shipped one of its file's name in its place", async () => {
  const { names, refused, lostProfiles, at } = await bookOf({
    "inpaint.profile.yaml": text("inpaint", "{studio.gone: }"),
  });
  expect(names).not.toContain("inpaint");
  expect(refused[0]?.message).toContain("there is no check studio.gone");
  expect(lostProfiles).toEqual({ inpaint: `${at}/inpaint.profile.yaml` });
});

test("a profile that is not called as its file is refused, and leaves the shipped one of neither name", async () => {
  const { names, refused, lostProfiles, at } = await bookOf({ "upscale.profile.yaml": text("delivery") });
  expect(refused.map(({ message }) => message)).toEqual([
    "HP-PLUGIN: its name is delivery, and its file is called upscale: they must be one",
  ]);
  expect(names).toEqual(expect.not.arrayContaining(["upscale", "delivery"]));
  const file = `${at}/upscale.profile.yaml`;
  expect(lostProfiles).toEqual({ upscale: file, delivery: file });
});

test.each([
  ["a check that is not there", text("delivery", "{image.not_blakc: }")],
  ["a word that is none", `${text("delivery")}limit: 1\n`],
  ["a gate and an onFail that differ", `${text("delivery")}gate: hold\nonFail: reject\n`],
])("a profile with %s takes out the one it is named after, whatever its file is called", async (_what, says) => {
  const { names, lostProfiles } = await bookOf({ "mine.profile.yaml": says });
  expect(names).not.toContain("delivery");
  expect(Object.keys(lostProfiles ?? {})).toEqual(["mine", "delivery"]);
});

test("a profile of a later folder that can be used takes the place of a broken one", async () => {
  using dir = tempDir();
  using later = tempDir();
  writeFileSync(dir.file("inpaint.profile.yaml"), text("inpaint", "{studio.gone: }"));
  writeFileSync(later.file("inpaint.profile.yaml"), text("inpaint"));
  const { profiles, profileFiles, lostProfiles } = (await loadChecks([dir.path, later.path])).book;
  expect(profiles.find(({ name }) => name === "inpaint")?.title).toBe("ours");
  expect([profileFiles, lostProfiles]).toEqual([{ inpaint: later.file("inpaint.profile.yaml") }, {}]);
});
