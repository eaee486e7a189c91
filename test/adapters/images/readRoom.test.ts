/** Memory for the bytes of one file after another: what is in use is never read over. */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createReadRoom } from "../../../daemon/adapters/images/readRoom.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

it("reads one file after another into the same memory, whatever is shorter leaves no trace", () => {
  using dir = tempDir();
  writeFileSync(
    dir.file("long"),
    Uint8Array.from({ length: 100_000 }, (_, i) => i % 251),
  );
  writeFileSync(dir.file("short"), "abc");
  const room = createReadRoom();
  let memory: ArrayBufferLike;
  {
    using long = room(dir.file("long"));
    memory = long.bytes.buffer;
    expect([long.bytes.length, long.bytes[99_999]]).toEqual([100_000, 99_999 % 251]);
  }
  {
    using short = room(dir.file("short"));
    expect(Buffer.from(short.bytes).toString()).toBe("abc");
    expect(short.bytes.buffer).toBe(memory);
  }
});

it("gives memory of its own to whoever comes while it is taken, and keeps what it has when a file can't be read", () => {
  using dir = tempDir();
  writeFileSync(dir.file("a"), "first".repeat(20_000));
  writeFileSync(dir.file("b"), "other".repeat(20_000));
  const room = createReadRoom();
  using a = room(dir.file("a"));
  {
    using b = room(dir.file("b"));
    expect(b.bytes.buffer).not.toBe(a.bytes.buffer);
    expect(() => room(dir.file("absent"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(Buffer.from(a.bytes).toString()).toBe("first".repeat(20_000));
    expect(Buffer.from(b.bytes).toString()).toBe("other".repeat(20_000));
  }
});
