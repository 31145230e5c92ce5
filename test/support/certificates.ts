import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./tools.js";

/** Paths of a certificate and its key in PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority of its own, whose files are in this folder. */
export class Authority implements CertificateFiles {
  readonly cert: string;
  readonly key: string;
  readonly #folder: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.cert = join(folder, `${name}.pem`);
    this.key = join(folder, `${name}.key`);
  }

  static async create(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    const files = ["-keyout", authority.key, "-out", authority.cert];
    await openssl(["req", "-x509", ...EC, ...files, "-days", "2", "-subj", `/CN=${name}`]);
    return authority;
  }

  /** A certificate for a host name and an address, for a server as for a client. */
  async certify(host: string, address: string): Promise<CertificateFiles> {
    const path = (ending: string) => join(this.#folder, `${host}.${ending}`);
    await openssl(["req", ...EC, "-keyout", path("key"), "-out", path("csr"), "-subj", `/CN=${host}`]);
    writeFileSync(path("ext"), `subjectAltName=DNS:${host},IP:${address}\n`);
    const signing = ["-CA", this.cert, "-CAkey", this.key, "-CAcreateserial", "-days", "2", "-extfile", path("ext")];
    await openssl(["x509", "-req", "-in", path("csr"), "-out", path("pem"), ...signing]);
    return { cert: path("pem"), key: path("key") };
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  const { status, stderr } = await run("openssl", args);
  if (status !== 0) throw new Error(stderr);
}
