/** Time, names and chance as the real world gives them. */
import { stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createClock } from "../../daemon/adapters/clock.ts";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createIds } from "../../daemon/adapters/ids.ts";

describe("the clock", () => {
  it("counts ms since 1970", () => {
    const clock = createClock();
    const before = Date.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
  });

  it("ends a sleep at its time, and at once when what it waits for happens", async () => {
    const clock = createClock();
    const month = 31 * 24 * 60 * 60_000;
    await clock.sleep(0);
    await clock.sleep(-5);
    await clock.sleep(month, Promise.resolve());
    let wake = (): void => undefined;
    const slept = clock.sleep(month, new Promise<void>((resolve) => (wake = resolve)));
    wake();
    await slept;
    await clock.sleep(month, Promise.reject(new Error("whatever ends it ends the sleep")));
  });

  it("lets the outside in between two sleeps, however early each of them ends", async () => {
    const clock = createClock();
    let heard = false;
    const spoken = stat(".").then(() => (heard = true));
    // A loop that always has a reason to go on at once; without a turn for the disk it would never end.
    for (let round = 0; !heard && round < 1_000_000; round += 1) await clock.sleep(60_000, Promise.resolve());
    expect(heard).toBe(true);
    await spoken;
  });

  it("sleeps on although the time is beyond what a timer can count", async () => {
    const clock = createClock();
    let woke = false;
    let wake = (): void => undefined;
    const slept = clock.sleep(2 ** 40, new Promise<void>((resolve) => (wake = resolve))).then(() => (woke = true));
    await clock.sleep(2);
    expect(woke).toBe(false);
    wake();
    await slept;
  });
});

describe("ids", () => {
  it("are canonical lower-case UUIDs of version 4, each its own", () => {
    const ids = createIds(() => 0);
    const drawn = Array.from({ length: 1_000 }, () => ids.uuid());
    for (const id of drawn) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(drawn).size).toBe(1_000);
  });

  it("sort by age: in one ms, over the years, and when the clock steps back", () => {
    let now = 0;
    const ids = createIds(() => now);
    const drawn: string[] = [];
    for (const at of [
      0,
      0,
      0,
      1,
      1_700_000_000_000,
      1_699_999_999_000,
      1_700_000_000_000,
      1_700_000_000_001,
      2 ** 47,
    ]) {
      now = at;
      drawn.push(ids.sortable("job_"));
    }
    expect(drawn.toSorted()).toEqual(drawn);
    expect(new Set(drawn).size).toBe(drawn.length);
    for (const id of drawn) expect(id).toMatch(/^job_[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it("write the time as a ULID does", () => {
    expect(
      createIds(() => 1_469_918_176_385)
        .sortable("job_")
        .slice(0, 14),
    ).toBe("job_01ARYZ6S41");
  });

  it("draw fractions from 0 to below 1 that are spread", () => {
    const ids = createIds(() => 0);
    const drawn = Array.from({ length: 1_000 }, () => ids.fraction());
    expect(drawn.every((x) => x >= 0 && x < 1)).toBe(true);
    // 1,000 even draws miss a given tenth once in 10^45 runs.
    expect(new Set(drawn.map((x) => Math.floor(x * 10))).size).toBe(10);
  });
});

describe("the digest", () => {
  it("is sha256 in hex, of text as of its UTF-8 bytes", () => {
    const digest = createDigest();
    expect(digest.sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(digest.sha256("ä")).toBe(digest.sha256(new Uint8Array([0xc3, 0xa4])));
  });
});
