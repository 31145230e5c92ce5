import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersOf, askLb } from "../support/lb-ask.js";
import { LbRun, NamedServer } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

/** What clients notice of changes, and of apps that HAProxy refuses. */

const HOST = "127.0.0.1";
const GROUP = { HAPROXY_GROUP: "external" };
const COOKIE = "mesosphere_server_id";

describe("clients of a HAProxy that follows a Marathon", () => {
  let marathon: ScriptedMarathon;
  let run: LbRun;
  let servers: NamedServer[];
  let ports: { readonly web: number; readonly sticky: number; readonly more: number };

  beforeAll(async () => {
    servers = await Promise.all(["a", "b", "c", "d"].map((name) => NamedServer.start(name)));
    ports = { web: await freePort(), sticky: await freePort(), more: await freePort() };
    marathon = await ScriptedMarathon.start();
    await lead({});
    run = await LbRun.start([marathon.url]);
    await run.carries(`web_${ports.web}`, 2);
    await run.carries(`sticky_${ports.sticky}`, 2);
  });
  afterAll(async () => {
    await run?.end();
    await marathon?.stop();
    for (const server of servers ?? []) server.stop();
  });

  const tasks = (names: string) =>
    servers
      .filter(({ name }) => names.includes(name))
      .map((server) => task(HOST, [server.port], { id: `task.${server.name}` }));

  async function lead({ web = "ab", sticky = "ab", more = {} as Record<string, string> | undefined }) {
    const labels = { ...GROUP, HAPROXY_0_MODE: "http" };
    marathon.apps = [
      app("/web", { ports: [ports.web], labels, tasks: tasks(web) }),
      app("/sticky", { ports: [ports.sticky], labels: { ...labels, HAPROXY_0_STICKY: "true" }, tasks: tasks(sticky) }),
      app("/more", { ports: [ports.more], labels: { ...labels, ...more }, tasks: tasks("d") }),
    ];
    marathon.emit("status_update_event");
  }

  test("lose no request while tasks come and go, nor while HAProxy reads its configuration again", async () => {
    const problems: string[] = [];
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        await askLb(ports.web)
          .then(({ status }) => (status === 200 ? undefined : problems.push(String(status))))
          .catch((error: Error) => problems.push(error.message));
      }
    };
    const held = connect(ports.web, HOST);
    held.write("GET / HTTP/1.1\r\nHost: x\r\n");
    const clients = Array.from({ length: 4 }, client);
    const before = await run.reloads();
    for (let round = 0; round < 20; round++) {
      await lead({ web: ["ab", "bc", "cd", "da"][round % 4] ?? "" });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await run.reloads()).toBe(before);
    for (let round = 0; round < 3; round++) {
      await lead({ web: "da", more: { HAPROXY_0_VHOST: "more.example.com", HAPROXY_0_PATH: `/${round}` } });
      await until("the reload", async () => (await run.reloads()) > before + round);
    }
    // A request that began before all of that.
    held.write("\r\n");
    const answer = await new Promise<string>((resolve) => held.once("data", (text) => resolve(String(text))));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    held.destroy();
    isOver = true;
    await Promise.all(clients);
    expect(problems).toEqual([]);
  });

  test("keep their server by its cookie, also one that has come while HAProxy ran, and over a reload", async () => {
    const cookieOf = async (name: string) => {
      for (;;) {
        const { body, headers } = await askLb(ports.sticky);
        const [cookie = ""] = headers["set-cookie"] ?? [];
        if (body === name) return cookie.split(";")[0] ?? "";
      }
    };
    await lead({ sticky: "abc" });
    await run.carries(`sticky_${ports.sticky}`, 3);
    const cookies = { a: await cookieOf("a"), c: await cookieOf("c") };
    for (const cookie of Object.values(cookies)) expect(cookie).toMatch(new RegExp(`^${COOKIE}=[0-9a-f]{8,}$`));
    const kept = async (name: "a" | "c") => answersOf(ports.sticky, { cookie: cookies[name] });
    expect([await kept("a"), await kept("c")]).toEqual(["a", "c"]);
    const before = await run.reloads();
    await lead({ sticky: "abc", more: { HAPROXY_0_BALANCE: "leastconn" } });
    await until("the reload", async () => (await run.reloads()) > before);
    await run.carries(`sticky_${ports.sticky}`, 3);
    expect([await kept("a"), await kept("c")]).toEqual(["a", "c"]);
  });

  test("notice nothing of an app that HAProxy refuses: it is found, named and goes on as it was", async () => {
    await lead({ sticky: "abc" });
    await run.carries(`more_${ports.more}`, 1);
    await lead({ sticky: "abc", web: "abc", more: { HAPROXY_0_SSL_CERT: "/etc/ssl/nobody-has-this.pem" } });
    await until("its name", async () => (await run.status()).refused.length > 0);
    await run.carries(`web_${ports.web}`, 3);
    expect(await answersOf(ports.web)).toBe("abc");
    expect(await answersOf(ports.more)).toBe("d");
    expect((await run.status()).refused).toMatchObject([{ appId: "/more", isKept: true }]);
    expect((await run.status()).refused[0]?.reason).toContain("nobody-has-this.pem");
    await lead({ sticky: "abc", web: "abc" });
    await until("its end", async () => (await run.status()).refused.length === 0);
  });

  test("are served on when Marathon's answers are cut, no JSON, or empty after a full one", async () => {
    const faults = [
      { body: '{"apps":[' },
      { body: "<html>" },
      { body: '{"message":"starting"}' },
      { body: '{"apps":[]}' },
    ];
    for (const fault of faults) {
      marathon.fault = fault;
      const { fetches } = marathon;
      marathon.emit("status_update_event");
      await until("a look", async () => marathon.fetches > fetches);
    }
    await until("an empty list that is held", async () => (await run.status()).sources[0]?.isHeld === true);
    expect(await answersOf(ports.web)).toBe("abc");
    marathon.fault = undefined;
  });
});
