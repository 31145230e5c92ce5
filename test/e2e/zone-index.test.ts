import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { hasNamespaces, inNamespace } from "../support/namespace.js";

/** An interface with a link-local address that is there at once. */
const LINK = `
ip link add cluster0 type veth peer name cluster1
ip link set cluster0 up
ip link set cluster1 up
ip address add fe80::53/64 dev cluster0 nodad
`;

/** Starts the program, asks it over UDP and TCP, and prints the answers or what it said. */
const PROBE = `
"$NODE" dist/main.js -config="$CONFIG" >/dev/null 2>"$CONFIG.log" &
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for proto in +notcp +tcp; do
    dig @fe80::53%cluster0 -p 5353 $proto +time=1 +tries=1 localhost A +short >"$CONFIG.$proto" 2>&1 || sleep 0.2
  done
  grep -q '^127' "$CONFIG.+notcp" && grep -q '^127' "$CONFIG.+tcp" && break
done
cat "$CONFIG.+notcp" "$CONFIG.+tcp"
kill %1
wait
`;

async function probe(udpEngine: string, listener: string): Promise<string> {
  const file = `/tmp/mesos-dns-zone-index-${process.pid}-${udpEngine}.json`;
  const { rm, writeFile } = await import("node:fs/promises");
  await writeFile(
    file,
    JSON.stringify({ masters: ["127.0.0.1:1"], udpEngine, listener, port: 5353, resolvers: ["127.0.0.1:1"] }),
  );
  const [command, args] = inNamespace(LINK, ["bash", "-c", PROBE]);
  const env = { ...process.env, NODE: process.execPath, CONFIG: file };
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { env });
    return stdout;
  } finally {
    for (const suffix of ["", ".log", ".+notcp", ".+tcp"]) await rm(`${file}${suffix}`, { force: true });
  }
}

it.skipIf(!hasNamespaces).each(["batch", "dgram"])(
  "a listener may be a link-local address with a zone index, by the engine %s",
  async (udpEngine) => {
    expect(await probe(udpEngine, "fe80::53%cluster0")).toBe("127.0.0.1\n127.0.0.1\n");
  },
);
