import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Upkeep, type UpkeepConfig, type UpkeepFiles } from "../../../src/process/upkeep.js";
import { Authority } from "../../support/certificates.js";
import { run } from "../../support/tools.js";
import { until } from "../../support/wait.js";
import { configOf } from "../config/support.js";

const NOW = Date.UTC(2030, 0, 1);
const { queryLog } = configOf();
const NO_FILES = {
  tlsCertFile: "",
  CertFile: "",
  CACertFile: "",
  resolverCACertFile: "",
  transferClientCAFile: "",
  queryLog,
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mesos-dns-upkeep-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function upkeepOf(config: Partial<UpkeepConfig>, own: Partial<UpkeepFiles> = {}, wallClock = () => NOW): Upkeep {
  return new Upkeep({ ...NO_FILES, stateDir: "", ...config }, { files: { ...files, ...own }, wallClock });
}

/** When openssl says that a certificate ends. */
async function endOf(path: string): Promise<number> {
  const { stdout } = await run("openssl", ["x509", "-in", path, "-noout", "-enddate"]);
  return Date.parse(stdout.replace("notAfter=", ""));
}

test("of a chain the first certificate that expires counts, and of authorities the last", async () => {
  const home = folder();
  const authority = await Authority.create(home, "authority");
  const { cert } = await authority.certify("ns1.example", "192.0.2.53");
  const late = join(home, "late.pem");
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    join(home, "late.key"),
  ];
  await run("openssl", ["req", "-x509", ...key, "-out", late, "-days", "30", "-subj", "/CN=late"]);
  const both = join(home, "both.pem");
  writeFileSync(both, `a comment\n${readFileSync(late)}${readFileSync(cert)}`);
  const upkeep = upkeepOf({
    tlsCertFile: both,
    CACertFile: both,
    CertFile: cert,
    resolverCACertFile: join(home, "none"),
  });
  await until("the certificates", () => upkeep.report.certificates.length === 3);
  const soon = await endOf(cert);
  expect(upkeep.report.certificates).toEqual([
    { key: "tlsCertFile", file: both, expiresAt: soon },
    { key: "CertFile", file: cert, expiresAt: soon },
    { key: "CACertFile", file: both, expiresAt: await endOf(late) },
  ]);
});

test("a reload reads certificates again, and one that fails is told until one succeeds", async () => {
  const home = folder();
  const { cert } = await Authority.create(home, "authority");
  let now = NOW;
  const upkeep = upkeepOf({}, {}, () => now);
  expect(upkeep.report.reloads).toEqual({ isLastGood: true, loadedAt: NOW, failures: 0 });
  now += 1_000;
  upkeep.reloadFailed();
  expect(upkeep.report.reloads).toEqual({ isLastGood: false, loadedAt: NOW, failures: 1 });
  await upkeep.reloaded({ ...NO_FILES, stateDir: "", tlsCertFile: cert });
  expect(upkeep.report.reloads).toEqual({ isLastGood: true, loadedAt: NOW + 1_000, failures: 1 });
  expect(upkeep.report.certificates).toEqual([{ key: "tlsCertFile", file: cert, expiresAt: await endOf(cert) }]);
});

test("the disk of stateDir and the time of the saved zone are told", async () => {
  const stateDir = folder();
  writeFileSync(join(stateDir, "last-zone"), "");
  const upkeep = upkeepOf({ stateDir });
  await until("the disk", () => upkeep.report.disks.length === 1);
  const { bavail, bsize, blocks } = await files.statfs(stateDir);
  const [disk] = upkeep.report.disks;
  expect(disk).toMatchObject({ key: "stateDir", path: stateDir, sizeBytes: blocks * bsize });
  expect(Math.abs((disk?.freeBytes ?? 0) - bavail * bsize)).toBeLessThan(2 ** 30);
  expect(upkeep.report.zoneSavedAt).toBe((await files.stat(join(stateDir, "last-zone"))).mtimeMs);
});

test("the disk of the query log's file is told, while there is one", async () => {
  const file = join(folder(), "queries");
  const disksOf = async (own: object) => {
    const upkeep = upkeepOf({ stateDir: folder(), queryLog: { ...queryLog, ...own } });
    await until("the disks", () => upkeep.report.disks.length > 0);
    return upkeep.report.disks.map(({ key }) => key);
  };
  expect(await disksOf({ format: "json", file })).toEqual(["stateDir", "queryLog.file"]);
  expect(await disksOf({ format: "json", file: "-" })).toEqual(["stateDir"]);
  expect(await disksOf({ format: "off", file })).toEqual(["stateDir"]);
});

test("a disk that does not answer is asked once, and nobody waits for it", async () => {
  let asked = 0;
  let now = NOW;
  const statfs = () => {
    asked++;
    return new Promise<never>(() => undefined);
  };
  const upkeep = upkeepOf({ stateDir: folder() }, { statfs }, () => now);
  for (let i = 0; i < 5; i++) {
    now += 60_000;
    expect(upkeep.report.disks).toEqual([]);
  }
  expect(asked).toBe(1);
});
