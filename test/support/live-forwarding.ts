import { join } from "node:path";
import { answersOf, ask, outside, rcode, refused, status } from "./live-asks.js";
import { isFetchedWithin, isGivenStale, isNegativeAskedAgain, isPushedOut } from "./live-cache.js";
import type { Change } from "./live-change.js";
import { folder, mute, one, tlsResolver, two } from "./live-server.js";

/** What the keys are changed to that are about names of others, and how that is seen. */
export const FORWARDING_CHANGES: Readonly<Record<string, () => Change>> = {
  resolvers: () => ({
    to: { resolvers: [two.address] },
    isSeen: async () => (await answersOf(outside()))[0]?.endsWith("198.51.100.2") === true,
  }),
  zoneResolvers: () => ({
    to: { zoneResolvers: { "corp.example": [two.address] } },
    isSeen: async () =>
      (await answersOf(`${outside()}`.replace("example", "corp.example")))[0]?.endsWith("198.51.100.2") === true,
  }),
  resolverCACertFile: () => ({
    to: { resolvers: [tlsResolver()], resolverCACertFile: join(folder, "cert") },
    isSeen: async () => (await answersOf(outside()))[0]?.endsWith("198.51.100.3") === true,
  }),
  forwardPolicy: () => ({
    to: { forwardPolicy: "race", resolvers: [one.address, two.address] },
    isSeen: async () => {
      const before = two.queries.length;
      await ask(outside());
      return two.queries.length > before;
    },
  }),
  mixedCase: () => ({
    to: { mixedCase: false },
    isSeen: async () => {
      const name = `abcdefghijklmnopqrstuvwxyz.${outside()}`;
      await ask(name);
      return one.queries.at(-1)?.message.questions?.[0]?.name === name;
    },
  }),
  timeout: () => ({
    to: { timeout: 1 },
    isDisturbing: true,
    isSeen: async () => {
      mute();
      const began = performance.now();
      await ask(outside());
      return performance.now() - began < 3_000;
    },
  }),
  externalon: () => ({ to: { externalon: false }, isSeen: async () => (await rcode(outside())) === "REFUSED" }),
  allowRecursion: () => ({
    to: { allowRecursion: ["192.0.2.0/24"] },
    isSeen: async () => (await rcode(outside())) === "REFUSED",
  }),
  "forwarding.maxQueries": () => ({
    to: { forwarding: { maxQueries: 1 } },
    isSeen: async () => (await refused(8)) > 0,
  }),
  "forwarding.maxQueriesPerClient": () => ({
    to: { forwarding: { maxQueriesPerClient: 1 } },
    isSeen: async () => (await refused(8)) > 0,
  }),
  "forwarding.maxQueriesPerResolver": () => ({
    to: { forwarding: { maxQueriesPerResolver: 1 } },
    isSeen: async () => (await refused(8)) > 0,
  }),
  "cache.enabled": () => ({
    to: { cache: { enabled: false } },
    isSeen: async () => {
      const before = one.queries.length;
      for (const name of ["twice.example", "twice.example"]) await ask(name);
      return one.queries.length >= before + 2;
    },
  }),
  "cache.maxBytes": () => ({
    given: { cache: { minTtl: 500 } },
    to: { cache: { minTtl: 500, maxBytes: 1_048_576 } },
    isSeen: isPushedOut,
  }),
  "cache.minTtl": () => ({
    to: { cache: { minTtl: 500 } },
    isSeen: async () => (await answersOf(outside()))[0]?.split(" ")[1] === "500",
  }),
  "cache.maxTtl": () => ({
    to: { cache: { maxTtl: 3 } },
    isSeen: async () => (await answersOf(outside()))[0]?.split(" ")[1] === "3",
  }),
  "cache.maxNegativeTtl": () => ({ to: { cache: { maxNegativeTtl: 1 } }, isSeen: isNegativeAskedAgain }),
  "cache.prefetch": () => ({
    given: { cache: { prefetch: false, maxTtl: 2 } },
    to: { cache: { prefetch: true, maxTtl: 2 } },
    isSeen: () => isFetchedWithin(2_000),
  }),
  "cache.staleSeconds": () => ({
    given: { cache: { staleSeconds: 0 } },
    to: { cache: { staleSeconds: 60 } },
    isSeen: isGivenStale,
  }),
  "cache.allowFlush": () => ({
    to: { cache: { allowFlush: true } },
    isSeen: async () => (await status("/v1/cache/flush", { method: "POST" })) === 200,
  }),
};
