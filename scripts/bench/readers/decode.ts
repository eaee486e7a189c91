/** A process that decodes the files it is given, one after another, as an image worker does: what the bench times as Hotplate. */
import { join } from "node:path";
import type { Exec } from "../../../daemon/ports.ts";
import { readWhole } from "../../../daemon/adapters/images/byteSource.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { createFrameTools } from "../../../daemon/adapters/images/frameTools.ts";
import { isExr } from "../../../daemon/adapters/images/isExr.ts";

const [scratch = "", ...files] = process.argv.slice(2);
const exec: Exec = { run: async (...of) => (await import("../../../daemon/adapters/exec.ts")).createExec().run(...of) };
const tools = createFrameTools({ exec, scratchDir: join(scratch, "decoding"), path: process.env["PATH"] });
const cpuMs: number[] = [];
for (const file of files) {
  const before = process.cpuUsage();
  const { bytes } = await tools.readable(readWhole(file));
  if (isExr(bytes)) readExr(bytes);
  else await other(bytes);
  const { user, system } = process.cpuUsage(before);
  cpuMs.push((user + system) / 1_000);
}
process.stdout.write(JSON.stringify({ cpuMs }));

/** sharp is loaded by workers that meet a picture for it, and by no other. */
async function other(bytes: Uint8Array): Promise<void> {
  const { loadFrame, setUpSharp } = await import("../../../daemon/adapters/images/loadFrame.ts");
  setUpSharp();
  const loaded = await loadFrame(bytes);
  if (loaded.kind !== "frame") throw new Error(loaded.message);
}
