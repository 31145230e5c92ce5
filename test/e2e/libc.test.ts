import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FLEET, FLEET_CLUSTER } from "../support/fleet-cluster.js";
import { MASTER_PROGRAM, READY_PROGRAM } from "../support/namespace.js";
import { stateOf } from "../support/scripted-master.js";
import { PROGRAM } from "../support/server.js";
import { run } from "../support/tools.js";

/**
 * What programs get from getaddrinfo() of musl and of glibc, on a machine of their own whose resolv.conf names this server: a network
 * and a mount namespace, in which port 53 is free. Needs to be root.
 */

const LOOK_UP = `
#include <netdb.h>
#include <stdio.h>
int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = 0;
    int addresses = 0, error = getaddrinfo(names[i], 0, &hints, &list);
    for (struct addrinfo *one = list; one; one = one->ai_next) addresses++;
    printf("%s %d\\n", names[i], error ? -1 : addresses);
  }
  return 0;
}
`;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-libc-"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("look-up.c", LOOK_UP);
  write("state", JSON.stringify(stateOf({ address: "127.0.0.1:5050" }, FLEET_CLUSTER)));
  write("master.cjs", MASTER_PROGRAM);
  const compiled = await run("musl-gcc", ["-static", "-o", join(folder, "musl"), join(folder, "look-up.c")]);
  expect(compiled.stderr).toBe("");
  const other = await run("gcc", ["-o", join(folder, "glibc"), join(folder, "look-up.c")]);
  expect(other.stderr).toBe("");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How many addresses each name has for the program; -1 for one that does not resolve. */
async function lookUp(
  libc: "musl" | "glibc",
  options: string,
  names: readonly string[],
): Promise<Record<string, number>> {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("resolv.conf", `nameserver 127.0.0.1\n${options}\n`);
  write(
    "config.json",
    JSON.stringify({
      masters: ["127.0.0.1:5050"],
      listener: "127.0.0.1",
      httplistener: "127.0.0.1",
      externalon: false,
    }),
  );
  const node = process.execPath;
  const script = `
    ip link set lo up && mount --bind ${folder}/resolv.conf /etc/resolv.conf || exit 9
    ${node} -e "$(cat ${folder}/master.cjs)" ${folder}/state & master=$!
    ${node} ${PROGRAM} -config=${folder}/config.json 2> ${folder}/log & server=$!
    ${node} -e "${READY_PROGRAM}"
    ${folder}/${libc} ${names.join(" ")}
    kill $server $master; wait
  `;
  const { stdout, stderr, status } = await run("unshare", ["--net", "--mount", "sh", "-c", script]);
  if (status === 9) throw new Error(stderr);
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]),
  );
}

describe.skipIf(process.getuid?.() !== 0).each(["musl", "glibc"] as const)("a program with %s", (libc) => {
  test("finds names whole, with many addresses too, and says which do not exist", async () => {
    const names = ["web.marathon.mesos", "fleet.marathon.mesos", "leader.mesos", "nobody.marathon.mesos"];
    const found = await lookUp(libc, "options timeout:1 attempts:2", names);
    expect(found).toMatchObject({ "web.marathon.mesos": 1, "leader.mesos": 1, "nobody.marathon.mesos": -1 });
    // Old musl takes of a cut answer what is there; everybody else asks again over TCP.
    expect(found["fleet.marathon.mesos"]).toBeGreaterThan(25);
    if (libc === "glibc") expect(found["fleet.marathon.mesos"]).toBe(FLEET);
  });

  test("finds names by its search list, however many dots they have", async () => {
    const options = "search slave.mesos marathon.mesos mesos\noptions ndots:3 timeout:1";
    const found = await lookUp(libc, options, [
      "web",
      "fleet",
      "leader",
      "web.marathon",
      "fleet.marathon.mesos",
      "nobody",
    ]);
    expect(found).toMatchObject({ web: 1, leader: 1, "web.marathon": 1, nobody: -1 });
    expect(found.fleet).toBeGreaterThan(25);
    expect(found["fleet.marathon.mesos"]).toBeGreaterThan(25);
  });
});
