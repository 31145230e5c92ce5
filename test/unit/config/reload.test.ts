import { expect, test } from "vitest";
import { applyLive, changedKeys } from "../../../src/config/reload.js";
import { configOf } from "./support.js";

test("equal configurations have no changed keys, whatever the order of their zones", () => {
  const zones = { "a.example": ["192.0.2.53"], "b.example": ["192.0.2.54"] };
  const reversed = { "b.example": ["192.0.2.54"], "a.example": ["192.0.2.53"] };
  expect(changedKeys(configOf({ zoneResolvers: zones }), configOf({ zoneResolvers: reversed }))).toEqual({
    live: [],
    restart: [],
  });
});

test("only the keys of open sockets need a restart", () => {
  const after = {
    listener: "192.0.2.2",
    port: 5353,
    httplistener: "192.0.2.2",
    httpport: 80,
    dnson: false,
    ttl: 5,
    masters: ["192.0.2.9"],
    resolvers: ["192.0.2.53"],
    mesosCredentials: { principal: "ops" },
  };
  expect(changedKeys(configOf(), configOf(after))).toEqual({
    live: ["masters", "mesosCredentials", "ttl", "resolvers"],
    restart: ["port", "listener", "httplistener", "httpport", "dnson"],
  });
  expect(changedKeys(configOf(), configOf({ httpon: false }))).toEqual({ live: [], restart: ["httpon"] });
});

test("a default that follows the domain changes with it", () => {
  expect(changedKeys(configOf(), configOf({ domain: "dc1.example" })).live).toEqual(["domain", "SOAMname", "SOARname"]);
});

test("applyLive() takes the live keys, and keeps those that need a restart", () => {
  const before = configOf({ port: 5353, ttl: 60 });
  const after = configOf({ port: 53, ttl: 5, resolvers: ["192.0.2.53"] });
  const applied = applyLive(before, after);
  expect(applied).toEqual({ ...after, port: 5353 });
  expect(Object.isFrozen(applied)).toBe(true);
});
