import { mkdtempSync, rmSync } from "node:fs";
import files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { TrustedProxies } from "../../src/http/client-address.js";
import { createBambooApi } from "../../src/http/lb/bamboo.js";
import { startHttp } from "../../src/http/server.js";
import { FileRules } from "../../src/lb/bamboo/rules/file-store.js";
import { readRule } from "../../src/lb/bamboo/rules/rule.js";
import { readApps } from "../../src/sources/marathon/read-apps.js";
import { Chromium, hasChromium } from "../support/chromium.js";
import { until } from "../support/wait.js";

/** The page to edit rules, in a browser. */

const HOSTILE = `<img src=x onerror="document.title='owned'">`;

async function open({ token = "" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const rules = await FileRules.open(join(folder, "rules.json"), files);
  await rules.put(readRule("/gone", "path_beg /gone"));
  await rules.put(readRule("/shop", HOSTILE));
  const task = (n: number) => ({ id: `t.${n}`, host: "192.0.2.1", ports: [31_000 + n], state: "TASK_RUNNING" });
  const { apps } = readApps({
    apps: [
      { id: "/shop", tasks: [task(1), task(2)] },
      { id: "/blog", tasks: [task(3)] },
    ],
  });
  const api = createBambooApi({
    rules,
    apps: () => apps,
    token: () => token,
    proxies: () => new TrustedProxies([]),
    check: async ({ acl }) => (acl === "nonsense" ? "unknown fetch method 'nonsense'" : undefined),
    look: () => {},
    now: Date.now,
    log: { error: () => {} },
  });
  const server = await startHttp({ api, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const origin = `http://127.0.0.1:${server.port}`;
  const browser = await Chromium.open(`${origin}/`);
  onTestFinished(() => browser.close());
  const rows = () =>
    browser.value(
      `[...document.querySelectorAll("#rows tr")].map((row) => [...row.cells].map((cell) => cell.textContent))`,
    );
  await until("rows", async () => (await browser.value(`document.querySelectorAll("#rows tr").length`)) === 3);
  /** Goes on with the Tab key to what is called so. */
  const goTo = async (name: string) => {
    const focused = `(({ ariaLabel, textContent, id }) => [ariaLabel, textContent, id])(document.activeElement).join("|")`;
    for (let steps = 0; steps < 40; steps++) {
      if (
        String(await browser.value(focused))
          .split("|")
          .includes(name)
      )
        return;
      await browser.press("Tab");
    }
    throw new Error(`the Tab key does not lead to ${name}`);
  };
  const fault = () => browser.value(`document.getElementById("fault").textContent`);
  return { rules, browser, rows, goTo, fault, origin };
}

const acls = (rules: FileRules) => Object.fromEntries([...rules.rules()].map(([id, { acl }]) => [id, acl]));

describe.skipIf(!hasChromium)(`the page${hasChromium ? "" : " (left out: there is no chromium)"}`, () => {
  test("shows what needs somebody first, and names as text", async () => {
    const { browser, rows, origin } = await open();
    expect(await rows()).toEqual([
      ["/gone", "path_beg /gone Missing app in Marathon", "", "Delete"],
      ["/blog", "Using default proxy rule", "1", "Add"],
      ["/shop", HOSTILE, "2", "Edit Delete"],
    ]);
    expect(await browser.value("[document.title, document.images.length]")).toEqual(["Rules", 0]);
    expect(browser.complaints).toEqual([]);
    expect(new Set(browser.asked.map((url) => new URL(url).origin))).toEqual(new Set([origin]));
  });

  test("adds, changes and deletes rules by the keyboard", async () => {
    const { rules, browser, goTo, fault, rows } = await open();
    await goTo("Add the rule of /blog");
    await browser.press("Enter");
    await goTo("acl");
    await browser.type("nonsense");
    await browser.press("Enter");
    await until("HAProxy's words", async () => (await fault()) === "unknown fetch method 'nonsense'");
    await browser.value(`document.getElementById("acl").value = ""`);
    await browser.type("path_beg /blog");
    await browser.press("Enter");
    await until("the rule", () => acls(rules)["/blog"] === "path_beg /blog");
    await until("its row", async () => JSON.stringify(await rows()).includes('"path_beg /blog"'));
    await goTo("Delete the rule of /gone");
    await browser.press("Enter");
    await goTo("save");
    await browser.press("Enter");
    await until("its end", () => acls(rules)["/gone"] === undefined);
    expect(browser.complaints).toEqual([]);
  });

  test("says that a rule takes another app's requests, and stores it if that is meant", async () => {
    const { rules, browser, goTo, fault } = await open();
    await goTo("Add the rule of /blog");
    await browser.press("Enter");
    await goTo("acl");
    await browser.type("path_beg /");
    await browser.press("Enter");
    await until("the refusal", async () => String(await fault()).includes("it would take every request"));
    expect(acls(rules)["/blog"]).toBeUndefined();
    await goTo("force");
    await browser.press("Enter");
    await until("the rule", () => acls(rules)["/blog"] === "path_beg /");
  });

  test("says who gets a request, and which rules overlap", async () => {
    const { rules, browser, goTo, rows } = await open();
    await rules.put(readRule("/blog", "path_beg /gone/by"));
    await goTo("reload");
    await browser.press("Enter");
    await until("the overlap", async () =>
      JSON.stringify(await rows()).includes("Overlap: the rule of /gone takes every request"),
    );
    await goTo("path");
    await browser.value(`document.getElementById("path").value = ""`);
    await browser.type("/gone/x");
    await browser.press("Enter");
    const told = () => browser.value(`document.getElementById("route").textContent`);
    await until("the answer", async () => (await told()) === "/gone");
    expect(browser.complaints).toEqual([]);
  });

  test("asks for the token where one is needed", async () => {
    const { rules, browser, goTo, fault } = await open({ token: "letters" });
    await goTo("Delete the rule of /gone");
    await browser.press("Enter");
    await goTo("save");
    await browser.press("Enter");
    await until("the refusal", async () => String(await fault()).includes("a token is needed"));
    await goTo("token");
    await browser.type("letters");
    await browser.press("Enter");
    await until("its end", () => acls(rules)["/gone"] === undefined);
  });
});
