import { expect, it } from "vitest";
import { workerIn } from "../../../../src/haproxy/table.js";
import { readState, servicesOf } from "../../../../src/vip-node/haproxy/state.js";

/** Columns as HAProxy 2.6 has them, the last ones left out. */
const SERVERS = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight
3 tcp:192.0.2.1:80 1 198.51.100.1:31000 198.51.100.1 2 0 5 1
3 tcp:192.0.2.1:80 2 198.51.100.2:31000 198.51.100.2 2 8 7 1
3 tcp:192.0.2.1:80 3 198.51.100.3:31000 198.51.100.3 0 1 2 1
3 tcp:192.0.2.1:80 4 198.51.100.4:31000 198.51.100.4 0 5 2 1
3 tcp:192.0.2.1:80 5 other 198.51.100.5 0 0 2 1
4 web 1 198.51.100.6:80 198.51.100.6 0 0 2 1
5 tcp:2001:db8::1:80 1 2001:db8::2:8080 2001:db8::2 2 0 0 1

`;
const STAT = `# pxname,svname,qcur,qmax,scur,smax,status,weight,
tcp:192.0.2.1:80:in,FRONTEND,,,3,3,OPEN,,
tcp:192.0.2.1:80,198.51.100.1:31000,0,0,1,1,no check,5,
tcp:192.0.2.1:80,198.51.100.2:31000,0,0,0,1,DRAIN,0,
tcp:192.0.2.1:80,198.51.100.3:31000,0,0,2,2,MAINT,2,
tcp:192.0.2.1:80,198.51.100.4:31000,0,0,0,2,MAINT,2,
web,FRONTEND,,,0,0,OPEN,,
tcp:2001:db8::1:80:in,FRONTEND,,,0,0,STOP,,
tcp:2001:db8::1:80,2001:db8::2:8080,0,0,0,0,no check,0,
tcp:192.0.2.9:80:in,FRONTEND,,,0,0,OPEN,,

`;

it("reads services, their targets, and what each is worth, and leaves out what is not ours", () => {
  const at = { protocol: "tcp", port: 80 };
  expect(readState(SERVERS, STAT)).toEqual([
    {
      ...at,
      address: "192.0.2.1",
      isOpen: true,
      targets: [
        { ip: "198.51.100.1", port: 31_000, weight: 5, isRetired: false, isIdle: false },
        { ip: "198.51.100.2", port: 31_000, weight: 0, isRetired: false, isIdle: true },
        { ip: "198.51.100.3", port: 31_000, weight: 2, isRetired: true, isIdle: false },
        { ip: "198.51.100.4", port: 31_000, weight: 2, isRetired: true, isIdle: true },
      ],
    },
    {
      ...at,
      address: "2001:db8::1",
      isOpen: false,
      targets: [{ ip: "2001:db8::2", port: 8080, weight: 0, isRetired: false, isIdle: true }],
    },
    { ...at, address: "192.0.2.9", isOpen: true, targets: [] },
  ]);
});

it("begins again without targets that are retired", () => {
  const [first] = servicesOf(readState(SERVERS, STAT));
  expect(first?.targets.map(({ ip, weight }) => [ip, weight])).toEqual([
    ["198.51.100.1", 5],
    ["198.51.100.2", 0],
  ]);
});

it("knows the worker that answers", () => {
  expect(workerIn("Name: HAProxy\nPid: 4711\nUptime: 0d\n")).toBe(4711);
  expect(workerIn("")).toBeUndefined();
});
