import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    // Most of the time goes by waiting for processes, not by computing.
    maxWorkers: 3,
    reporters: ["./scripts/testReporter.ts"],
  },
});
