import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "./bare.js";

/**
 * The image, built by buildah from the Containerfile and the bare Debian. What it starts runs as an engine would run it with `--read-only`:
 * as the image's user, with one privilege within reach, in a network of its own, where nothing but the folder for the state can be written.
 */

/** Arguments: the folder of the image, the words of its entry point, "--", those of its health check. Prints what a client is told. */
const RUN = `
set -eu
image=$1; shift
entry=$1; health=$2; shift 2
mount --bind "$image" "$image"
mount -t proc proc "$image/proc"
mount --rbind /dev "$image/dev"
mount -t tmpfs -o uid=953,gid=953 state "$image/var/lib/mesos-dns"
mount -o remount,bind,ro "$image"
ip link set lo up
inside() {
  chroot "$image" env -i PATH=/usr/bin:/bin STATE_DIRECTORY=/var/lib/mesos-dns setpriv --reuid=953 --regid=953 --clear-groups \\
    --inh-caps=-all --bounding-set=-all,+net_bind_service "$@"
}
inside "$entry" "$@" >/dev/null &
program=$!
tries=0
until inside /usr/lib/mesos-dns/bin/node -e "$health"; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || exit 1
done
dig @127.0.0.1 version.bind CH TXT +short
if inside sh -c ': > /file' 2>/dev/null; then echo "the file system can be written"; fi
kill $program
wait $program || true
`;

interface Settings {
  readonly Entrypoint: readonly string[];
  readonly User: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Answered before any master has been found. */
const VERSION = "in a container";

let buildah: (...words: readonly string[]) => string;
let settings: Settings;
let image: string;

beforeAll(() => {
  let remove = () => {};
  const folder = temporaryFolder((work) => {
    remove = work;
  });
  const places = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--storage-driver", "vfs"];
  buildah = (...words) => execFileSync("buildah", [...places, ...words], { encoding: "utf8", stdio: "pipe" }).trim();
  const base = buildah("from", "scratch");
  buildah("add", "--quiet", base, process.env.PACKAGE_TEST_BASE ?? "", "/");
  buildah("commit", "--quiet", "--rm", base, "localhost/debian");
  const file = "deploy/container/Containerfile";
  const how = ["--isolation", "chroot", "--format", "docker", "--layers=false", "--build-arg", "BASE=localhost/debian"];
  buildah("build", ...how, "--file", file, "--tag", "localhost/mesos-dns", ".");
  settings = JSON.parse(buildah("inspect", "--type", "image", "localhost/mesos-dns")).Docker.config;
  const container = buildah("from", "localhost/mesos-dns");
  image = buildah("mount", container);
  writeFileSync(
    join(image, "config.json"),
    JSON.stringify({ masters: ["192.0.2.11:5050"], externalon: false, serverVersion: VERSION }),
  );
  return () => {
    buildah("umount", container);
    remove();
  };
});

function told(...words: readonly string[]): string {
  const [entry = ""] = settings.Entrypoint;
  const health = settings.Healthcheck.Test.at(-1) ?? "";
  const script = ["sh", "-c", RUN, "run", image, entry, health, ...words];
  return execFileSync("unshare", ["--mount", "--net", "--pid", "--fork", ...script], { encoding: "utf8" }).trim();
}

test("the image says who runs it, what starts it and how its health is asked", () => {
  expect(settings).toMatchObject({ User: "953:953", Entrypoint: ["/entrypoint.sh"] });
  expect(settings.Healthcheck.Test.slice(0, 3)).toEqual(["CMD", "/usr/lib/mesos-dns/bin/node", "-e"]);
});

test.each([
  ["flags alone", ["-config=/config.json"]],
  ["the program and its flags", ["/usr/bin/mesos-dns", "-v=2", "-config=/config.json"]],
  ["the program where older images had it", ["/mesos-dns", "-config=/config.json"]],
  ["a shell's line, as Marathon's cmd gives it", ["/bin/sh", "-c", "exec /usr/bin/mesos-dns -config=/config.json"]],
  ["nothing", []],
])("given %s, it answers at port 53 without root and without writing anywhere", (_, words) => {
  expect(told(...words)).toBe(`"${VERSION}"`);
});
