import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileRules } from "../../../../../src/lb/bamboo/rules/file-store.js";
import { readRule } from "../../../../../src/lb/bamboo/rules/rule.js";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "mesos-dns-rules-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const acls = (store: FileRules) => [...store.rules()].map(([id, { acl }]) => `${id}: ${acl}`);

test("rules are there again after they have been stored, in a folder that was not there", async () => {
  const path = join(folder(), "lb", "rules.json");
  const store = await FileRules.open(path, files);
  expect(acls(store)).toEqual([]);
  await Promise.all([
    store.put({ id: "/b", acl: "path_beg /b", config: new Map([["__proto__", "x"]]) }),
    store.put(readRule("/a", "path_beg /a")),
    store.put(readRule("/c", "path_beg /c")),
    store.remove("/c"),
  ]);
  const again = await FileRules.open(path, files);
  expect(acls(again)).toEqual(["/a: path_beg /a", "/b: path_beg /b"]);
  expect(again.rules()).toEqual(new Map([...store.rules()].sort()));
  expect(again.rules().get("/b")?.config?.get("__proto__")).toBe("x");
  expect(readdirSync(join(path, ".."))).toEqual(["rules.json"]);
});

test("what is not there cannot be removed", async () => {
  const store = await FileRules.open(join(folder(), "rules.json"), files);
  expect(await store.remove("/a")).toBe(false);
});

test("a change is told of after it is there", async () => {
  const store = await FileRules.open(join(folder(), "rules.json"), files);
  const told: string[][] = [];
  const end = store.onChange(() => told.push(acls(store)));
  await store.put(readRule("/a", "path_beg /a"));
  await store.remove("/none");
  await store.remove("/a");
  end();
  await store.put(readRule("/a", "path_beg /a"));
  expect(told).toEqual([["/a: path_beg /a"], []]);
});

test.each([
  ["cut off", (text: string) => text.slice(0, -20), "is no JSON"],
  [
    "changed in one character",
    (text: string) => text.replace("path_beg /a", "path_beg /b"),
    "its checksum is another one",
  ],
  ["something else", () => "{}", "is not one of this program"],
  ["empty", () => "", "is no JSON"],
])("a file that is %s is not taken, and rules stay as they were", async (_, damage, message) => {
  const path = join(folder(), "rules.json");
  const store = await FileRules.open(path, files);
  await store.put(readRule("/a", "path_beg /a"));
  const good = readFileSync(path, "utf8");
  writeFileSync(path, damage(good));
  const error = { code: "LB_RULES_DAMAGED", message: expect.stringContaining(message) };
  await expect(FileRules.open(path, files)).rejects.toMatchObject(error);
  await expect(store.read()).rejects.toMatchObject(error);
  expect(store.failure).toMatchObject(error);
  expect(acls(store)).toEqual(["/a: path_beg /a"]);
  await expect(store.put(readRule("/b", "x"))).rejects.toMatchObject({ code: "LB_RULES_UNWRITABLE" });
  expect(readFileSync(path, "utf8")).toBe(damage(good));
  writeFileSync(path, good);
  await store.read();
  await store.put(readRule("/b", "path_beg /b"));
  expect(acls(store)).toEqual(["/a: path_beg /a", "/b: path_beg /b"]);
});

test("a write that fails says why, and changes nothing", async () => {
  const store = await FileRules.open(join(folder(), "rules.json"), {
    ...files,
    rename: () => Promise.reject(new Error("no space left")),
  });
  await expect(store.put(readRule("/a", "x"))).rejects.toMatchObject({
    code: "LB_RULES_UNWRITABLE",
    message: "the rule is not stored: no space left",
  });
  expect(acls(store)).toEqual([]);
});

test("a folder in the file's place is told as such", async () => {
  await expect(FileRules.open(folder(), files)).rejects.toMatchObject({ code: "LB_RULES_UNREADABLE" });
});
