import type { Reporter, TestCase } from "vitest/node";

/**
 * Says at the end of a run which tests failed and passed when they were run again, and what they said the first time.
 * One of thousands that meet a busy machine at a bad moment shall not hide what the others say, and shall not be hidden.
 */
export default class SecondTries implements Reporter {
  readonly #cases: TestCase[] = [];

  onTestCaseResult(testCase: TestCase): void {
    if (testCase.diagnostic()?.flaky) this.#cases.push(testCase);
  }

  onTestRunEnd(): void {
    if (this.#cases.length === 0) return;
    console.log(`\nPassed only when run again, ${this.#cases.length}: look at these.`);
    for (const testCase of this.#cases) {
      const said = testCase.result().errors?.map(({ message }) => message.split("\n")[0]);
      console.log(`  ${testCase.module.relativeModuleId} > ${testCase.fullName}: ${said?.join("; ") ?? ""}`);
    }
  }
}
