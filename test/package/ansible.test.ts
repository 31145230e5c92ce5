import { expect, test } from "vitest";
import { BareDebian, packageFile } from "./bare.js";

const CONFIG = "etc/mesos-dns/config.json";
const PLAYBOOK = "deploy/ansible/mesos-dns.yml";
/** Without what needs systemd, which runs in no folder. */
const PLAY = ["ansible-playbook", "-i", "/tmp/inventory.json", "--skip-tags", "service", "/tmp/mesos-dns.yml"];
const DONE = /localhost +: ok=\d+ +changed=(?<changed>\d+) +unreachable=0 +failed=(?<failed>\d+)/;

test("Ansible installs the package once, writes a configuration that is valid, and no other", () => {
  const debian = new BareDebian();
  debian.useNetwork();
  debian.must("apt-get", "-qq", "install", "--no-install-recommends", "-y", "ansible-core", "python3-apt");
  debian.copy(PLAYBOOK, "tmp/mesos-dns.yml");
  debian.copy(packageFile("deb"), "tmp/package.deb");
  const play = (config: object) => {
    const hosts = { localhost: { ansible_connection: "local" } };
    const vars = { mesos_dns_package: "/tmp/package.deb", mesos_dns_config: config };
    debian.write("tmp/inventory.json", JSON.stringify({ mesos_dns: { hosts, vars } }));
    const { output } = debian.run(["env", "LC_ALL=C.UTF-8", "HOME=/root", ...PLAY]);
    return { output, ...DONE.exec(output)?.groups };
  };
  const config = { masters: ["192.0.2.1:5050"], resolvers: ["192.0.2.53"], port: 5300 };
  expect(play(config)).toMatchObject({ changed: "3", failed: "0" });
  expect(JSON.parse(debian.read(CONFIG))).toEqual(config);
  expect(debian.must("stat", "-c", "%a %U %G", `/${CONFIG}`)).toBe("640 root mesos-dns\n");
  expect(debian.run(["mesos-dns", "--check", `-config=/${CONFIG}`], "mesos-dns").output).toContain("is valid");
  expect(play(config)).toMatchObject({ changed: "0", failed: "0" });
  expect(play({ ...config, port: 99_999 })).toMatchObject({
    failed: "1",
    output: expect.stringContaining("port: got 99999; allowed: an integer from 1 to 65535"),
  });
  expect(JSON.parse(debian.read(CONFIG))).toEqual(config);
});
