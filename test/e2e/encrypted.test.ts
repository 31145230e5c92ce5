import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { kdig } from "../support/digs.js";
import { decode, encodeQuery, lines } from "../support/dns.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { freePort, runProgram, type Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

const NAME = "web.marathon.mesos";
const ANSWER = [`${NAME} 60 A 192.0.2.1`];

describe("with a certificate", () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-encrypted-"));
  const file = (name: string) => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function certify(commonName: string): Promise<void> {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file("key.pem")];
    const out = ["-out", file("cert.pem"), "-days", "2", "-subj", `/CN=${commonName}`];
    const { status, stderr } = await run("openssl", [
      "req",
      "-x509",
      ...key,
      ...out,
      "-addext",
      "subjectAltName=IP:127.0.0.1",
    ]);
    if (status !== 0) throw new Error(stderr);
  }

  beforeAll(() => certify("ns1.example.com"));

  interface Secured {
    readonly server: Server;
    readonly tls: { readonly host: string; readonly port: number };
    readonly https: { readonly host: string; readonly port: number };
    readonly config: Readonly<Record<string, unknown>>;
  }

  async function serve(): Promise<Secured> {
    const [tlsPort, httpsPort] = [await freePort(), await freePort()];
    const master = await startMaster(webAt("192.0.2.1"));
    const files = { tlsCertFile: file("cert.pem"), tlsKeyFile: file("key.pem") };
    const config = { ...files, tlsPort, httpsPort, masters: [master.address] };
    const server = await startServer([master], config);
    const at = (port: number) => ({ host: "127.0.0.1", port });
    return { server, tls: at(tlsPort), https: at(httpsPort), config };
  }

  test("DNS over TLS answers kdig, padded", async () => {
    const { tls } = await serve();
    const answer = await kdig(tls, NAME, "+tls");
    expect(answer.answer).toEqual(ANSWER);
    expect(answer.text).toMatch(/Received (468|936) B/);
  });

  test("DNS over HTTPS answers kdig by GET and by POST, over HTTP/2", async () => {
    const { https, server } = await serve();
    expect((await kdig(https, NAME, "+https")).answer).toEqual(ANSWER);
    expect((await kdig(https, NAME, "+https-get")).answer).toEqual(ANSWER);
    expect(await server.metric('mesos_dns_requests_total{transport="https",type="A",zone="local"}')).toBe(2);
  });

  test("TLS handshakes are counted, and so are those of clients that speak no TLS", async () => {
    const { server, tls, https } = await serve();
    await kdig(tls, NAME, "+tls");
    await kdig(https, NAME, "+https");
    for (const { host, port } of [tls, https]) {
      const socket = connectTcp({ host, port }).on("error", () => undefined);
      socket.resume().end("GET / HTTP/1.0\r\n\r\n");
      await once(socket, "close");
    }
    for (const transport of ["tls", "https"]) {
      const labels = (result: string) => `{transport="${transport}",result="${result}"}`;
      const handshakes = (result: string) => server.metric(`mesos_dns_tls_handshakes_total${labels(result)}`);
      expect([await handshakes("ok"), await handshakes("failed")]).toEqual([1, 1]);
      const open = `mesos_dns_tls_connections{transport="${transport}"}`;
      await until("the client to be gone", async () => (await server.metric(open)) === 0);
    }
  });

  test("a query over HTTP/2 needs no length, and one that breaks off is no trouble of the server's", async () => {
    const { https, server } = await serve();
    const client = connectHttp2(`https://127.0.0.1:${https.port}`, { rejectUnauthorized: false });
    const headers = { ":method": "POST", ":path": "/dns-query", "content-type": "application/dns-message" };
    const query = encodeQuery(NAME);
    const stream = client.request(headers);
    stream.write(query.subarray(0, 5));
    setTimeout(() => stream.end(query.subarray(5)), 50);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(lines(decode(Buffer.concat(chunks)).answers)).toEqual(ANSWER);
    const broken = client.request(headers);
    broken.on("error", () => undefined);
    broken.write(query.subarray(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    broken.close(8);
    await once(broken, "close");
    client.close();
    expect(server.troubles()).toEqual([]);
  });

  test("what has no forward secrecy is not spoken, over TLS nor HTTPS", async () => {
    const { tls, https } = await serve();
    const speak = (port: number, ciphers: string) =>
      new Promise<string>((resolve) => {
        const options = { maxVersion: "TLSv1.2" as const, ciphers, rejectUnauthorized: false };
        const socket = connect({ host: "127.0.0.1", port, ...options }, () => resolve(socket.getCipher().name));
        socket.once("error", () => resolve("refused"));
        onTestFinished(() => void socket.destroy());
      });
    for (const { port } of [tls, https]) {
      expect(await speak(port, "AES128-GCM-SHA256:AES256-SHA:AES128-SHA")).toBe("refused");
      expect(await speak(port, "ECDHE-ECDSA-AES128-GCM-SHA256")).toBe("ECDHE-ECDSA-AES128-GCM-SHA256");
    }
  });

  test("the HTTP API is there over HTTPS too, for clients of HTTP/1.1", async () => {
    const { https } = await serve();
    const body = await new Promise<string>((resolve, reject) => {
      const options = { ...https, path: "/readyz", ca: readFileSync(file("cert.pem")) };
      request(options, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk)).on("end", () => resolve(text));
      })
        .on("error", reject)
        .end();
    });
    expect(JSON.parse(body)).toMatchObject({ ready: true });
  });

  test("who does not finish the handshake is let go after ten seconds", async () => {
    const { tls, https } = await serve();
    const started = performance.now();
    const held = [tls, https].map((at) =>
      connectTcp({ ...at, allowHalfOpen: true })
        .on("error", () => undefined)
        .resume(),
    );
    await Promise.all(held.map((socket) => once(socket, "end")));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test("a renewed certificate is used after SIGHUP, and a broken one changes nothing", async () => {
    const { server, tls, config } = await serve();
    const subject = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ ...tls, rejectUnauthorized: false, ALPNProtocols: ["dot"] }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        }).on("error", reject);
      });
    expect(await subject()).toBe("ns1.example.com");
    await certify("ns2.example.com");
    await server.reload(config);
    expect(await subject()).toBe("ns2.example.com");
    const broken = await server.reload({ ...config, tlsKeyFile: file("cert.pem") });
    expect(broken.msg).toMatch(/^the configuration stays as it was: tlsCertFile .* cannot be used/);
    expect(await subject()).toBe("ns2.example.com");
  });
});

describe("DNS over HTTP, as behind a proxy", () => {
  const query = encodeQuery(NAME, { edns: 1232, id: 0 });

  test("answers GET and POST with the smallest TTL as lifetime", async () => {
    const server = await startServer([await startMaster(webAt("192.0.2.1"))]);
    const get = await server.fetch(`/dns-query?dns=${query.toString("base64url")}`);
    const headers = { "content-type": "application/dns-message" };
    const post = await server.fetch("/dns-query", { method: "POST", headers, body: new Uint8Array(query) });
    for (const response of [get, post]) {
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/dns-message");
      expect(response.headers.get("cache-control")).toBe("max-age=60");
      expect(lines(decode(new Uint8Array(await response.arrayBuffer())).answers)).toEqual(ANSWER);
    }
  });

  test("says what is wrong with a request", async () => {
    const server = await startServer([await startMaster(webAt("192.0.2.1"))]);
    const status = async (path: string, init?: RequestInit) => (await server.fetch(path, init)).status;
    expect(await status("/dns-query")).toBe(400);
    expect(await status("/dns-query?dns=AA*A")).toBe(400);
    expect(await status("/dns-query?dns=AAAA")).toBe(400);
    expect(await status("/dns-query", { method: "POST", body: "x" })).toBe(415);
    expect(await status("/dns-query", { method: "PUT", body: "x" })).toBe(405);
    const headers = { "content-type": "application/dns-message" };
    expect(await status("/dns-query", { method: "POST", headers, body: new Uint8Array(70_000) })).toBe(413);
  });
});

test("a certificate that cannot be read is one sentence and exit 1, before anything listens", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-encrypted-"));
  try {
    const config = join(folder, "config.json");
    const settings = {
      masters: ["192.0.2.1"],
      tlsCertFile: join(folder, "none.pem"),
      tlsKeyFile: join(folder, "none.key"),
    };
    writeFileSync(config, JSON.stringify(settings));
    const { status, stderr } = await runProgram(`-config=${config}`);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([expect.stringMatching(/cannot read tlsCertFile .*none\.pem/)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
