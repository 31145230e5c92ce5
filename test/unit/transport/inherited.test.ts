import { describe, expect, test } from "vitest";
import { inheritedSockets } from "../../../src/transport/inherited.js";

const PID = 4711;
const HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** A row of /proc/self/net/udp and similar tables. */
function row(local: string, inode: number): string {
  const remote = `${local.split(":")[0].replace(/./g, "0")}:0000`;
  return `  12: ${local} ${remote} 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 0`;
}

const TABLES: Readonly<Record<string, string>> = {
  udp: [HEADER, row("0100007F:0035", 1001), row("00000000:14E9", 1002)].join("\n"),
  udp6: [HEADER, row("B80D0120000000000000000001000000:0035", 1003)].join("\n"),
  tcp: [HEADER, row("0A0200C0:0035", 1004)].join("\n"),
  tcp6: [HEADER, row("00000000000000000000000000000000:0355", 1005)].join("\n"),
};

/** The inherited sockets if descriptors 3, 4, … are links to these. */
function found(env: NodeJS.ProcessEnv, ...links: string[]) {
  return inheritedSockets(env, PID, { link: (fd) => links[fd - 3], table: (name) => TABLES[name] });
}

const given = (count: number) => ({ LISTEN_PID: String(PID), LISTEN_FDS: String(count) });

describe("sockets from systemd", () => {
  test.each([
    ["UDP over IPv4", 1001, { protocol: "udp", host: "127.0.0.1", port: 53 }],
    ["UDP at all addresses", 1002, { protocol: "udp", host: "0.0.0.0", port: 5353 }],
    ["UDP over IPv6", 1003, { protocol: "udp", host: "2001:db8::1", port: 53 }],
    ["TCP over IPv4", 1004, { protocol: "tcp", host: "192.0.2.10", port: 53 }],
    ["TCP at all addresses of both families", 1005, { protocol: "tcp", host: "::", port: 853 }],
  ])("are described from the kernel's tables: %s", (_, inode, expected) => {
    expect(found(given(1), `socket:[${inode}]`)).toEqual([{ fd: 3, ...expected }]);
  });

  test("are in the order of their descriptors", () => {
    const sockets = found(given(3), "socket:[1004]", "socket:[1001]", "socket:[1003]");
    expect(sockets.map(({ fd, protocol }) => [fd, protocol])).toEqual([
      [3, "tcp"],
      [4, "udp"],
      [5, "udp"],
    ]);
  });

  test.each([
    ["the environment does not mention them", {}],
    ["they are for another process", { LISTEN_PID: "1", LISTEN_FDS: "2" }],
    ["there are none", given(0)],
    ["their number is no number", { ...given(0), LISTEN_FDS: "some" }],
  ])("are not searched for if %s", (_, env) => {
    expect(found(env, "socket:[1001]", "socket:[1004]")).toEqual([]);
  });

  test.each([
    ["a file", "/dev/null"],
    ["a socket that is not of IP", "socket:[9999]"],
  ])("cannot be %s: the error says what to write in the unit", (_, link) => {
    expect(() => found(given(2), "socket:[1001]", link)).toThrow(
      /^descriptor 4 from systemd is no UDP or TCP socket for IP: ListenDatagram= and ListenStream= /,
    );
  });
});
