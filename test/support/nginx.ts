import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startForeign } from "./foreign-server.js";
import { freePort } from "./server.js";

export interface Nginx {
  readonly port: number;
  readonly tlsPort: number;
  stop(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export interface NginxOptions {
  readonly host?: string;
  /** A free one unless given. */
  readonly port?: number;
  readonly certificate?: { readonly key: string; readonly cert: string };
  /** What it serves, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines of the `server` block. */
  readonly lines?: readonly string[];
}

/** Somebody else's web server. */
export async function startNginx(options: NginxOptions = {}): Promise<Nginx> {
  const { host = "127.0.0.1" } = options;
  const port = options.port ?? (await freePort());
  const tlsPort = await freePort();
  const prepare = (folder: string) => prepareNginx(folder, { ...options, host, port }, tlsPort);
  const isUp = () => fetch(`http://${host}:${port}/`).then(() => true);
  return { port, tlsPort, ...(await startForeign("nginx", prepare, isUp)) };
}

/** Writes what it needs to run, and returns its arguments. */
function prepareNginx(folder: string, options: NginxOptions, tlsPort: number): readonly string[] {
  const { host, port, certificate, files = {}, lines = [] } = options;
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi", "files"]) mkdirSync(join(folder, name));
  if (certificate) {
    writeFileSync(join(folder, "key.pem"), certificate.key);
    writeFileSync(join(folder, "cert.pem"), certificate.cert);
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, "files", path), text);
  const tls = certificate
    ? `listen ${host}:${tlsPort} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;`
    : "";
  const configuration = `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  root ${folder}/files;
  server { listen ${host}:${port}; ${tls}
    ${lines.join("\n    ")}
  }
}
`;
  writeFileSync(join(folder, "nginx.conf"), configuration);
  return ["-c", join(folder, "nginx.conf"), "-p", folder, "-e", "stderr"];
}
