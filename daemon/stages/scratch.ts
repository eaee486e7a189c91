/** Scratch: files on the way to ComfyUI and back. Ours alone, on a local disk, and emptied at every start. */
import { joinPath } from "../domain/paths.ts";

export function scratchDir(stateDir: string): string {
  return joinPath(stateDir, "scratch");
}
