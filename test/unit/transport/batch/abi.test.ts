import { describe, expect, test } from "vitest";
import { checkAbi } from "../../../../src/transport/batch/abi.js";
import { tryOut } from "../../../../src/transport/batch/trial.js";
import { planUdp } from "../../../../src/transport/udp.js";
import { real, systemWith } from "./support.js";

const ERROR = -1;
const warnings: string[] = [];
const log = { warn: (message: string) => void warnings.push(message) };
const plan = (udpEngine: "auto" | "batch" | "dgram", dnsThreads: number, load?: () => typeof real) =>
  planUdp({ udpEngine, dnsThreads }, log as never, load);

describe("structures", () => {
  test("have the same layout on this machine as in abi.ts", () => {
    expect(checkAbi(real)).toEqual([]);
  });

  test("with another layout are named, with the differences", () => {
    const other = {
      layoutOf: (members: Readonly<Record<string, string>>) => {
        const { size, offsets } = real.layoutOf(members);
        return "events" in members ? { size: size + 4, offsets: { ...offsets, events: 8 } } : { size, offsets };
      },
    };
    expect(checkAbi(other)).toEqual(["pollfd has 12 bytes, not 8", "pollfd.events is at 8, not at 4"]);
  });
});

describe("the trial", () => {
  test("passes on this machine, and leaves no socket open", () => {
    const closed: number[] = [];
    const watching = systemWith({
      close: (fd) => {
        closed.push(fd);
        return real.close(fd);
      },
    });
    tryOut(watching);
    expect(closed).toHaveLength(1);
  });

  test.each(["socket", "bind", "getsockname", "sendmmsg", "recvmmsg"] as const)("fails if %s fails", (call) => {
    const failing = systemWith({ [call]: () => ERROR, errno: () => "EPERM" });
    expect(() => tryOut(failing)).toThrow(`the batch engine cannot be used: ${call} failed with EPERM`);
  });

  test("fails if datagrams come back changed", () => {
    const garbling = systemWith({ recvmmsg: () => 3 });
    expect(() => tryOut(garbling)).toThrow("came back changed");
  });
});

describe("the plan", () => {
  const broken = () => systemWith({ socket: () => ERROR, errno: () => "EPERM" });

  test("is the batch engine if it works, with the configured number of threads", () => {
    expect(plan("auto", 3)).toEqual({ engine: "batch", threads: 3 });
    expect(plan("batch", 1)).toEqual({ engine: "batch", threads: 1 });
  });

  test("is one thread per core, at most four, if no number is configured", () => {
    const { threads } = plan("auto", 0);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threads).toBeLessThanOrEqual(4);
  });

  test("is node:dgram in one thread if that is configured", () => {
    expect(plan("dgram", 3)).toEqual({ engine: "dgram", threads: 1 });
  });

  test("falls back to node:dgram if the batch engine does not work, and logs why", () => {
    warnings.length = 0;
    expect(plan("auto", 3, broken)).toEqual({ engine: "dgram", threads: 1 });
    expect(warnings).toEqual([expect.stringContaining("socket failed with EPERM; datagrams are moved one by one")]);
  });

  test("fails if the batch engine is configured and does not work", () => {
    expect(() => plan("batch", 1, broken)).toThrow("socket failed with EPERM");
  });
});
