/** Deadlines and breakers of roots: a mount that hangs costs its own callers an error, and nobody else anything. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { createMountGuard } from "../../daemon/mountGuard.ts";
import type { Files } from "../../daemon/ports.ts";

function setUp() {
  let now = 0;
  const release: (() => void)[] = [];
  let made = 0;
  const files = {
    list: (dir: string) => {
      made += 1;
      if (dir.startsWith("/mnt/well")) return Promise.resolve([]);
      return new Promise((resolve) => release.push(() => resolve([])));
    },
  } as unknown as Files;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const guard = createMountGuard(files, clock, [{ linux: "/mnt/dead" }, { linux: "/mnt/well" }]);
  return { guard, release, made: () => made, pass: (ms: number) => (now += ms) };
}

describe("deadlines for mounts", () => {
  it("gives a call up with ETIMEDOUT at its deadline and never before", async () => {
    const { guard, pass } = setUp();
    const call = guard.files.list("/mnt/dead/hot", 10).catch((error: { code: string }) => error.code);
    pass(LIMITS.mountCallDeadlineMs - 1);
    guard.sweep();
    expect(guard.hanging("/mnt/dead")).toBe(0);
    pass(1);
    guard.sweep();
    expect(await call).toBe("ETIMEDOUT");
    expect(guard.hanging("/mnt/dead")).toBe(1);
  });

  it("makes no further call on a root while its share of calls hangs, and other roots never notice", async () => {
    const { guard, made, pass } = setUp();
    const calls = [1, 2].map(() =>
      guard.files.list("/mnt/dead/hot", 10).catch((error: { code: string }) => error.code),
    );
    pass(LIMITS.mountCallDeadlineMs);
    guard.sweep();
    await Promise.all(calls);
    const before = made();
    await expect(guard.files.list("/mnt/dead/hot", 10)).rejects.toMatchObject({ code: "ETIMEDOUT" });
    expect(made()).toBe(before);
    expect(await guard.files.list("/mnt/well/hot", 10)).toEqual([]);
  });

  it("lets calls through again when the hanging ones come back", async () => {
    const { guard, release, pass } = setUp();
    const calls = [1, 2].map(() => guard.files.list("/mnt/dead/hot", 10).catch(() => "late"));
    pass(LIMITS.mountCallDeadlineMs);
    guard.sweep();
    await Promise.all(calls);
    for (const free of release.splice(0)) free();
    await new Promise((resolve) => setImmediate(resolve));
    expect(guard.hanging("/mnt/dead")).toBe(0);
    const next = guard.files.list("/mnt/dead/hot", 10);
    for (const free of release) free();
    expect(await next).toEqual([]);
  });
});
