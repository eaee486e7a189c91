/** `npm run test:long`: every crash point, all pairs, a large swarm, a hundred kills. Hours, not minutes; figures on stdout. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/long/**/*.test.ts"],
    testTimeout: 24 * 60 * 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    disableConsoleIntercept: true,
    reporters: ["./scripts/testReporter.ts"],
  },
});
