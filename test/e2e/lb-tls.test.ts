import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Authority } from "../support/certificates.js";
import { LbRun, NamedServer } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort } from "../support/server.js";

/** Names over TLS: decrypted with the shared certificate, with one of their own, or passed on as they are. */

const HOST = "127.0.0.1";
let marathon: ScriptedMarathon;
let run: LbRun;
let plain: NamedServer;
let secure: Server;
let https: number;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-lb-tls-"));
  const authority = await Authority.create(folder, "authority");
  const pem = async (host: string) => {
    const { cert, key } = await authority.certify(host, HOST);
    const path = join(folder, `${host}.both.pem`);
    writeFileSync(path, `${readFileSync(cert)}${readFileSync(key)}`);
    return { path, cert: readFileSync(cert), key: readFileSync(key) };
  };
  const [shared, own, passed] = [
    await pem("shared.example.com"),
    await pem("own.example.com"),
    await pem("db.example.com"),
  ];
  plain = await NamedServer.start("plain");
  secure = createServer({ cert: passed.cert, key: passed.key }, (socket) =>
    socket.end("HTTP/1.0 200 OK\r\n\r\npassed"),
  );
  await new Promise<void>((resolve) => secure.listen(0, HOST, resolve));
  marathon = await ScriptedMarathon.start();
  https = await freePort();
  const labels = (host: string, more = {}) => ({ HAPROXY_GROUP: "external", HAPROXY_0_VHOST: host, ...more });
  const served = async (id: string, own: Record<string, string>, port: number) =>
    app(id, { ports: [await freePort()], labels: own, tasks: [task(HOST, [port])] });
  marathon.apps = [
    await served("/shared", labels("www.example.com"), plain.port),
    await served("/own", labels("own.example.com", { HAPROXY_0_SSL_CERT: own.path }), plain.port),
    await served("/db", labels("db.example.com", { HAPROXY_0_MODE: "tcp" }), (secure.address() as AddressInfo).port),
  ];
  const vhosts = { http: false, https: `${HOST}:${https}`, appId: false, stats: false };
  run = await LbRun.start([marathon.url], { vhosts: { ...vhosts, certificates: [shared.path], groupHttps: true } });
  const backend = (await run.status()).services[0]?.backend;
  await run.carries(backend ?? "", 1);
});
afterAll(async () => {
  await run?.end();
  await marathon?.stop();
  plain?.stop();
  secure?.close();
});

/** Whose certificate a client is shown for a name, and what it is answered. */
function asked(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port: https, servername: name, rejectUnauthorized: false }, () => {
      const subject = socket.getPeerCertificate().subject.CN;
      socket.write(`GET / HTTP/1.0\r\nhost: ${name}\r\n\r\n`);
      let text = "";
      socket.on("data", (chunk) => {
        text += String(chunk);
      });
      socket.on("end", () => resolve(`${subject}: ${text.split("\r\n\r\n").at(-1)}`));
    });
    socket.on("error", reject);
  });
}

test.each([
  ["www.example.com", "shared.example.com: plain"],
  ["own.example.com", "own.example.com: plain"],
  ["db.example.com", "db.example.com: passed"],
])("who asks for %s is answered %s", async (name, answer) => {
  expect(await asked(name)).toBe(answer);
});
