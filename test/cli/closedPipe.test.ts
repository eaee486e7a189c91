/** A command whose reader stops reading, as `head` does. */
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { REPOSITORY } from "../fixtures/sources.ts";

test("ends without a word when nobody reads what it prints", async () => {
  const { HOTPLATE_CONFIG: _none, ...env } = process.env;
  const child = spawn("sh", [`${REPOSITORY}scripts/hotplate.sh`, "qc", "list", "--json"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
