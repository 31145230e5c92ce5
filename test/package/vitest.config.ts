import { defineConfig } from "vitest/config";

/** What `npm run package:check` runs: installing takes longer than asking. */
export default defineConfig({
  test: {
    root: "test/package",
    include: ["*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
  },
});
