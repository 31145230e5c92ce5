import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dug, dugFrom } from "../support/digs.js";
import { FLEET, FLEET_CLUSTER } from "../support/fleet-cluster.js";
import { hasNamespaces, MASTER_PROGRAM, READY_PROGRAM } from "../support/namespace.js";
import { stateOf } from "../support/scripted-master.js";
import { PROGRAM } from "../support/server.js";
import { run } from "../support/tools.js";
import { blocksOf } from "../support/validators.js";

/**
 * systemd-resolved with the lines of docs/in-front.md, as they are: on a machine of their own, a network and a mount namespace in
 * which this server is at the page's address. Its package would take over this machine's resolv.conf: it is unpacked, not installed.
 */

const CONFIG = { masters: ["127.0.0.1:5050"], listener: "192.0.2.53", httplistener: "127.0.0.1", externalon: false };
const OWN = "[Resolve]\nDNSSEC=yes\nLLMNR=no\nMulticastDNS=no\nFallbackDNS=\n";
const INSTALLED = "/lib/systemd/systemd-resolved";
/** Several programs start one after the other, on a machine that may be busy. */
const PATIENCE_MS = 55_000;
const MARK = "== next ==";

let folder: string;
let resolved = INSTALLED;
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-resolved-"));
  write("state", JSON.stringify(stateOf({ address: "127.0.0.1:5050" }, FLEET_CLUSTER)));
  write("master.cjs", MASTER_PROGRAM);
  write("config.json", JSON.stringify(CONFIG));
  write("own.conf", OWN);
  if (existsSync(INSTALLED)) return;
  const unpack = `cd ${folder} && apt-get -qq download systemd-resolved && dpkg-deb -x systemd-resolved_*.deb package`;
  const { stderr } = await run("unshare", ["sh", "-c", unpack]);
  resolved = join(folder, "package", INSTALLED);
  if (!existsSync(resolved)) throw new Error(`no systemd-resolved in ${readdirSync(folder)}: ${stderr}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What each question gets through it, with these lines in its files. */
async function ask(lines: string, negative: string, questions: readonly string[]): Promise<Dug[]> {
  write("mesos.conf", lines);
  write("mesos.negative", negative);
  const node = process.execPath;
  const user = "systemd-resolve:x:990:990::/:/usr/sbin/nologin";
  const script = `
    exec 3>&1 >${folder}/log 2>&1
    ip link set lo up && ip link add up0 type veth peer name up1 && ip addr add 192.0.2.53/24 dev up0 || exit 9
    ip link set up0 up && ip link set up1 up && mount -t tmpfs none /run || exit 9
    mkdir -p /run/systemd/resolve /run/systemd/resolved.conf.d /run/dnssec-trust-anchors.d
    cp ${folder}/own.conf ${folder}/mesos.conf /run/systemd/resolved.conf.d
    ! [ -s ${folder}/mesos.negative ] || cp ${folder}/mesos.negative /run/dnssec-trust-anchors.d
    cp /etc/passwd /etc/group /run
    grep -q ^systemd-resolve: /run/passwd || { echo ${user} >> /run/passwd; echo systemd-resolve:x:990: >> /run/group; }
    mount --bind /run/passwd /etc/passwd && mount --bind /run/group /etc/group || exit 9
    chown systemd-resolve /run/systemd/resolve && chgrp systemd-resolve /run/systemd/resolve
    ${node} -e "$(cat ${folder}/master.cjs)" ${folder}/state &
    ${node} ${PROGRAM} -config=${folder}/config.json &
    ${node} -e "${READY_PROGRAM}"
    ${resolved} &
    for i in $(seq 50); do dig @127.0.0.53 +tries=1 +time=1 localhost && break; sleep 0.1; done
    for question in ${questions.map((question) => `'${question}'`).join(" ")}; do
      dig @127.0.0.53 +tries=1 +time=5 $question >&3
      echo '${MARK}' >&3
    done
  `;
  // All that runs there ends with the script.
  const spaces = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
  const { stdout, status } = await run("unshare", [...spaces, "sh", "-c", script], "", PATIENCE_MS);
  if (status === 9) throw new Error("this machine has no such namespaces");
  return stdout.split(MARK).slice(0, questions.length).map(dugFrom);
}

const [LINES = "", NEGATIVE = ""] = blocksOf("systemd-resolved");
const [A, SRV, PTR] = ["web.marathon.mesos A", "_web._tcp.marathon.mesos SRV", "-x 10.0.1.1"];

describe.skipIf(process.getuid?.() !== 0 || !hasNamespaces)("behind systemd-resolved that validates", () => {
  test("names have their addresses, ports and reverse names, all of them, with the lines of the page", async () => {
    const questions = [A, SRV, PTR, "nobody.marathon.mesos A", "fleet.marathon.mesos A"];
    const [address, service, reverse, nobody, fleet] = await ask(LINES, NEGATIVE, questions);
    expect(address).toMatchObject({ status: "NOERROR", answer: [expect.stringMatching(/ A 10\.0\.1\.1$/)] });
    expect(service).toMatchObject({ status: "NOERROR", answer: [expect.stringMatching(/ SRV 0 \d+ 31000 web-/)] });
    expect(reverse).toMatchObject({ status: "NOERROR", answer: [expect.stringMatching(/ PTR web-.*mesos$/)] });
    expect(nobody).toMatchObject({ status: "NXDOMAIN", answer: [] });
    expect(fleet?.answer).toHaveLength(FLEET);
  });

  test("names of the domain are SERVFAIL without the file", async () => {
    expect(await ask(LINES, "", [A, PTR])).toMatchObject([{ status: "SERVFAIL" }, { status: "NOERROR" }]);
  });

  test("reverse names are SERVFAIL with a file that lacks them", async () => {
    const domainOnly = NEGATIVE.replace("10.in-addr.arpa\n", "");
    expect(await ask(LINES, domainOnly, [A, PTR])).toMatchObject([{ status: "NOERROR" }, { status: "SERVFAIL" }]);
  });
});
