import { expect, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { startMaster, startServer, startUpstream, webAt } from "../support/scenario.js";
import { PROGRAM, type Server } from "../support/server.js";

const compare = (one: Server, other: Server, ...words: string[]) =>
  runCommand(process.execPath, [
    PROGRAM,
    "compare",
    `@127.0.0.1:${one.port}`,
    "--with",
    `127.0.0.1:${other.port}`,
    "--server",
    `127.0.0.1:${one.httpPort}`,
    "--with-server",
    `http://127.0.0.1:${other.httpPort}`,
    ...words,
  ]);

test("compare says that two servers of one cluster answer the same, whatever the order and the TTL", async () => {
  const master = await startMaster(webAt("203.0.113.1", "203.0.113.2"));
  const [one, other] = [await startServer([master]), await startServer([master], { ttl: 7 })];
  const { code, stdout } = await compare(one, other);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^(\d+) of \1 answers are the same, whatever their TTL\n$/),
  ]);
});

test("compare prints what differs, by name", async () => {
  const one = await startServer([await startMaster(webAt("203.0.113.1"))]);
  const other = await startServer([await startMaster(webAt("203.0.113.2"))]);
  const { code, stdout } = await compare(one, other);
  expect(code).toBe(1);
  expect(stdout).toContain(
    `web.marathon.mesos. A\n  127.0.0.1:${one.port}: 203.0.113.1\n  127.0.0.1:${other.port}: 203.0.113.2\n`,
  );
  expect(stdout).toMatch(/: NXDOMAIN, no A record$/m);
  const { differences } = JSON.parse((await compare(one, other, "--json")).stdout);
  expect(differences).toContainEqual({
    name: "web.marathon.mesos.",
    type: "A",
    ours: "203.0.113.1",
    theirs: "203.0.113.2",
  });
});

test("compare finds the names that the other server alone has, or says that it could not", async () => {
  const one = await startServer([await startMaster(webAt("203.0.113.1"))], { domain: "one.example" });
  const other = await startServer([await startMaster(webAt("203.0.113.1"))], { domain: "other.example" });
  expect((await compare(one, other)).stdout).toMatch(
    /^web\.marathon\.other\.example\. A\n.*: REFUSED.*\n.*: 203\.0\.113\.1$/m,
  );
  const unlisted = await startServer([await startMaster(webAt("203.0.113.1"))], { listener: "127.0.0.2" });
  const words = ["--with", `127.0.0.2:${unlisted.port}`, "--server", `127.0.0.1:${unlisted.httpPort}`];
  const { stdout } = await runCommand(process.execPath, [PROGRAM, "compare", `@127.0.0.2:${unlisted.port}`, ...words]);
  expect(stdout).toMatch(
    /answers are the same, whatever their TTL\nnames that the other server alone has were not asked: there is no list at http:\/\/127\.0\.0\.2:8123/,
  );
});

test("compare says that the other server does not answer, in place of a difference in every name", async () => {
  const one = await startServer([await startMaster(webAt("203.0.113.1"))]);
  const gone = await startServer([await startMaster(webAt("203.0.113.1"))]);
  await gone.stop();
  const { code, stdout, stderr } = await compare(one, gone);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`127.0.0.1:${gone.port}`);
});

test("compare takes silence for no answer that could be the same", async () => {
  const one = await startServer([await startMaster(webAt("203.0.113.1"))]);
  // They answer what they are asked first, and nothing after that.
  const silent = await Promise.all(
    [0, 1].map(() => {
      let asked = 0;
      return startUpstream(() => (asked++ === 0 ? [] : new Promise<never>(() => undefined)));
    }),
  );
  const [own, other] = silent.map(({ address }) => address);
  const words = ["--with", other ?? "", "--server", `127.0.0.1:${one.httpPort}`];
  const ask = runCommand(process.execPath, [PROGRAM, "compare", `@${own}`, ...words, "--json"]);
  const { code, stdout } = await ask;
  const { asked, differences } = JSON.parse(stdout);
  expect([code, differences.length]).toEqual([1, asked]);
  expect(differences[0]).toMatchObject({ ours: expect.stringMatching(/^not answered: /), theirs: expect.anything() });
}, 120_000);
