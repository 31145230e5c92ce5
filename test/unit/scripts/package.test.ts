import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Scripts {
  readonly verify: (octets: Uint8Array, integrity: string, what: string) => void;
  readonly packagedUnit: (name: string, text: string) => string;
  readonly debianVersion: (version: string) => string;
  readonly firstConfig: (example: string) => string;
}

/** The scripts are JavaScript without types, as they run before anything is built. */
async function script<Name extends keyof Scripts>(file: string, name: Name): Promise<Scripts[Name]> {
  return (await import(new URL(`../../../scripts/package/${file}`, import.meta.url).href))[name];
}

test("what the registry gives is refused unless it is what was pinned", async () => {
  const verify = await script("registry.mjs", "verify");
  const octets = Buffer.from("an archive");
  const integrity = `sha512-${createHash("sha512").update(octets).digest("base64")}`;
  expect(() => verify(octets, integrity, "node@1")).not.toThrow();
  expect(() => verify(Buffer.from("another"), integrity, "node@1")).toThrow(
    /^node@1 is not what was pinned: expected /,
  );
});

test("the package's unit has the package's user and path, and says where its manual is", async () => {
  const packagedUnit = await script("units.mjs", "packagedUnit");
  const unit = packagedUnit("mesos-dns.service", readFileSync("systemd/mesos-dns.service", "utf8"));
  expect(unit).toMatch(/^ExecStart=\/usr\/bin\/mesos-dns -config=\/etc\/mesos-dns\/config\.json$/m);
  expect(unit).toMatch(/^User=mesos-dns\nGroup=mesos-dns\nStateDirectory=mesos-dns$/m);
  expect(unit).toMatch(/^\[Unit\]\nDocumentation=man:mesos-dns\(1\)/);
  expect(unit).not.toMatch(/DynamicUser|\benv\b/);
});

test("a unit that has changed under the package's changes is a failure, not a package without them", async () => {
  const packagedUnit = await script("units.mjs", "packagedUnit");
  expect(() => packagedUnit("mesos-dns-lb.service", "[Service]\nExecStart=/opt/mesos-dns\n")).toThrow(
    /^systemd\/mesos-dns-lb\.service has no ExecStart/,
  );
});

test("a version before a release is older than the release, for Debian too", async () => {
  const debianVersion = await script("deb.mjs", "debianVersion");
  expect(debianVersion("1.0.0-rc.1")).toBe("1.0.0~rc.1");
  expect(debianVersion("1.0.0")).toBe("1.0.0");
});

test("the configuration to begin with has no address of anybody else's", async () => {
  const firstConfig = await script("tree.mjs", "firstConfig");
  const text = firstConfig(readFileSync("config.json.example", "utf8"));
  expect(text).not.toMatch(/192\.0\.2\.|198\.51\.100\./);
  expect(JSON.parse(text)).toMatchObject({ masters: ["127.0.0.1:5050"], stateDir: "/var/lib/mesos-dns" });
  expect(JSON.parse(text)).not.toHaveProperty("resolvers");
});

test("Marathon stops an old instance before it starts a new one, as both would want port 53, and leaves one to answer", () => {
  const app = JSON.parse(readFileSync("deploy/marathon/mesos-dns.json", "utf8"));
  expect(app).toMatchObject({
    args: ["-config=/config.json"],
    networks: [{ mode: "host" }],
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
  });
  expect(app.instances).toBeGreaterThan(1);
  expect(app.constraints).toContainEqual(["hostname", "UNIQUE"]);
  const example = JSON.parse(readFileSync("config.json.example", "utf8"));
  expect(app.healthChecks).toEqual([expect.objectContaining({ path: "/healthz", port: example.httpport })]);
  expect(app.portDefinitions).toEqual([]);
});
