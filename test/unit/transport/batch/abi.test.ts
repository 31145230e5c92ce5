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
  test("are on this machine as they are written down", () => {
    expect(checkAbi(real)).toEqual([]);
  });

  test("that are otherwise are named, with what differs", () => {
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

  test.each(["socket", "bind", "getsockname", "sendmmsg", "recvmmsg"] as const)("fails where %s does", (call) => {
    const failing = systemWith({ [call]: () => ERROR, errno: () => "EPERM" });
    expect(() => tryOut(failing)).toThrow(`the batch engine cannot be used: ${call} failed with EPERM`);
  });

  test("fails where datagrams come back as others", () => {
    const garbling = systemWith({ recvmmsg: () => 3 });
    expect(() => tryOut(garbling)).toThrow("came back changed");
  });
});

describe("the plan", () => {
  const broken = () => systemWith({ socket: () => ERROR, errno: () => "EPERM" });

  test("is the batch engine where it works, with as many threads as are asked for", () => {
    expect(plan("auto", 3)).toEqual({ engine: "batch", threads: 3 });
    expect(plan("batch", 1)).toEqual({ engine: "batch", threads: 1 });
  });

  test("is one thread a core at most four, where nobody says how many", () => {
    const { threads } = plan("auto", 0);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threads).toBeLessThanOrEqual(4);
  });

  test("is node:dgram in one thread where that is asked for", () => {
    expect(plan("dgram", 3)).toEqual({ engine: "dgram", threads: 1 });
  });

  test("falls back to node:dgram where the batch engine does not work, and says why", () => {
    warnings.length = 0;
    expect(plan("auto", 3, broken)).toEqual({ engine: "dgram", threads: 1 });
    expect(warnings).toEqual([expect.stringContaining("socket failed with EPERM; datagrams are moved one by one")]);
  });

  test("fails where the batch engine is asked for by name and does not work", () => {
    expect(() => plan("batch", 1, broken)).toThrow("socket failed with EPERM");
  });
});
