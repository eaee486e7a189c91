/** A problem of a manifest that shows only when it is planned. */
import type { ErrorCode } from "./errors.ts";

/** Words of a problem found after reading; `path` says where in the manifest. */
export interface ManifestFinding {
  readonly code: ErrorCode;
  readonly severity?: "error" | "warning";
  readonly path: readonly (string | number)[];
  /** Where in hotplate.yaml, when it is said there. */
  readonly setting?: readonly string[];
  readonly message: string;
  readonly found?: string | null;
  readonly expected?: string | null;
  readonly nearest?: string | null;
  readonly action?: string;
}
