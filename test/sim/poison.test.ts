/** While a world is simulated, the daemon's code may not reach the real clock, chance, timers or network; others may. */
import { mkdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import { poison } from "./poison.ts";

/** Code that lies under a `daemon/` directory: the path in the stack decides. */
async function asDaemon(code: string): Promise<() => unknown> {
  using dir = tempDir();
  await mkdir(dir.file("daemon"));
  const file = dir.file("daemon/planted.mjs");
  await writeFile(file, `export const call = () => ${code};\n`);
  const planted = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { readonly call: () => unknown };
  return planted.call;
}

const FORBIDDEN: readonly (readonly [string, string])[] = [
  ["Date.now", "Date.now()"],
  ["new Date()", "new Date()"],
  ["performance.now", "performance.now()"],
  ["Math.random", "Math.random()"],
  ["crypto.randomUUID", "crypto.randomUUID()"],
  ["setTimeout", 'globalThis["setTimeout"](() => undefined, 1)'],
  ["setInterval", 'globalThis["setInterval"](() => undefined, 1)'],
  ["setImmediate", "setImmediate(() => undefined)"],
  ["fetch", 'fetch("http://127.0.0.1:9/")'],
  ["AbortSignal.timeout", "AbortSignal.timeout(1)"],
];

describe("the poison", () => {
  it.each(FORBIDDEN)("makes %s throw in the daemon's code, and remembers it", async (name, code) => {
    const call = await asDaemon(code);
    using antidote = poison();
    expect(call).toThrow(`${name} was called inside the simulated world`);
    expect(antidote.caught).toEqual([name]);
  });

  it("lets the daemon make a date of a time that it was given", async () => {
    const call = await asDaemon("new Date(0).toISOString()");
    using antidote = poison();
    expect(call()).toBe("1970-01-01T00:00:00.000Z");
    expect(antidote.caught).toEqual([]);
  });

  it("leaves the test's own clock alone, and is gone after the run", async () => {
    const call = await asDaemon("Date.now()");
    const before = globalThis.setTimeout;
    {
      using _ = poison();
      expect(Date.now()).toBeGreaterThan(0);
    }
    expect(globalThis.setTimeout).toBe(before);
    expect(call()).toBeGreaterThan(0);
  });
});
