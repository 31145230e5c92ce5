import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "../support/wait.js";

/** What `npm run package` has made. */
const PACKAGES = join(import.meta.dirname, "../../dist-packages");
/** Nothing of this machine's: its Node.js, its authorities, its language. */
const ENV = { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };

export function packageFile(extension: "deb" | "tgz"): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGES, "../package.json"), "utf8"));
  const name = extension === "tgz" ? `mesos-dns-${version}.tgz` : `mesos-dns_${version}_${architecture()}.deb`;
  return join(PACKAGES, name);
}

function architecture(): string {
  return execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
}

/** A folder that is gone when the test is over, or what else `done` stands for. */
export function temporaryFolder(done: (work: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-package-"));
  done(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when a server has names to serve. */
export async function ready(httpport: number): Promise<void> {
  await until("names to serve", async () => (await fetch(`http://127.0.0.1:${httpport}/readyz`)).ok, 60_000);
}

export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** A Debian 12 with nothing but what every Debian has, in a folder. */
export class BareDebian {
  readonly #root: string;

  constructor(done?: (work: () => void) => void) {
    this.#root = temporaryFolder(done);
    const base = process.env.PACKAGE_TEST_BASE;
    if (base === undefined) throw new Error("run these tests with `npm run package:check`");
    execFileSync("tar", ["-xf", base, "-C", this.#root]);
  }

  path(path: string): string {
    return join(this.#root, path);
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  write(path: string, text: string): void {
    writeFileSync(this.path(path), text);
  }

  copy(file: string, path: string): void {
    copyFileSync(file, this.path(path));
  }

  /** So that apt finds its archive. */
  useNetwork(): void {
    this.copy("/etc/resolv.conf", "etc/resolv.conf");
    this.must("apt-get", "-qq", "-o", "Acquire::Retries=3", "update");
  }

  /** Runs a program to its end, as root unless a user is named. */
  run(words: readonly string[], user = "root"): Ran {
    const { status, stdout, stderr } = spawnSync("chroot", [`--userspec=${user}:`, this.#root, ...words], {
      env: ENV,
      encoding: "utf8",
    });
    return { status, output: `${stdout}${stderr}` };
  }

  /** @throws {Error} with what it said, unless it exits with 0 */
  must(...words: readonly string[]): string {
    const { status, output } = this.run(words);
    if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}: ${output}`);
    return output;
  }

  install(file: string, ...flags: readonly string[]): string {
    this.copy(file, "tmp/package.deb");
    return this.must("dpkg", ...flags, "--install", "/tmp/package.deb");
  }

  /** Starts a program of it that goes on, and stops it when the test is over. It shares this machine's network. */
  start(words: readonly string[], user: string): { stop: () => Promise<void>; child: ChildProcess } {
    const inside = 'mount -t proc proc "$0/proc" && exec chroot "$@"';
    const child = spawn(
      "unshare",
      ["--mount", "sh", "-c", inside, this.#root, `--userspec=${user}:`, this.#root, ...words],
      { env: ENV, stdio: ["ignore", "inherit", "inherit"] },
    );
    const ended = once(child, "exit");
    const stop = async () => {
      child.kill();
      await ended;
    };
    onTestFinished(stop);
    return { stop, child };
  }

  /** Every path in it, without what dpkg and the administrator's tools write for themselves. */
  paths(): string[] {
    const own = /^(proc|tmp|var\/(lib\/dpkg|cache|log))\/|^etc\/\w+-$|^run\/adduser$/;
    return readdirSync(this.#root, { recursive: true, encoding: "utf8" })
      .filter((path) => !own.test(path))
      .sort();
  }
}
