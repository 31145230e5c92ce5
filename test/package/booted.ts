import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { until } from "../support/wait.js";
import type { BareDebian, Ran } from "./bare.js";

/** Not told to systemd on this machine, which may have none. */
const NSPAWN = ["--register=no", "--keep-unit", "--quiet", "--boot"];
const BOOT_MS = 60_000;
const STOP_MS = 15_000;

/** A Debian in which systemd is the first process. It shares this machine's network. */
export class BootedDebian {
  readonly #nspawn: number;

  private constructor(nspawn: number) {
    this.#nspawn = nspawn;
  }

  /** systemd, as this machine numbers it. A helper that is gone soon is the first child. */
  get #leader(): string {
    const children = readFileSync(`/proc/${this.#nspawn}/task/${this.#nspawn}/children`, "utf8");
    return children.trim().split(" ").at(-1) ?? "";
  }

  /** Installs systemd, and starts it. It is stopped when the test is over. */
  static async boot(debian: BareDebian): Promise<BootedDebian> {
    debian.useNetwork();
    debian.must("apt-get", "-qq", "install", "--no-install-recommends", "-y", "systemd", "systemd-sysv", "dbus");
    const child = spawn("systemd-nspawn", [...NSPAWN, "--directory", debian.path(".")], { stdio: "ignore" });
    const ended = once(child, "exit");
    const booted = new BootedDebian(child.pid ?? 0);
    onTestFinished(async () => {
      booted.run("systemctl", "poweroff");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    });
    await until(
      "what systemd starts",
      () => /running|degraded/.test(booted.run("systemctl", "is-system-running").output),
      BOOT_MS,
    );
    return booted;
  }

  run(...words: readonly string[]): Ran {
    const namespaces = ["--target", this.#leader, "--mount", "--uts", "--ipc", "--pid", "--root", "--wd"];
    const { status, stdout, stderr } = spawnSync("nsenter", [...namespaces, ...words], {
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        LC_ALL: "C.UTF-8",
        HOME: "/root",
        DEBIAN_FRONTEND: "noninteractive",
      },
      encoding: "utf8",
    });
    return { status, output: `${stdout}${stderr}` };
  }

  /** @throws {Error} with what it said, unless it exits with 0 */
  must(...words: readonly string[]): string {
    const { status, output } = this.run(...words);
    if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}: ${output}`);
    return output;
  }

  /** A property of a unit, as `MainPID`. */
  property(unit: string, name: string): string {
    return this.must("systemctl", "show", "--value", "--property", name, unit).trim();
  }
}
