/**
 * What `npm test` prints: a line per file, every failure whole, every skipped test with its reason, and the closing line
 * `N passed, N failed[, N skipped]` that the gate reads.
 */
import type { Reporter, TestCase, TestModule } from "vitest/node";

export default class ClosingLineReporter implements Reporter {
  onTestModuleEnd(module: TestModule): void {
    let passed = 0;
    let failed = 0;
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      if (state === "passed") passed += 1;
      if (state === "failed") failed += 1;
      if (state === "skipped") console.log(`SKIPPED ${test.fullName} (${reasonOf(test)})`);
    }
    const mark = failed > 0 || module.errors().length > 0 ? "FAIL" : "ok";
    console.log(
      `${mark.padEnd(4)} ${module.relativeModuleId} ${passed} passed${failed > 0 ? `, ${failed} failed` : ""}`,
    );
    for (const test of module.children.allTests("failed")) printFailure(test);
    for (const error of module.errors()) console.log(`     ${error.stack ?? error.message}`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { message: string; stack?: string }[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state !== "pending") count[state] += 1;
      }
    }
    for (const error of unhandled) console.log(`UNHANDLED ${error.stack ?? error.message}`);
    count.failed += unhandled.length;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return result.state === "skipped" && result.note ? result.note : "no reason given";
}

function printFailure(test: TestCase): void {
  console.log(`  FAILED ${test.fullName}`);
  for (const error of test.result().errors ?? []) {
    console.log(`     ${error.stack ?? error.message}`);
    if (error.diff) console.log(error.diff);
  }
}
