/**
 * Loaded before the daemon (`node --import`): bounds of `domain/limits` that a test can't wait for, shortened. The code that
 * keeps them is the product's own. `HOTPLATE_SHORT_TIMES` holds them as JSON.
 */
import { LIMITS } from "../../daemon/domain/limits.ts";

const given = JSON.parse(process.env["HOTPLATE_SHORT_TIMES"] ?? "{}") as Record<string, number>;
for (const [name, ms] of Object.entries(given)) {
  if (!(name in LIMITS)) throw new Error(`no bound is named ${name}`);
  Object.assign(LIMITS, { [name]: ms });
}
