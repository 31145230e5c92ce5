import { expect, test } from "vitest";
import { parseFlows, strayFlows } from "../../../../src/vip-node/nftables/flows.js";

const LISTED = `tcp      6 117 TIME_WAIT src=11.0.0.1 dst=11.0.0.1 sport=43210 dport=6379 src=192.0.2.1 dst=192.0.2.1 sport=80 dport=43210 [ASSURED] mark=0 use=1
udp      17 29 src=192.0.2.7 dst=11.0.0.2 sport=5000 dport=53 packets=1 bytes=29 [UNREPLIED] src=192.0.2.2 dst=192.0.2.7 sport=31000 dport=5000 packets=0 bytes=0 mark=0 use=1
udp      17 29 src=fd01:c:0:0:0:0:0:1 dst=fd01:c:0:0:0:0:0:1 sport=5000 dport=53 src=2001:db8:0:0:0:0:0:1 dst=fd01:c:0:0:0:0:0:1 sport=53 dport=5000 mark=0 use=1
icmp     1 29 src=192.0.2.7 dst=192.0.2.8 type=8 code=0 id=1 src=192.0.2.8 dst=192.0.2.7 type=0 code=0 id=1 mark=0 use=1
`;
const udp = (address: string, port: number) => ({ protocol: "udp" as const, address, port });

test("flows are read with where they were sent, and who answers", () => {
  expect(parseFlows(LISTED)).toEqual([
    { service: { protocol: "tcp", address: "11.0.0.1", port: 6379 }, target: { ip: "192.0.2.1", port: 80 } },
    { service: udp("11.0.0.2", 53), target: { ip: "192.0.2.2", port: 31000 } },
    { service: udp("fd01:c::1", 53), target: { ip: "2001:db8::1", port: 53 } },
  ]);
  expect(parseFlows("")).toEqual([]);
});

test("flows are astray that go to nobody whom their service has, of these services alone, each once", () => {
  const to = (ip: string, port = 31000) => ({ service: udp("11.0.0.2", 53), target: { ip, port } });
  const flows = [to("192.0.2.1"), to("192.0.2.2"), to("192.0.2.2"), to("192.0.2.1", 9), to("11.0.0.2", 53)];
  const targets = [{ ip: "192.0.2.1", port: 31000 }];
  const strays = strayFlows(flows, new Map([["udp:11.0.0.2:53", targets]]));
  expect(strays).toEqual([to("192.0.2.2"), to("192.0.2.1", 9), to("11.0.0.2", 53)]);
  expect(strayFlows(flows, new Map([["udp:11.0.0.2:54", []]]))).toEqual([]);
});
