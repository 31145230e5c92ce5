import { expect, test } from "vitest";
import { type FormatValues, pythonFormat } from "../../../../src/lb/marathon-lb/python-format.js";

const VALUES: FormatValues = {
  name: "web",
  port: 80,
  nothing: undefined,
  quoted: `it's "so"\n`,
  check: new Map<string, string | number | undefined>([
    ["path", "/"],
    ["port", undefined],
  ]),
};

// Each right side is what Python 3.11 says.
test.each([
  ["{name}:{port}", "web:80"],
  ["{{ssl_fc}} {name}", "{ssl_fc} web"],
  ["{nothing}", "None"],
  ["{check[path]} {check[port]}", "/ None"],
  ["{check}", "{'path': '/', 'port': None}"],
  ["{name!r} {port!r} {quoted!r}", `'web' 80 'it\\'s "so"\\n'`],
  ["{name:>6}|{name:*^7}|{name:<5}|{name:.2}", "   web|**web**|web  |we"],
  ["{port:05d}|{port:x}|{port:+}|{port:>4}|{port:<4}|{port:b}", "00080|50|+80|  80|80  |1010000"],
  ["{port!s:>4}", "  80"],
])("%s", (template, expected) => {
  expect(pythonFormat(template, VALUES)).toBe(expected);
});

test.each([
  ["{other}", "{other} is none of check, name, nothing, port, quoted"],
  ["{check[other]}", "{check[other]}: there is no other in check"],
  ["{name", '"{" has no partner'],
  ["name}", '"}" has no partner'],
  ["{port:s}", "{port:s} is not for a number"],
  ["{name:d}", "{name:d} is not for text"],
  ["{__proto__}", "{__proto__} is none of"],
])("%s is refused", (template, problem) => {
  expect(() => pythonFormat(template, VALUES)).toThrow(problem);
});
