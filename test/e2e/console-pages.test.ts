import { describe, expect, onTestFinished, test } from "vitest";
import { ConsolePage, hasBrowser, type Look, PHONE, startBrowser } from "../support/console-browser.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { freePort, Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** Pages of the console that are there when something is turned on, and what it shows when its server is gone. */

/** Zones with long names. */
const LONG = { dcosNames: true, vips: { names: true } };

describe.skipIf(!hasBrowser)(`the console${hasBrowser ? "" : " (left out: there is no chromium)"}`, () => {
  async function start(keys: object) {
    const [server, browser] = await Promise.all([
      startServer([await startMaster(webAt("203.0.113.1"))], keys as Record<string, unknown>),
      startBrowser(),
    ]);
    onTestFinished(() => browser.close());
    return { server, open: (path: string, look?: Look) => ConsolePage.open(browser, server, path, look) };
  }

  test.each<[string, Look]>([
    ["", {}],
    [", on a phone", { size: PHONE, theme: "dark" }],
  ])("shows transfers, health checks and virtual addresses%s", async (_, look) => {
    const [silent, closed] = [await freePort(), await freePort()];
    const { server, open } = await start({
      ...LONG,
      allowTransfer: ["127.0.0.0/8"],
      notify: [{ address: "127.0.0.1", port: silent }],
      healthCheckNetworks: ["127.0.0.0/8"],
      healthChecks: { closed: { type: "tcp", port: closed, interval: 2 } },
      records: [
        { name: "edge", type: "A", policy: "failover", values: [{ value: "127.0.0.1", healthCheck: "closed" }] },
      ],
    });
    await until("who is told", async () => (await server.fetch("/v1/transfers")).ok);
    const opened = await open("transfers", look);
    const { page } = opened;
    await page.getByText("unanswered").first().waitFor();
    await opened.screenshot(`transfers${look.size ? "-phone" : ""}`);
    for (const path of ["transfers", "health", "vips"]) {
      await opened.goTo(path);
      expect(await opened.faults(), path).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path).toBe(true);
      expect(await page.evaluate(OVERLAPS), path).toEqual([]);
      await opened.screenshot(`${path}${look.size ? "-phone" : ""}`);
    }
    await opened.goTo("health");
    await page.getByText("unhealthy").first().waitFor();
    opened.expectNoFault();
    await page.close();
    expect(server.troubles().filter(({ level }) => level === "error")).toEqual([]);
  });

  test("says that its server is gone, and since when, and greys what it told before", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const [server, browser] = await Promise.all([Server.start({ masters: [master.address] }), startBrowser()]);
    onTestFinished(() => browser.close());
    const opened = await ConsolePage.open(browser, server, "");
    const { page } = opened;
    await page
      .getByRole("status")
      .getByText(/ready$/)
      .waitFor();
    await server.kill();
    await page
      .getByRole("alert")
      .getByText(/^The server has not answered since \d\d:\d\d:\d\d/)
      .waitFor();
    await page.getByRole("status").getByText("no answer").waitFor();
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).filter")).toBe("grayscale(1)");
    await opened.screenshot("lost");
    await page.close();
  });
});

/** The names of facts that reach into their values. */
const OVERLAPS = `[...document.querySelectorAll(".facts dt")].flatMap((dt) => {
  const range = document.createRange();
  range.selectNodeContents(dt);
  return range.getBoundingClientRect().right > dt.nextElementSibling.getBoundingClientRect().left ? dt.textContent : [];
})`;
