import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../support/tools.js";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * A key and a self-signed certificate, in PEM.
 *
 * @param names in OpenSSL's notation: `DNS:dns.example,IP:127.0.0.1`
 */
export async function certify(names: string): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-link-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const make = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert];
    const what = ["-subj", "/CN=a resolver", "-addext", `subjectAltName=${names}`, "-days", "2"];
    const { status, stderr } = await run("openssl", ["req", "-x509", ...make, ...what]);
    if (status !== 0) throw new Error(stderr);
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
