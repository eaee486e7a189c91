/** docs/faults.md is whole: every fault of the simulated ComfyUI stands in it, and every test that it names is there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULTS } from "../../scripts/simulatedComfyui/faults.ts";
import { REPOSITORY } from "../fixtures/sources.ts";

const rows = readFileSync(join(REPOSITORY, "docs/faults.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.slice(2, -2).split(" | "));

test("the page names every fault of the simulated ComfyUI in its first column", () => {
  const first = rows.map((row) => row[0] ?? "").join("\n");
  expect(Object.keys(FAULTS).filter((name) => !first.includes(`\`${name}\``))).toEqual([]);
});

test("every row has four columns and ends with the name of a test that exists", () => {
  const names = readdirSync(join(REPOSITORY, "test"), { recursive: true, encoding: "utf8" });
  const tests = names.filter((name) => name.endsWith(".test.ts"));
  const text = tests.map((name) => readFileSync(join(REPOSITORY, "test", name), "utf8")).join("\n");
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) {
    expect(row, row.join(" | ")).toHaveLength(4);
    expect(text.includes(`"${row[3] ?? ""}"`), row[3]).toBe(true);
  }
});
