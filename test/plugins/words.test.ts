/** Every shipped check says in some words what it finds; docs/qc.md has the same words in its tables. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";

const { book } = await loadChecks([]);
const PAGE = readFileSync(new URL("../../docs/qc.md", import.meta.url), "utf8");

/** Check -> the cell under `finds`, without the marks of code. */
function tableWords(): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  let isTable = false;
  for (const line of PAGE.split("\n")) {
    if (line.startsWith("| id | finds |")) isTable = true;
    else if (!line.startsWith("|")) isTable = false;
    const [, id, words] = /^\| `([a-z_.]+)` \| ([^|]+) \|/.exec(line) ?? [];
    if (isTable && id !== undefined && words !== undefined) out.set(id, words.replaceAll("`", ""));
  }
  return out;
}

describe("what a shipped check finds", () => {
  it("it says itself", () => {
    const silent = book.checks.filter(({ finds }) => finds === undefined).map(({ id }) => id);
    expect(silent).toEqual([]);
  });

  it("stands in docs/qc.md in the same words", () => {
    const words = tableWords();
    expect(words.size).toBeGreaterThan(30);
    const own = new Map(book.checks.map(({ id, finds }) => [id, finds]));
    for (const [id, said] of words) expect([id, said]).toEqual([id, own.get(id)]);
  });
});
