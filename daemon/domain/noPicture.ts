/** Errors that say of a file that no reader here makes a picture of it, however often it is tried; a worker that broke over it is none of them. */
import type { ErrorCode } from "./errors.ts";
import { HotplateError } from "./errors.ts";

const NO_PICTURE: ReadonlySet<ErrorCode> = new Set([
  "HP-PLATE-BROKEN",
  "HP-PLATE-KIND",
  "HP-PLATE-DECODER",
  "HP-IMAGE-SIZE",
]);

export function isNoPicture(error: unknown): error is HotplateError {
  return error instanceof HotplateError && NO_PICTURE.has(error.code);
}
