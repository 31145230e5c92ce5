import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Authority } from "../support/certificates.js";
import { startMaster, startServer, web, webAt } from "../support/scenario.js";
import { until } from "../support/wait.js";

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-renewed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a client certificate that is renewed under the same path is shown to masters after SIGHUP", async () => {
  const authority = await Authority.create(folder, "authority");
  const own = await authority.certify("master.example.com", "127.0.0.1");
  const [first, second] = [
    await authority.certify("first.example.com", "127.0.0.1"),
    await authority.certify("second.example.com", "127.0.0.1"),
  ];
  const [CertFile, KeyFile] = [join(folder, "client.pem"), join(folder, "client.key")];
  const show = ({ cert, key }: { cert: string; key: string }) => {
    copyFileSync(cert, CertFile);
    copyFileSync(key, KeyFile);
  };
  show(first);
  const [key, cert, ca] = [own.key, own.cert, authority.cert].map((file) => readFileSync(file, "utf8")) as [
    string,
    string,
    string,
  ];
  const master = await startMaster(webAt("203.0.113.1"), { tls: { key, cert, ca } });
  const keys = { mesosHTTPSOn: true, CACertFile: authority.cert, CertFile, KeyFile, refreshSeconds: 1 };
  const server = await startServer([master], keys);
  expect([...master.clients]).toEqual(["first.example.com"]);
  show(second);
  process.kill(server.pid, "SIGHUP");
  await until("the new certificate", async () => master.clients.has("second.example.com"));
  expect(await web(server)).toBe("203.0.113.1");
});
