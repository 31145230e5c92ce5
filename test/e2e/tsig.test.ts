import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dug, dig, kdig } from "../support/digs.js";
import { webAt } from "../support/scenario.js";
import { ScriptedMaster } from "../support/scripted-master.js";
import { Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { Upstream } from "../support/upstream.js";

/** Other people's clients sign what they ask the server, and check what it signs. */

const ALGORITHMS = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"] as const;
const SECRET = Buffer.from(Array.from({ length: 64 }, (_, i) => (7 * i + 1) % 256)).toString("base64");
const WRONG = Buffer.alloc(64, 9).toString("base64");
const keys = ALGORITHMS.map((algorithm) => ({ name: `${algorithm}.example`, algorithm, secret: SECRET }));
const folder = mkdtempSync(join(tmpdir(), "mesos-dns-tsig-"));

let [master, upstream]: [ScriptedMaster?, Upstream?] = [];
let server: Server;
let config: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  master = await ScriptedMaster.start();
  upstream = await Upstream.start((query) => [
    { name: query.questions?.[0]?.name ?? "", type: "A", ttl: 60, data: "198.51.100.1" },
  ]);
  master.lead(webAt("203.0.113.1"));
  const forwarding = { externalon: true, resolvers: [upstream.address] };
  config = { masters: [master.address], tsigKeys: keys, ...forwarding };
  server = await Server.start(config);
});
afterAll(async () => {
  await server.stop();
  await master?.stop();
  await upstream?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const CLIENTS = { dig, kdig } as const;
type ClientName = keyof typeof CLIENTS;
const each = (Object.keys(CLIENTS) as ClientName[]).flatMap((client) =>
  ALGORITHMS.map((algorithm) => [client, algorithm] as const),
);
const ask = (client: ClientName, key: string, ...args: string[]) => CLIENTS[client](server, "-y", key, ...args);
const keyOf = (algorithm: string, secret = SECRET) => `${algorithm}:${algorithm}.example:${secret}`;

/** What an answer's TSIG record says of errors. */
const errorOf = ({ text }: Dug) => /TSIG\s+hmac-sha\d+\. .* (NOERROR|BAD[A-Z]+)(?: \d+)?(?: |$)/m.exec(text)?.[1];
const isBelieved = ({ text }: Dug) => !/could not be validated|Couldn't verify/.test(text);

describe("a signed query", () => {
  it.each(each)("of %s with %s gets a signed answer, over UDP and TCP", async (client, algorithm) => {
    for (const how of ["+notcp", "+tcp"]) {
      const answer = await ask(client, keyOf(algorithm), "web.marathon.mesos", how);
      expect(answer.answer).toEqual(["web.marathon.mesos 60 A 203.0.113.1"]);
      expect([errorOf(answer), isBelieved(answer)]).toEqual(["NOERROR", true]);
    }
  });

  it.each(each)(
    "of %s with %s and a wrong secret gets BADSIG, with an unknown name BADKEY",
    async (client, algorithm) => {
      expect(errorOf(await ask(client, keyOf(algorithm, WRONG), "web.marathon.mesos"))).toBe("BADSIG");
      expect(errorOf(await ask(client, `${algorithm}:nobody.example:${SECRET}`, "web.marathon.mesos"))).toBe("BADKEY");
      const other = algorithm === "hmac-sha256" ? "hmac-sha512" : "hmac-sha256";
      expect(errorOf(await ask(client, `${other}:${algorithm}.example:${SECRET}`, "web.marathon.mesos"))).toBe(
        "BADKEY",
      );
    },
  );

  it("of another time gets BADTIME, with a signature that dig believes", async () => {
    const answer = await ask("dig", keyOf("hmac-sha256"), "web.marathon.mesos", "+fuzztime=1000000000");
    expect([answer.status, errorOf(answer), answer.answer]).toEqual(["NOTAUTH", "BADTIME", []]);
    expect(answer.text).toContain("Couldn't verify signature: clocks are unsynchronized");
  });

  it.each(["dig", "kdig"] as const)("of %s that is forwarded gets a signed answer", async (client) => {
    for (const _ of ["from the resolver", "from the cache"]) {
      const answer = await ask(client, keyOf("hmac-sha384"), `${client}.example`);
      expect(answer.answer).toEqual([expect.stringMatching(/ A 198\.51\.100\.1$/)]);
      expect([errorOf(answer), isBelieved(answer)]).toEqual(["NOERROR", true]);
    }
  });

  it.each(["dig", "kdig"] as const)("of %s for a transfer is refused, signed", async (client) => {
    const { text } = await ask(client, keyOf("hmac-sha256"), "mesos", "SOA", "+tcp");
    expect(text).toContain("NOERROR");
    const args = [`@${server.host}`, "-p", String(server.port), "-y", keyOf("hmac-sha256"), "mesos", "AXFR"];
    const { stdout, stderr } = await run(client, args);
    expect(`${stdout}${stderr}`).toMatch(/Transfer failed|server replied with error 'REFUSED'/);
    expect(`${stdout}${stderr}`).not.toMatch(/expected a TSIG|failed to verify/i);
  });
});

/** Asks as dnspython does, which checks signatures by itself, and prints a line for each answer. */
const PYTHON = `
import sys, base64, time, dns.message, dns.query, dns.tsig, dns.name, dns.rcode
port, secret, wrong = int(sys.argv[1]), base64.b64decode(sys.argv[2]), base64.b64decode(sys.argv[3])
def ask(algorithm, how, secret=secret, name=None):
    key = dns.tsig.Key(name or algorithm + ".example", secret, algorithm)
    query = dns.message.make_query("web.marathon.mesos", "A")
    query.use_tsig(key)
    try:
        answer = how(query, "127.0.0.1", port=port, timeout=10)
        return " ".join([dns.rcode.to_text(answer.rcode()), str(answer.had_tsig), *[str(r) for s in answer.answer for r in s]])
    except dns.tsig.PeerError as error:
        return type(error).__name__
for algorithm in sys.argv[4:]:
    print(ask(algorithm, dns.query.udp), "|", ask(algorithm, dns.query.tcp), "|",
          ask(algorithm, dns.query.udp, secret=wrong), "|", ask(algorithm, dns.query.udp, name="nobody.example"))
now = time.time
time.time = lambda: now() - 1000
print(ask("hmac-sha256", dns.query.udp))
`;

it("signed queries of dnspython get answers that it believes", async () => {
  const args = [String(server.port), SECRET, WRONG, ...ALGORITHMS];
  const { stdout, stderr } = await run("/usr/bin/python3", ["-c", PYTHON, ...args]);
  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n")).toEqual([
    ...ALGORITHMS.map(() => "NOERROR True 203.0.113.1 | NOERROR True 203.0.113.1 | PeerBadSignature | PeerBadKey"),
    "PeerBadTime",
  ]);
});

describe("keys", () => {
  it("of tsig-keygen's file count when it changes, after SIGHUP", async () => {
    const path = join(folder, "keys");
    const generate = async () => {
      const { stdout } = await run("tsig-keygen", ["-a", "hmac-sha512", "ns2.example"]);
      writeFileSync(path, stdout, { mode: 0o600 });
      return `hmac-sha512:ns2.example:${/secret "(.*)"/.exec(stdout)?.[1] ?? ""}`;
    };
    const first = await generate();
    await server.reload({ ...config, tsigKeyFile: path });
    await expect.poll(async () => errorOf(await ask("dig", first, "web.marathon.mesos"))).toBe("NOERROR");
    const second = await generate();
    await server.reload({ ...config, tsigKeyFile: path });
    await expect.poll(async () => errorOf(await ask("dig", second, "web.marathon.mesos"))).toBe("NOERROR");
    expect(errorOf(await ask("dig", first, "web.marathon.mesos"))).toBe("BADSIG");
    await server.reload({ ...config, tsigKeys: [] });
    await expect.poll(async () => errorOf(await ask("dig", second, "web.marathon.mesos"))).toBe("BADKEY");
  });

  it("show their secrets nowhere", async () => {
    const line = await server.reload({ ...config, tsigKeys: [{ name: "a", algorithm: "hmac-md5", secret: SECRET }] });
    expect(line.msg).toContain("tsigKeys[0].algorithm: got [hidden]");
    const pages = ["/v1/config", "/metrics", "/readyz"].map(async (path) => (await server.fetch(path)).text());
    expect(`${await Promise.all(pages)} ${JSON.stringify(server.log)}`).not.toContain(SECRET);
  });
});
