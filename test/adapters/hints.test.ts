/** Hints wake for whatever happens to names in the folder, and for nothing else; nothing may depend on how often. */
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { createHints } from "../../daemon/adapters/hints.ts";
import type { Watch } from "../../daemon/ports.ts";
import { tempDir } from "../fixtures/tempDir.ts";

/** A watch whose wakes can be waited for: `woken` resolves at the next one after the call. */
function watching(dir: string): { readonly watch: Watch; readonly woken: () => Promise<void> } {
  let rings: (() => void)[] = [];
  const watch = createHints().watch(dir, () => {
    for (const ring of rings) ring();
    rings = [];
  });
  return { watch, woken: () => new Promise((resolve) => rings.push(resolve)) };
}

/** Does something until the watch wakes: it takes a moment until a new watch is set up. */
async function wakesBy(action: (n: number) => void, woken: Promise<void>): Promise<void> {
  let done = false;
  void woken.then(() => (done = true));
  for (let n = 0; !done; n += 1) {
    action(n);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("hints", () => {
  const open: Watch[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((watch) => watch.close()));
  });

  it("wake for a file renamed into place, created, changed and removed", async () => {
    using dir = tempDir();
    const { watch, woken } = watching(dir.path);
    open.push(watch);
    writeFileSync(dir.file("always"), "x");
    await wakesBy((n) => writeFileSync(dir.file(`made-${n}`), "x"), woken());
    await wakesBy((n) => {
      writeFileSync(dir.file(`.tmp-${n}`), "x");
      renameSync(dir.file(`.tmp-${n}`), dir.file(`a-${n}.yaml`));
    }, woken());
    await wakesBy((n) => writeFileSync(dir.file("always"), "x".repeat(n % 100)), woken());
    await wakesBy((n) => utimesSync(dir.file("always"), n, n), woken());
    const removed = woken();
    rmSync(dir.file("always"));
    await removed;
  });

  it("wake for a folder that is dropped", async () => {
    using dir = tempDir();
    const { watch, woken } = watching(dir.path);
    open.push(watch);
    await wakesBy((n) => mkdirSync(dir.file(`plates-${n}`)), woken());
  });

  it("do not wake for our own answers and other people's temporary files", async () => {
    using dir = tempDir();
    const { watch, woken } = watching(dir.path);
    open.push(watch);
    await wakesBy((n) => writeFileSync(dir.file(`made-${n}`), "x"), woken());
    let wakes = 0;
    let last: () => void = () => undefined;
    const counted = createHints().watch(dir.path, () => {
      wakes += 1;
      last();
    });
    open.push(counted);
    await wakesBy((n) => writeFileSync(dir.file(`more-${n}`), "x"), new Promise<void>((resolve) => (last = resolve)));
    wakes = 0;
    const passers = [".hotplate-tmp.1.a", "a.yaml.STATUS.txt", "b.yaml.ERROR.txt", ".a.swp", "copy.part", "~$a"];
    for (let round = 0; round < 200; round += 1)
      for (const name of passers) writeFileSync(dir.file(name), String(round));
    const told = woken();
    writeFileSync(dir.file("a.yaml"), "x");
    await told;
    // Events come in order: whatever the 1,200 writes had to say was said before this one's, or lost.
    expect(wakes).toBeLessThan(200);
  });

  it("never turn into polling because of the environment", async () => {
    using dir = tempDir();
    process.env["CHOKIDAR_USEPOLLING"] = "1";
    process.env["CHOKIDAR_INTERVAL"] = "3600000";
    const { watch, woken } = watching(dir.path);
    open.push(watch);
    expect([process.env["CHOKIDAR_USEPOLLING"], process.env["CHOKIDAR_INTERVAL"]]).toEqual([undefined, undefined]);
    await wakesBy((n) => writeFileSync(dir.file(`made-${n}`), "x"), woken());
  });

  it("bear a folder that is not there, and one that goes away", async () => {
    using dir = tempDir();
    open.push(createHints().watch(dir.file("nothing"), () => undefined));
    mkdirSync(dir.file("gone"));
    const { watch, woken } = watching(dir.file("gone"));
    open.push(watch);
    await wakesBy((n) => writeFileSync(dir.file(`gone/${n}`), "x"), woken());
    const told = woken();
    rmSync(dir.file("gone"), { recursive: true });
    await told;
  });

  it("say nothing any more once they are closed, and close twice", async () => {
    using dir = tempDir();
    let wakes = 0;
    const watch = createHints().watch(dir.path, () => (wakes += 1));
    await watch.close();
    const before = wakes;
    writeFileSync(dir.file("late"), "x");
    const second = watching(dir.path);
    open.push(second.watch);
    await wakesBy((n) => writeFileSync(dir.file(`made-${n}`), "x"), second.woken());
    expect(wakes).toBe(before);
    await watch.close();
  });
});
