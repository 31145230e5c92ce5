import { expect, test } from "vitest";
import type { ZoneConfig } from "../../../../src/config/config.js";
import type { Task } from "../../../../src/sources/mesos/cluster.js";
import { startsOfService } from "../../../../src/views/mesos-dns/service-starts.js";
import { domainRecords } from "../../../../src/views/mesos-dns/view.js";
import { configOf } from "../../config/support.js";
import { factsOf, framework, linesInto, task } from "./support.js";

function published(tasks: readonly Task[], values: Partial<ZoneConfig> = {}) {
  const facts = factsOf([
    framework({ tasks: [...tasks] }),
    framework({ id: "f2", name: "chronos", tasks: [...tasks] }),
  ]);
  return { facts, config: configOf(values), omitsStandby: () => false };
}

const discovered = (name: string) => task({ name: "other", discovery: { name, ports: [] } });

test.each(["web", "a/b", "x".repeat(70), "ümlaut", "<script>", "_web", "%zz", "v".repeat(5_000), "日本"])(
  "the shared names of %j begin as it says, whether the name is discovered or not",
  (name) => {
    for (const each of [task({ name, ports: [[80, 80]] }), discovered(name)]) {
      const cluster = published([each]);
      const lines = new Set<string>();
      domainRecords(cluster.facts, cluster.config, linesInto(lines)).task(framework(), each);
      const starts = startsOfService(cluster, "marathon", name);
      const canonical = /^[^.]*-[a-z0-9]{5}-s1\./;
      const shared = [...lines].map((line) => line.split(" ")[0]).filter((each) => !canonical.test(each));
      for (const each of shared)
        expect(
          starts.some((start) => each.startsWith(start)),
          each,
        ).toBe(true);
    }
  },
);

test("a service that is discovered under another name has both spellings", () => {
  const both = published([discovered("My.Web"), task({ name: "My.Web" })]);
  expect(startsOfService(both, "marathon", "My.Web")).toEqual(["my-web.", "_my-web.", "my.web.", "_my.web."]);
});

test("the names of a service in other zones follow RFC 1123, whatever those of the domain do", () => {
  const cluster = published([task({ name: "1web" })], { enforceRFC952: true });
  expect(startsOfService(cluster, "marathon", "1web")).toEqual(["web.", "_web.", "1web."]);
});

test("what has no tasks has no names", () => {
  const cluster = published([task({ name: "web" })]);
  expect(startsOfService(cluster, "marathon", "nobody")).toEqual([]);
  expect(startsOfService(cluster, "nobody", "web")).toEqual([]);
});
