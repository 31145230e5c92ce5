import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Balancers } from "../../../src/lb-deploy/balancers.js";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A load balancer at an address of this machine. @param port 0 for a free one. @param server the server that it tells of */
async function balancer(address: string, port: number, server: string, pids = "1"): Promise<number> {
  let at = port;
  const one = createServer(({ url, headers }, response) => {
    const isLoggedIn = headers.authorization === `Basic ${Buffer.from("me:s:cret").toString("base64")}`;
    if (headers.host !== `lb.example.com:${at}` || !isLoggedIn) response.writeHead(401);
    const csv = `# pxname,svname,qcur,scur,status,\nweb_1,${server},,0,UP,\nweb_1,BACKEND,0,0,UP,\n`;
    response.end(url === "/lb/_haproxy_getpids" ? pids : url === "/lb/haproxy?stats;csv" ? csv : "");
  });
  servers.push(one);
  await new Promise<void>((resolve, reject) => one.once("error", reject).listen(port, address, resolve));
  at = (one.address() as AddressInfo).port;
  return at;
}

function balancersAt(port: number, addresses: readonly string[]): Balancers {
  const url = new URL(`http://me:s%3Acret@lb.example.com:${port}/lb/`);
  return new Balancers(url, async () =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  );
}

const UP = { backend: "web_1", isServing: true, isDraining: false, isBusy: false };

describe("load balancers", () => {
  test("are asked at every address of their name, under that name and with its login", async () => {
    const port = await balancer("127.0.0.1", 0, "a");
    await balancer("127.0.0.2", port, "b");
    const stats = [[{ ...UP, name: "a" }], [{ ...UP, name: "b" }]];
    expect(await balancersAt(port, ["127.0.0.1", "127.0.0.2"]).ask()).toEqual({ stats });
  });

  test("are asked over IPv6 only where there is nothing else", async () => {
    const port = await balancer("127.0.0.1", 0, "a");
    await balancer("::1", port, "six");
    expect(await balancersAt(port, ["::1", "127.0.0.1"]).ask()).toEqual({ stats: [[{ ...UP, name: "a" }]] });
    expect(await balancersAt(port, ["::1"]).ask()).toEqual({ stats: [[{ ...UP, name: "six" }]] });
  });

  test("are not believed while one of them reloads", async () => {
    const port = await balancer("127.0.0.1", 0, "a", "11 12\n");
    await balancer("127.0.0.2", port, "b", "11 12 13\n");
    const reloading = "the load balancer at 127.0.0.2 is reloading";
    expect(await balancersAt(port, ["127.0.0.1", "127.0.0.2"]).ask()).toEqual({ reloading });
  });

  test("are all needed: the one that does not answer is named", async () => {
    const port = await balancer("127.0.0.1", 0, "a");
    const failure = { code: "LB_DEPLOY_BALANCER", message: expect.stringContaining(`at 127.0.0.3:${port} cannot be`) };
    await expect(balancersAt(port, ["127.0.0.1", "127.0.0.3"]).ask()).rejects.toMatchObject(failure);
    const url = new URL(`http://lb.example.com:${port}/lb`);
    const refused = "the load balancer at 127.0.0.1:";
    const without = new Balancers(url, async () => [{ address: "127.0.0.1", family: 4 }]);
    await expect(without.ask()).rejects.toThrow(
      `${refused}${port} cannot be asked: /_haproxy_getpids is answered with status 401`,
    );
    const nowhere = new Balancers(url, () => Promise.reject(new Error("ENOTFOUND")));
    await expect(nowhere.ask()).rejects.toThrow("the name lb.example.com has no address: ENOTFOUND");
  });
});
