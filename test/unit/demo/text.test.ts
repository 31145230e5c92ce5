import { describe, expect, it } from "vitest";
import { hints } from "../../../src/demo/hints.js";
import { parseLogLine } from "../../../src/demo/log-line.js";
import { parseOptions } from "../../../src/demo/options.js";
import { type Output, Screen } from "../../../src/demo/screen.js";
import { figuresIn, statusLine } from "../../../src/demo/status.js";

const METRICS = `# HELP mesos_dns_cluster_tasks Running tasks in the last state.
# TYPE mesos_dns_cluster_tasks gauge
mesos_dns_cluster_tasks 7
mesos_dns_snapshot_names 51
mesos_dns_snapshot_records 77
mesos_dns_snapshot_serial 1700000000
mesos_dns_requests_total{transport="udp",type="A",zone="local"} 4
mesos_dns_requests_total{transport="tcp",type="SRV",zone="local"} 2
`;

describe("options", () => {
  it("are the documented ports unless given", () => {
    expect(parseOptions([])).toEqual({ kind: "cluster", dnsPort: 8053, httpPort: 8123 });
    const given = parseOptions(["--dns-port", "53", "--http-port=80"]);
    expect(given).toEqual({ kind: "cluster", dnsPort: 53, httpPort: 80 });
  });

  it("ask for the load balancer, for a time or until it is stopped", () => {
    expect(parseOptions(["--lb"])).toEqual({ kind: "load-balancer", seconds: undefined });
    expect(parseOptions(["--lb", "--seconds", "9"])).toEqual({ kind: "load-balancer", seconds: 9 });
  });

  it.each([
    [["--seconds", "9"], "--seconds goes with --lb only"],
    [["--lb", "--seconds", "0"], '--seconds must be a number of seconds from 1 to 999999, not "0"'],
    [["--lb", "--dns-port", "53"], "--dns-port does not go with --lb, whose ports are any that are free"],
  ])("that do not go together say so: %j", (argv, problem) => {
    expect(() => parseOptions(argv)).toThrow(problem);
  });

  it.each([["--dns-port", "0"], ["--http-port", "65536"], ["--dns-port", "x"], ["--dns-port"], ["--port", "1"], ["x"]])(
    "that are wrong are refused with the usage: %s %s",
    (...argv) => {
      expect(() => parseOptions(argv)).toThrow("usage: npm run demo -- [--dns-port PORT] [--http-port PORT]");
    },
  );
});

it("what to try says where everything is, the master's state too", () => {
  const vip = { address: "127.11.0.9", port: 8080, isCarried: true };
  const text = hints({ dnsPort: 8053, httpPort: 8123 }, "127.0.0.1:37053", vip);
  expect(text).toContain("DNS on 127.0.0.1:8053, HTTP on 127.0.0.1:8123.");
  expect(text).toMatch(/curl -s http:\/\/127\.0\.0\.1:37053\/state /);
  expect(text).toContain("curl http://127.11.0.9:8080/");
  const without = hints({ dnsPort: 8053, httpPort: 8123 }, "127.0.0.1:37053", { ...vip, isCarried: false });
  expect(without).toContain("install HAProxy, and the demonstration carries its connections too");
  expect(without).not.toContain("curl http://127.11.0.9");
});

describe("the status line", () => {
  it("says what /metrics says, series added up, and what changed last", () => {
    const figures = figuresIn(METRICS);
    expect(statusLine(figures, { at: 0, text: "web moved to 192.0.2.12" })).toBe(
      "7 tasks, 51 names, 77 records, serial 1700000000, 6 queries; web moved to 192.0.2.12",
    );
  });

  it("shows a dash for what is not known yet", () => {
    expect(statusLine(figuresIn(""), undefined)).toBe("- tasks, - names, - records, serial -, - queries");
  });
});

describe("the screen", () => {
  function screenOn(output: Partial<Output>) {
    let written = "";
    let now = 0;
    const write = (text: string) => {
      written += text;
      return true;
    };
    const screen = new Screen({ ...output, write }, () => now);
    return { screen, written: () => written, pass: (ms: number) => (now += ms) };
  }

  it("replaces the status on a terminal, and keeps it below what is printed", () => {
    const { screen, written } = screenOn({ isTTY: true, columns: 80 });
    screen.status("one", 1);
    screen.print("text");
    screen.status("two", 1);
    expect(written()).toBe("\r\x1b[2Kone\r\x1b[2Ktext\none\r\x1b[2Ktwo");
  });

  it("cuts the status to the terminal's width", () => {
    const { screen, written } = screenOn({ isTTY: true, columns: 10 });
    screen.status("0123456789", 1);
    expect(written()).toBe("\r\x1b[2K01234567…");
  });

  it("does not cut where the terminal does not know its width", () => {
    const { screen, written } = screenOn({ isTTY: true, columns: 0 });
    screen.status("0123456789", 1);
    expect(written()).toBe("\r\x1b[2K0123456789");
  });

  it("writes a line elsewhere only when there is something new, and not too often", () => {
    const { screen, written, pass } = screenOn({});
    screen.status("first", 1);
    pass(60_000);
    screen.status("the same", 1);
    screen.status("second", 2);
    screen.status("too soon", 3);
    pass(5_000);
    screen.status("third", 3);
    expect(written()).toBe("first\nsecond\nthird\n");
  });
});

describe("what the server writes", () => {
  it("is a warning, another line of the log, or plain words", () => {
    expect(parseLogLine('{"level":"error","msg":"no master"}')).toEqual({
      text: "no master",
      isWarning: true,
      isLog: true,
    });
    expect(parseLogLine('{"level":"info","msg":"listening"}')).toEqual({
      text: "listening",
      isWarning: false,
      isLog: true,
    });
    const plain = { isWarning: false, isLog: false };
    expect(parseLogLine("mesos-dns: UDP 127.0.0.1:53 is in use")).toEqual({
      text: "UDP 127.0.0.1:53 is in use",
      ...plain,
    });
    expect(parseLogLine("{ cut off")).toEqual({ text: "{ cut off", ...plain });
  });
});
