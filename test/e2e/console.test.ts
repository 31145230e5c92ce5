import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConsolePage, hasBrowser, type Look, PHONE, startBrowser } from "../support/console-browser.js";
import { HEARTBEAT, taskAdded, taskUpdated } from "../support/operator-api.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** The console in Debian's Chromium, before a cluster of 10,000 tasks. */

const TASKS = 10_000;
const HOSTILE = `<img src=x onerror="document.title='owned'">`;
const NEW = task("brandnew", { agent: "S1", ip: "203.0.113.77" });
const MOVED = task("brandnew", { id: "brandnew.2", agent: "S2", ip: "203.0.113.78" });
const SECOND_MS = 1_000;
const TASK_PAGE = "task?framework=frameworks-marathon&id=svc-7.instance-7";

const tasks = Array.from({ length: TASKS }, (_, i) =>
  task(`svc-${i % 500}`, {
    id: `svc-${i % 500}.instance-${i}`,
    agent: `S${i % 20}`,
    ports: [31_000 + (i % 1_000)],
    ip: `198.51.${100 + (i >> 8)}.${i & 255}`,
    healthy: i % 1_000 !== 7,
    extra: { labels: [{ key: "owner", value: "team-a" }] },
  }),
);
const hostile = task(HOSTILE, { id: `${HOSTILE}.1`, agent: "S0", ip: "203.0.113.66" });
const lost = task("lost", { agent: "GONE" });
const agents = Array.from({ length: 20 }, (_, i) =>
  agent(`S${i}`, { ip: `192.0.2.${10 + i}`, hostname: `node-${i}.example.com` }),
);
const STATE = cluster({ agents, frameworks: [framework("marathon", { tasks: [...tasks, hostile, lost] })] });

describe.skipIf(!hasBrowser)(`the console${hasBrowser ? "" : " (left out: there is no chromium)"}`, () => {
  let master: ScriptedMaster;
  let server: Server;
  let browser: Browser;
  let beat: ReturnType<typeof setInterval>;

  beforeAll(async () => {
    master = await ScriptedMaster.start();
    master.leadWithEvents(STATE);
    beat = setInterval(() => master.subscribers.say(HEARTBEAT), 5_000);
    [server, browser] = await Promise.all([
      Server.start({ masters: [master.address], refreshSeconds: 3600, vips: { names: true } }),
      startBrowser(),
    ]);
  });

  afterAll(async () => {
    clearInterval(beat);
    await browser?.close();
    await server?.stop();
    await master?.stop();
  });

  async function withPage(path: string, look: Look, use: (opened: ConsolePage) => Promise<void>): Promise<void> {
    const opened = await ConsolePage.open(browser, server, path, look);
    try {
      await use(opened);
      opened.expectNoFault();
    } finally {
      await opened.page.close();
    }
  }

  test("shows the cluster at a glance, and who is asked", async () => {
    await withPage("", {}, async ({ page }) => {
      await page.getByText("10,002", { exact: true }).waitFor();
      await page.getByText(master.address).waitFor();
      await page.getByRole("img", { name: /^Queries a second/ }).waitFor();
      expect(await page.getByRole("status").first().textContent()).toContain("ready");
    });
  });

  test("finds names, tasks, services, agents and addresses by any part while one types, by the keyboard alone", async () => {
    await withPage("", {}, async ({ page }) => {
      await page.keyboard.press("/");
      await page.keyboard.type("instance-7777");
      await page.locator("[data-hit]", { hasText: "svc-277.instance-7777" }).waitFor();
      await page.keyboard.press("Control+A");
      await page.keyboard.type("node-13");
      await page.locator("[data-hit]", { hasText: "node-13.example.com" }).first().waitFor();
      await page.keyboard.press("Control+A");
      await page.keyboard.type("198.51.103.9");
      await page.getByRole("heading", { name: "Search: 198.51.103.9" }).waitFor();
      await page.locator("[data-hit]", { hasText: "svc-277.instance-777" }).waitFor();
      await page.keyboard.press("Control+A");
      await page.keyboard.type("svc-42 marathon");
      await page.locator("[data-hit]", { hasText: "svc-42.marathon.mesos." }).first().waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "svc-42", exact: true }).waitFor();
    });
  });

  test("searches 10,000 tasks in less than 100 ms", async () => {
    await server.json("/v1/console/search?q=warm");
    const times: number[] = [];
    for (const text of ["svc-499", "instance-99", "node-1", "198.51.1", "a"]) {
      const started = performance.now();
      await server.json(`/v1/console/search?q=${text}`);
      times.push(performance.now() - started);
    }
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(100);
  });

  test("shows a change within a second", async () => {
    await withPage("changes", {}, async ({ page }) => {
      await page.getByRole("heading", { name: "Changes", level: 1 }).waitFor();
      await until("the server's stream", async () =>
        (await page.getByRole("status").first().textContent())?.includes("ready"),
      );
      const shown = (text: string) => page.locator(".changes li", { hasText: text }).waitFor({ timeout: SECOND_MS });
      master.subscribers.say(taskAdded(NEW));
      await shown("brandnew of marathon runs on node-1.example.com.");
      master.subscribers.say(taskUpdated(NEW, "TASK_KILLED"), taskAdded(MOVED));
      await shown("brandnew of marathon moved from node-1.example.com to node-2.example.com.");
      master.subscribers.say(taskUpdated(MOVED, "TASK_FINISHED"));
      await shown("brandnew of marathon no longer runs on node-2.example.com.");
    });
  });

  test("tells programs of changes as JSON", async () => {
    const gone = new AbortController();
    const response = await server.fetch("/v1/console/changes", { signal: gone.signal });
    let text = "";
    const follow = async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    };
    follow().catch(() => undefined);
    master.subscribers.say(taskAdded(NEW));
    const events = () => [...text.matchAll(/^data: (.*)$/gm)].map(([, data = "{}"]) => JSON.parse(data));
    await until("the change", () => events().some(({ kind, task }) => kind === "task-started" && task === NEW.id));
    await until("its names", () =>
      events().some(({ kind, names }) => kind === "names" && names.added.includes("brandnew.marathon.mesos.")),
    );
    master.subscribers.say(taskUpdated(NEW, "TASK_KILLED"));
    gone.abort();
  });

  test("scrolls through 10,000 tasks with a few rows at a time", async () => {
    await withPage("tasks", {}, async ({ page }) => {
      await page.getByText("10,002 in all").waitFor();
      const box = page.getByRole("table", { name: "Tasks" });
      expect(await box.getAttribute("aria-rowcount")).toBe("10003");
      const rows = box.getByRole("row");
      for (const share of [0.25, 0.5, 0.75, 1]) {
        await page.evaluate(
          `((box) => box.scrollTo(0, box.scrollHeight * ${share}))(document.querySelector(".long-box"))`,
        );
        await until("rows in sight", async () => {
          const texts = await rows.allTextContents();
          return texts.length > 20 && texts.length < 80 && texts.slice(1).every((text) => !text.includes("…"));
        });
      }
      await box.getByText("svc-99.instance-9599").waitFor();
      await page.getByLabel("State").selectOption("unhealthy");
      await page.getByText("10 match").waitFor();
      await page.getByLabel("Filter").fill("instance-3007");
      await page.getByText("1 match", { exact: true }).waitFor();
    });
  });

  test("shows a task with its records, its labels, and why it is answered so", async () => {
    await withPage(TASK_PAGE, {}, async (opened) => {
      const { page } = opened;
      await page.getByRole("link", { name: "svc-7.marathon.mesos.", exact: true }).waitFor();
      await page.getByText("unhealthy").first().waitFor();
      await page.getByText("team-a").waitFor();
      await page.getByRole("region", { name: "Why" }).getByText("svc-7.instance-7").first().waitFor();
      await page.getByRole("link", { name: "svc-7.marathon.mesos.", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "svc-7.marathon.mesos." }).waitFor();
      await page.getByRole("cell", { name: "198.51.100.7", exact: true }).first().waitFor();
      await opened.screenshot("name");
    });
  });

  test("says what is left out, and why", async () => {
    await withPage("left-out", {}, async ({ page }) => {
      await page.getByRole("row", { name: /lost\.GONE.*unknown agent/ }).waitFor();
    });
  });

  test("takes no name for markup, wherever it is shown", async () => {
    const id = encodeURIComponent(`${HOSTILE}.1`);
    const opened = await ConsolePage.open(browser, server);
    const { page } = opened;
    for (const path of [
      "tasks?q=onerror",
      `search?q=${encodeURIComponent(HOSTILE)}`,
      `task?framework=frameworks-marathon&id=${id}`,
      `service?framework=marathon&name=${encodeURIComponent(HOSTILE)}`,
      `name?name=${encodeURIComponent(HOSTILE)}`,
      encodeURIComponent(HOSTILE),
    ]) {
      await opened.goTo(path);
      await page.locator("main", { hasText: path.includes("?") ? "onerror" : "No such page" }).waitFor();
      expect(await page.evaluate("[document.images.length, document.title === 'owned']"), path).toEqual([0, false]);
    }
    // The browser itself tells of each answer that is 404.
    expect(opened.complaints.filter((text) => !text.includes("404"))).toEqual([]);
    expect(opened.strangers).toEqual([]);
    await page.close();
  });

  test.each<[string, Look]>([
    ["light", {}],
    ["dark", { theme: "dark" }],
    ["on a phone", { size: PHONE }],
    ["dark on a phone", { theme: "dark", size: PHONE }],
  ])("keeps nobody out: %s", async (name, look) => {
    await withPage("", look, async (opened) => {
      for (const path of ["", "tasks", "search?q=svc-1", TASK_PAGE]) {
        await opened.goTo(path);
        expect(await opened.faults(), path).toEqual([]);
        expect(await opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path).toBe(true);
        await opened.screenshot(`${name.replaceAll(" ", "-")}-${/\w+/.exec(path)?.[0] ?? "overview"}`);
      }
      const colour = await opened.page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(colour).toBe(look.theme === "dark" ? "rgb(14, 19, 24)" : "rgb(244, 246, 248)");
    });
  });

  test("ends with its server, without a complaint of it", () => {
    expect(server.troubles().filter(({ msg }) => !msg.startsWith("left out"))).toEqual([]);
  });
});
