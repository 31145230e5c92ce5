import { defineConfig } from "vitest/config";

/** As many as the program is made for at the least: two cores. */
const maxWorkers = 2;

/** Tests of whole programs measure time on a machine that does other things: a second try, which `SecondTries` tells of. */
const retry = 1;

const unit = ["test/unit/**/*.test.ts", "test/wire/**/*.test.ts"];
/** They count what the process has open, or the memory that it uses: nobody else may have anything there. */
const alone = ["forward/stream-link", "forward/udp-link", "transport/tcp"].map((suite) => `test/unit/${suite}.test.ts`);

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/second-tries.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: unit,
          exclude: alone,
          testTimeout: 20_000,
          // Modules keep nothing between tests. Loading them anew for each file takes longer than the tests do.
          isolate: false,
          // Many wait for a moment.
          maxWorkers: maxWorkers + 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "unit-alone",
          include: alone,
          testTimeout: 20_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          retry,
          maxWorkers,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // What datagrams have to do with, once more without the batch engine.
        test: {
          name: "dgram",
          include: ["answers", "differential", "forwarding", "hostile", "process", "protocol", "transport"].map(
            (suite) => `test/e2e/${suite}.test.ts`,
          ),
          env: { MESOS_DNS_UDPENGINE: "dgram" },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          retry,
          maxWorkers,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
