import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEY_PATHS, KEYS } from "../../src/config/schema.js";
import { askTcp } from "../support/ask.js";
import { areSecure, at, CERT, isSecure, outside, rcode, status, web } from "../support/live-asks.js";
import { CHANGES } from "../support/live-changes.js";
import { limitsOverIpv6 } from "../support/live-ipv6.js";
import { base, lead, server, startLive, stopLive } from "../support/live-server.js";
import { hasNamespaces } from "../support/namespace.js";
import { until } from "../support/wait.js";

beforeAll(startLive);
afterAll(stopLive);

/** Two networks of IPv6 are more than a machine has: the server that is asked from them is in a network of its own. */
const NEEDS_IPV6 = "rateLimit.ipv6PrefixLength";
const LIVE = KEY_PATHS.filter((path) => KEYS[path].reload === "live" && path !== NEEDS_IPV6);

describe("a key that is live counts after SIGHUP, without a restart:", () => {
  it.skipIf(!hasNamespaces)(NEEDS_IPV6, async () => {
    expect(await limitsOverIpv6([56, 48])).toEqual(["apart", "together"]);
  });

  it.each(LIVE)("%s", async (path) => {
    const change = CHANGES[path];
    if (change === undefined) throw new Error(`${path} is marked live, and nothing here sees whether it is`);
    const { given, to, isSeen, isDisturbing } = change();
    const before = { ...base, ...given };
    if (given) await server.reload(before);
    // A reload is over before every thread has what it brought: the effect is waited for, and so is its absence.
    if (!isDisturbing) await until(`${path} not to count yet`, async () => !(await isSeen()));
    const line = await server.reload({ ...before, ...to });
    expect(line.msg).toMatch(new RegExp(`^changed .*\\b${path.split(".")[0]}\\b`));
    await until(`${path} to count`, isSeen);
    lead();
    await server.reload(base);
    await until("the server as it was", async () => {
      const ready = (await status("/readyz")) === 200 && (await web()) === "203.0.113.1 203.0.113.2";
      return ready && (await rcode(outside())) === "NOERROR";
    });
  });

  it("and a certificate that is taken away closes what it opened", async () => {
    await server.reload({ ...base, ...CERT() });
    await until("TLS", areSecure);
    await server.reload(base);
    await until(
      "no TLS",
      async () => !(await isSecure(base.tlsPort as number)) && !(await isSecure(base.httpsPort as number)),
    );
    expect((await askTcp(at(), "web.marathon.mesos")).answers).toHaveLength(2);
  });
});
