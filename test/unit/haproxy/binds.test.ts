import { expect, test } from "vitest";
import { bindsIn, newBinds } from "../../../src/haproxy/binds.js";

test("finds where HAProxy listens, whatever the indentation, and what stands behind", () => {
  const text =
    "frontend a\n  bind *:80\n\tbind :81 ssl crt /x\nbind 192.0.2.1:82\n  bind [2001:db8::1]:83\n  bind abns@x\n # bind *:84\n bind *:1-9\n bind www.example.com:80\n bind 192.0.2.1:80,192.0.2.2:80\n";
  expect([...bindsIn(text).values()]).toEqual([
    { host: "0.0.0.0", port: 80 },
    { host: "0.0.0.0", port: 81 },
    { host: "192.0.2.1", port: 82 },
    { host: "2001:db8::1", port: 83 },
  ]);
});

test.each([
  ["the same", "bind *:80", "bind *:80", []],
  ["nothing before", "bind *:80", "", ["0.0.0.0:80"]],
  ["another port", "bind *:81", "bind *:80", ["0.0.0.0:81"]],
  ["another address of the same port", "bind 192.0.2.2:80", "bind 192.0.2.1:80", ["192.0.2.2:80"]],
  ["one address in place of all", "bind 192.0.2.1:80", "bind *:80", []],
  ["all addresses in place of one", "bind *:80", "bind 192.0.2.1:80", []],
  ["the same, written otherwise", "bind 0.0.0.0:80", "bind :80", []],
  ["all addresses of IPv6 in place of one", "bind [::]:80", "bind [2001:db8::1]:80", []],
] as const)("what is new of %s is what HAProxy is not in the way of", (_, text, loaded, expected) => {
  expect([...newBinds(`frontend a\n  ${text}\n`, `frontend a\n  ${loaded}\n`).keys()]).toEqual(expected);
});
