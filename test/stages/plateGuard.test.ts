/** A plate file on a real disk that changes, goes away or becomes a link between being accepted and being read. */
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { HotplateError, systemCode } from "../../daemon/domain/errors.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { PlateFrame } from "../../daemon/domain/plan.ts";
import type { StageContext } from "../../daemon/live.ts";
import { acceptedPlate, plateTrouble, PlateUnsettled, readPlate } from "../../daemon/stages/plateGuard.ts";
import type { TestStage } from "../fixtures/stageContext.ts";
import { testStage } from "../fixtures/stageContext.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";

let dir: TempDir;
let stage: TestStage;
let context: StageContext;
let path: string;
beforeEach(() => {
  dir = tempDir();
  mkdirSync(dir.file("shows/SH010/plates"), { recursive: true });
  path = dir.file("shows/SH010/plates/x.1001.exr");
  write(path, "as it was accepted");
  stage = testStage({ config: { roots: [{ name: "shows", linux: dir.file("shows") }] } });
  context = { ...stage.context, files: createFiles() };
  stage.now = Date.now() + LIMITS.plateQuietMs * 2;
});
afterEach(() => dir[Symbol.dispose]());

const PAST = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000);

/** Long ago, so that nobody writes it any more; in whole seconds, which every file system gives back as they were set. */
function write(file: string, text: string): void {
  writeFileSync(file, text);
  utimesSync(file, PAST, PAST);
}

/** Another picture with the same size and time takes its place by rename. */
function swap(): void {
  write(`${path}.new`, "as it was accepteD");
  renameSync(`${path}.new`, path);
}

function frame(of = path): PlateFrame {
  const stat = statSync(of, { bigint: true });
  return { frame: 1001, path: of, bytes: Number(stat.size), mtimeNs: String(stat.mtimeNs), ino: String(stat.ino) };
}

/** The code of what is thrown, and whether it is waited for. */
async function endOf(read: Promise<unknown>): Promise<unknown> {
  return read.then(
    (value) => value,
    (error: unknown) => {
      if (error instanceof PlateUnsettled) return ["waits", error.code];
      return error instanceof HotplateError ? error.code : systemCode(error);
    },
  );
}

describe("a plate file", () => {
  it("is read when it is the accepted one, before and after", async () => {
    expect(await endOf(readPlate(context, frame(), () => Promise.resolve("pixels")))).toBe("pixels");
  });

  it("is read again when it changed meanwhile and came back, and never handed on half", async () => {
    let reads = 0;
    const read = async (): Promise<string> => {
      reads += 1;
      if (reads > 1) return "whole";
      swap();
      return "half of each";
    };
    expect(await endOf(readPlate(context, frame(), read))).toBe("whole");
    expect(reads).toBe(2);
  });

  it("that changes with every read fails after a bounded number of them", async () => {
    let reads = 0;
    const read = async (): Promise<string> => {
      reads += 1;
      swap();
      throw new HotplateError("HP-PLATE-BROKEN", "the file is cut");
    };
    // What the decoder said of a file that was being written says nothing about the plate.
    expect(await endOf(readPlate(context, frame(), read))).toBe("HP-PLATE-CHANGED");
    expect(reads).toBe(LIMITS.plateReadTriesMax);
  });

  it("that is damaged and did not change is damaged", async () => {
    const read = (): Promise<never> => Promise.reject(new HotplateError("HP-PLATE-BROKEN", "the file is cut"));
    expect(await endOf(readPlate(context, frame(), read))).toBe("HP-PLATE-BROKEN");
  });

  it("that was written anew is waited for while it is fresh, then refused", async () => {
    const accepted = frame();
    writeFileSync(path, "another picture");
    stage.now = Date.now();
    expect(await endOf(acceptedPlate(context, accepted))).toEqual(["waits", "HP-PLATE-CHANGED"]);
    stage.now += LIMITS.plateQuietMs + 1_000;
    expect(await endOf(acceptedPlate(context, accepted))).toBe("HP-PLATE-CHANGED");
    expect(await plateTrouble(context, accepted)).toContain("changed after the job was accepted");
  });

  it("that is gone is waited for a bounded time, and is welcome when it comes back", async () => {
    const accepted = frame();
    renameSync(path, `${path}.away`);
    expect(await endOf(acceptedPlate(context, accepted))).toEqual(["waits", "HP-PLATE-GONE"]);
    stage.now += LIMITS.plateGoneMs;
    expect(await endOf(acceptedPlate(context, accepted))).toBe("HP-PLATE-GONE");
    renameSync(`${path}.away`, path);
    expect(await plateTrouble(context, accepted)).toBeNull();
    expect(stage.live.unsettledPlates.size).toBe(0);
  });

  it("below a root that has nothing in it is no word about the plate: the share is not mounted", async () => {
    const accepted = frame();
    rmSync(dir.file("shows/SH010"), { recursive: true });
    expect(await endOf(acceptedPlate(context, accepted))).toBe("ENOENT");
    mkdirSync(dir.file("shows/SH020"));
    expect(await endOf(acceptedPlate(context, accepted))).toEqual(["waits", "HP-PLATE-GONE"]);
  });
});

describe("a plate that is a link", () => {
  it("is read through it, as the file that it leads to", async () => {
    const link = join(dir.file("shows/SH010/plates"), "link.1001.exr");
    symlinkSync(path, link);
    expect(await endOf(readPlate(context, { ...frame(), path: link }, () => Promise.resolve("pixels")))).toBe("pixels");
  });

  it.each(["file", "folder"])("out of every root is never read, also when it became one later: a %s", async (what) => {
    const accepted = frame();
    mkdirSync(dir.file("elsewhere"));
    const secret = dir.file("elsewhere/x.1001.exr");
    renameSync(path, secret);
    if (what === "file") symlinkSync(secret, path);
    else {
      rmSync(dir.file("shows/SH010/plates"), { recursive: true });
      symlinkSync(dir.file("elsewhere"), dir.file("shows/SH010/plates"));
    }
    let read = false;
    const reading = readPlate(context, accepted, async () => (read = true));
    expect([await endOf(reading), read]).toEqual(["HP-PATH-ROOT", false]);
  });

  it("that leads nowhere is gone", async () => {
    const accepted = frame();
    unlinkSync(path);
    symlinkSync(dir.file("shows/nothing.exr"), path);
    expect(await endOf(acceptedPlate(context, accepted))).toEqual(["waits", "HP-PLATE-GONE"]);
  });
});
