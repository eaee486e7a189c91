/** The rule file on disk: read again when it changes; a bad one leaves the rules of before in force and is told. */
import { expect, test } from "vitest";
import { createRules } from "../../daemon/adapters/rules.ts";
import type { RulesOptions } from "../../daemon/adapters/rules.ts";

const rule = (id: string): string =>
  `  - {id: ${id}, class: memory, code: HP-COMFY-MEMORY, when: {message: [${id}]}}\n`;

function open(text: string | null) {
  const told: string[] = [];
  const disk = { text, at: 1, reads: 0 };
  const gone = (): Promise<never> => Promise.reject(Object.assign(new Error("ENOENT: gone"), { code: "ENOENT" }));
  const files: RulesOptions["files"] = {
    realpath: (path) => Promise.resolve(path),
    stat: () =>
      disk.text === null
        ? gone()
        : Promise.resolve({
            kind: "file",
            dev: "1",
            ino: "1",
            bytes: disk.text.length,
            mtimeNs: String(disk.at),
            ctimeNs: "0",
            uid: 0,
            mode: 0,
          }),
    read: () => {
      disk.reads += 1;
      return disk.text === null ? gone() : Promise.resolve(new TextEncoder().encode(disk.text));
    },
  };
  const rules = createRules({
    files,
    path: "/etc/rules.yaml",
    log: {
      event: (level, name, fields) => told.push(`${level} ${name} ${String(fields["message"] ?? fields["rules"])}`),
    },
  });
  const change = (next: string | null): void => {
    disk.text = next;
    disk.at += 1;
  };
  const ids = async (): Promise<readonly string[]> => (await rules.book()).rules.map(({ id }) => id);
  return { told, disk, change, ids };
}

test("the file is read once and again when it changed", async () => {
  const { told, disk, change, ids } = open(`rules:\n${rule("one")}`);
  expect([await ids(), await ids()]).toEqual([["one"], ["one"]]);
  expect(disk.reads).toBe(1);
  change(`rules:\n${rule("one")}${rule("two")}`);
  expect(await ids()).toEqual(["one", "two"]);
  expect(told).toEqual(["info config.reloaded 2"]);
});

test("a bad rule is told with its place, the others are in force", async () => {
  const { told, ids } = open(`rules:\n${rule("one")}  - {id: two}\n`);
  expect(await ids()).toEqual(["one"]);
  expect(told).toEqual([expect.stringMatching(/^warn rules\.skipped Rule 2/)]);
});

test.each([["rules: ["], ["rules: []"], [null]])(
  "when the file becomes %j the rules of before stay in force",
  async (next) => {
    const { told, change, ids } = open(`rules:\n${rule("one")}`);
    await ids();
    change(next);
    expect([await ids(), await ids()]).toEqual([["one"], ["one"]]);
    const kept = told.filter((line) => line.includes("rules of before stay in force"));
    expect(kept).toHaveLength(1);
  },
);

test("a file that comes back is read", async () => {
  const { change, ids } = open(null);
  expect(await ids()).toEqual([]);
  change(`rules:\n${rule("one")}`);
  expect(await ids()).toEqual(["one"]);
});
