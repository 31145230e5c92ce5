import { expect, test } from "vitest";
import { bytes, count, latency, plural, rate, share, span } from "../../../src/console-app/format.js";

test.each([
  [count(1_234_567), "1,234,567"],
  [count(null), "–"],
  [rate(0), "0"],
  [rate(0.44), "0.4"],
  [rate(3), "3"],
  [rate(1_234.6), "1,235"],
  [rate(123_456), "123K"],
  [latency(null), "–"],
  [latency(0.000_012), "12 µs"],
  [latency(0.003_44), "3.4 ms"],
  [latency(1.5), "1.5 s"],
  [share(null), "–"],
  [share(0.954), "95%"],
  [share(0.999), ">99%"],
  [share(1), "100%"],
  [bytes(512), "512 B"],
  [bytes(67_108_864), "64 MiB"],
  [span(-5), "0 s"],
  [span(8_400), "8 s"],
  [span(200_000), "3 min"],
  [span(7_500_000), "2 h 5 min"],
  [span(360_000_000), "4 d 4 h"],
  [plural(1, "task"), "1 task"],
  [plural(2_000, "entry", "entries"), "2,000 entries"],
])("%s is written as it is meant", (written, meant) => {
  expect(written).toBe(meant);
});
