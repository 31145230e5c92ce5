import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server.js";
import { start } from "./tools.js";
import { until } from "./wait.js";

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
  const { host = "127.0.0.1", certificate, files = {}, lines = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-nginx-"));
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi", "files"]) mkdirSync(join(folder, name));
  const port = options.port ?? (await freePort());
  const tlsPort = await freePort();
  if (certificate) {
    writeFileSync(join(folder, "key.pem"), certificate.key);
    writeFileSync(join(folder, "cert.pem"), certificate.cert);
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, "files", path), text);
  const tls = certificate
    ? `listen ${host}:${tlsPort} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;`
    : "";
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
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
`,
  );
  const { child, lost } = start("nginx", ["-c", join(folder, "nginx.conf"), "-p", folder, "-e", "stderr"]);
  const ended = lost.catch(() => undefined);
  const stop = async () => {
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const isUp = () => fetch(`http://${host}:${port}/`).then(() => true);
  await Promise.race([until("nginx's first response", isUp), lost]).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { port, tlsPort, stop, signal: (signal) => void child.kill(signal) };
}
