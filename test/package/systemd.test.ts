import { expect, test } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { startMaster, webAt } from "../support/scenario.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";
import { BareDebian, packageFile, ready } from "./bare.js";
import { BootedDebian } from "./booted.js";
import { olderPackage } from "./older.js";

const CONFIG = "etc/mesos-dns/config.json";
const UNIT = "mesos-dns.service";
const UNITS = ["mesos-dns.socket", "mesos-dns-lb.service", "mesos-dns-vips.service", UNIT];

const statesOf = (debian: BootedDebian, question: string) =>
  debian
    .run("systemctl", question, ...UNITS)
    .output.trim()
    .split("\n");

test("under systemd: nothing starts by itself, the service answers as its user, goes on after an upgrade and ends with the package", async () => {
  const master = await startMaster(webAt("192.0.2.21"));
  const [port, httpport] = [await freePort(), await freePort()];
  const at = { host: "127.0.0.1", port };
  const answers = async () => lines((await askUdp(at, "web.marathon.mesos")).answers);
  const keys = { listener: at.host, port, httplistener: at.host, httpport, externalon: false };
  const root = new BareDebian();
  const debian = await BootedDebian.boot(root);

  root.copy(olderPackage(), "root/older.deb");
  debian.must("dpkg", "--install", "/root/older.deb");
  expect(statesOf(debian, "is-enabled")).toEqual(Array(4).fill("disabled"));
  expect(statesOf(debian, "is-active")).toEqual(Array(4).fill("inactive"));

  root.write(CONFIG, JSON.stringify({ ...keys, masters: [master.address], stateDir: "/var/lib/mesos-dns" }));
  debian.must("systemctl", "enable", "--now", UNIT);
  await ready(httpport);
  expect(await answers()).toEqual(["web.marathon.mesos 60 A 192.0.2.21"]);
  const first = debian.property(UNIT, "MainPID");
  expect(debian.must("stat", "--format", "%U", `/proc/${first}`).trim()).toBe("mesos-dns");
  expect(debian.must("grep", "CapEff", `/proc/${first}/status`)).toMatch(/\b0000000000000400$/m);

  root.write(CONFIG, JSON.stringify({ ...keys, masters: [master.address], stateDir: "/var/lib/mesos-dns", ttl: 17 }));
  debian.must("systemctl", "reload", UNIT);
  await until("the new TTL", async () => (await answers())[0] === "web.marathon.mesos 17 A 192.0.2.21");
  expect(debian.property(UNIT, "MainPID")).toBe(first);

  root.copy(packageFile("deb"), "root/newer.deb");
  debian.must("dpkg", "--force-confdef", "--install", "/root/newer.deb");
  await ready(httpport);
  expect(await answers()).toEqual(["web.marathon.mesos 17 A 192.0.2.21"]);
  expect(debian.property(UNIT, "MainPID")).not.toBe(first);
  expect(statesOf(debian, "is-enabled")).toEqual([...Array(3).fill("disabled"), "enabled"]);

  debian.must("dpkg", "--remove", "mesos-dns");
  await expect(answers()).rejects.toThrow();
  debian.must("dpkg", "--purge", "mesos-dns");
  expect(debian.run("systemctl", "is-enabled", UNIT).output).toMatch(/No such file|not-found/);
  expect(debian.run("id", "mesos-dns").status).toBe(1);
});

test("a machine that first starts with the package in it, as one made of an image does, starts nothing of it", async () => {
  const root = new BareDebian();
  root.install(packageFile("deb"));
  const debian = await BootedDebian.boot(root);
  expect(statesOf(debian, "is-enabled")).toEqual(Array(4).fill("disabled"));
});
