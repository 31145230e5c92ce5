import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { startMaster, webAt } from "../support/scenario.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";
import { BareDebian, packageFile, ready } from "./bare.js";
import { olderPackage } from "./older.js";

const CONFIG = "etc/mesos-dns/config.json";
const STATE = "var/lib/mesos-dns";
const UNITS = ["mesos-dns.service", "mesos-dns.socket", "mesos-dns-lb.service", "mesos-dns-vips.service"];
const START = ["mesos-dns", `-config=/${CONFIG}`];

/** One where the package is, for those who only look. */
let debian: BareDebian;

beforeAll(() => {
  let remove = () => {};
  debian = new BareDebian((work) => {
    remove = work;
  });
  debian.install(packageFile("deb"));
  return remove;
});

test("lintian finds nothing", () => {
  const { stdout, stderr, status } = spawnSync("lintian", ["--allow-root", packageFile("deb")], { encoding: "utf8" });
  expect(`${stdout}${stderr}`).toBe("");
  expect(status).toBe(0);
});

test("a Debian without Node.js gets a program that runs, with a user, a folder and a configuration that is valid", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(debian.run(["node", "--version"]).status).toBe(127);
  expect(debian.run(["mesos-dns", "-version"], "mesos-dns")).toEqual({ status: 0, output: `${version}\n` });
  expect(debian.run(["mesos-dns", "--check", `-config=/${CONFIG}`], "mesos-dns").output).toContain("is valid");
  const { uid, mode } = statSync(debian.path(STATE));
  expect([String(uid), (mode & 0o777).toString(8)]).toEqual([debian.must("id", "-u", "mesos-dns").trim(), "750"]);
  expect(debian.read("usr/share/zsh/vendor-completions/_mesos-dns")).toMatch(/^#compdef mesos-dns\n/);
  debian.must("bash", "-n", "/usr/share/bash-completion/completions/mesos-dns");
  for (const page of ["man1/mesos-dns.1", "man5/mesos-dns-config.5"]) {
    expect(existsSync(debian.path(`usr/share/man/${page}.gz`))).toBe(true);
  }
});

test("its units are understood by systemd, run what it brings along, and are not started before anybody has configured it", () => {
  // With this machine's other units, which a bare Debian has not; this machine may be without the program in turn.
  const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...UNITS], {
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${debian.path("lib/systemd/system")}:`, SYSTEMD_COLORS: "0" },
    encoding: "utf8",
  });
  const isElsewhere = (line: string) => line === "" || line.includes("/usr/bin/mesos-dns is not executable");
  expect(`${stdout}${stderr}`.split("\n").filter((line) => !isElsewhere(line))).toEqual([]);
  for (const unit of UNITS) {
    const text = debian.read(`lib/systemd/system/${unit}`);
    if (unit.endsWith(".service")) expect(text).toMatch(/^ExecStart=\/usr\/bin\/mesos-dns /m);
  }
  // The links lead to files of another root: they are looked for by name.
  expect(debian.paths().filter((path) => /^etc\/systemd\/system\/.*mesos-dns/.test(path))).toEqual([]);
  expect(debian.read("lib/systemd/system/mesos-dns.service")).toMatch(/^User=mesos-dns\nGroup=mesos-dns$/m);
});

test("the names by which other programs are known lead to the Node.js that it brings along", () => {
  debian.must("mesos-dns", "lb", "link", "/usr/local/bin");
  expect(debian.run(["marathon-lb", "--help"])).toMatchObject({
    status: 0,
    output: expect.stringContaining("Usage: mesos-dns"),
  });
});

test("it answers as its user, and an upgrade keeps the configuration and the zone", async () => {
  const master = await startMaster(webAt("192.0.2.21"));
  const [port, httpport] = [await freePort(), await freePort()];
  const at = { host: "127.0.0.1", port };
  const other = new BareDebian();
  other.install(olderPackage());
  const first = JSON.parse(other.read(CONFIG));
  const local = { listener: at.host, port, httplistener: at.host, httpport, externalon: false };
  const written = JSON.stringify({ ...first, ...local, masters: [master.address], ttl: 17 });
  other.write(CONFIG, written);
  other.must("chown", "root:mesos-dns", `/${CONFIG}`);
  other.must("chmod", "640", `/${CONFIG}`);
  const answers = async () => lines((await askUdp(at, "web.marathon.mesos")).answers);

  const older = other.start(START, "mesos-dns");
  await ready(httpport);
  expect(await answers()).toEqual(["web.marathon.mesos 17 A 192.0.2.21"]);
  const config = await (await fetch(`http://127.0.0.1:${httpport}/v1/config`)).json();
  expect(config).toMatchObject({ StateDir: `/${STATE}` });
  await older.stop();
  await master.stop();
  expect(other.run(["ls", `/${STATE}`]).output).not.toBe("");

  other.install(packageFile("deb"), "--force-confdef");
  expect(other.read(CONFIG)).toBe(written);
  expect(other.must("stat", "-c", "%a %U %G", `/${CONFIG}`)).toBe("640 root mesos-dns\n");
  expect(JSON.parse(other.read(`${CONFIG}.dpkg-dist`)).ttl).toBe(60);

  other.start(START, "mesos-dns");
  await until("the zone that was saved", async () => (await fetch(`http://127.0.0.1:${httpport}/healthz`)).ok);
  expect(await answers()).toEqual(["web.marathon.mesos 17 A 192.0.2.21"]);
});

test("a removal keeps configuration and state, and a purge leaves nothing, but for what the operator has put there", () => {
  const other = new BareDebian();
  const [before, users] = [other.paths(), other.read("etc/passwd") + other.read("etc/group")];
  other.install(packageFile("deb"));
  // As maintainer scripts call it, after `systemctl enable`.
  other.must("env", "DPKG_MAINTSCRIPT_PACKAGE=mesos-dns", "deb-systemd-helper", "enable", "mesos-dns.service");
  const link = other.path("etc/systemd/system/multi-user.target.wants/mesos-dns.service");
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  other.write(`${STATE}/zone`, "saved");
  other.write("etc/mesos-dns/environment", "MESOS_DNS_TTL=1");

  other.must("dpkg", "--remove", "mesos-dns");
  expect(other.read(CONFIG)).toContain("masters");
  expect(other.read(`${STATE}/zone`)).toBe("saved");
  expect(existsSync(other.path("usr/lib/mesos-dns"))).toBe(false);

  other.must("dpkg", "--purge", "mesos-dns");
  expect(other.paths()).toEqual(before);
  expect(other.read("etc/passwd") + other.read("etc/group")).toBe(users);
});

test("keys of the operator's outlive a purge", () => {
  debian.write("etc/mesos-dns/server.key", "secret");
  debian.must("dpkg", "--purge", "mesos-dns");
  expect(debian.read("etc/mesos-dns/server.key")).toBe("secret");
});
