/**
 * Colour spaces that only OCIO can work out: oiiotool, with the studio's config, in a scratch directory of its own that goes
 * whatever happens. Synchronous, for it runs in an image worker, whose deadline kills both. It never sees a plate.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HotplateError, messageOf, systemCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";

export interface OcioTurn {
  /** The config's file. */
  readonly config: string;
  /** Names of that config. */
  readonly from: string;
  readonly to: string;
}

/** An OpenEXR in memory -> one of float channels in the other space. @throws HotplateError HP-COLOR-TOOL. */
export function turnExr(bytes: Uint8Array, turn: OcioTurn): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), "hotplate-ocio-"));
  try {
    const from = join(dir, "in.exr");
    writeFileSync(from, bytes);
    const to = join(dir, "out.exr");
    run(from, to, turn);
    return readFileSync(to);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function run(from: string, to: string, turn: OcioTurn): void {
  // Colours are divided by alpha for the conversion and multiplied again, as the feed does it.
  const args = ["--colorconfig", turn.config, from, "--colorconvert:unpremult=1", turn.from, turn.to];
  try {
    execFileSync("oiiotool", [...args, "-d", "float", "--compression", "none", "-o", to], {
      timeout: LIMITS.ocioTurnMs,
      maxBuffer: LIMITS.execOutputBytesMax,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], LC_ALL: "C" },
    });
  } catch (error) {
    throw new HotplateError("HP-COLOR-TOOL", wordsOf(error, turn));
  }
}

function wordsOf(error: unknown, { from, to }: OcioTurn): string {
  if (systemCode(error) === "ENOENT")
    return `"${from}" needs oiiotool, which is not installed here (Debian: openimageio-tools)`;
  const said = (error as { stderr?: Buffer }).stderr?.toString("utf8").trim().split("\n")[0] ?? "";
  return `oiiotool could not turn "${from}" into "${to}": ${said === "" ? messageOf(error) : said}`;
}
