import { createRandom } from "../../src/base/random.js";
import type { Json } from "./json.js";
import { agent, cluster, framework, type TaskOptions, task } from "./scripted-master.js";

/** A cluster of a few hundred tasks that has every kind of name, and record sets of every size that matters. */

const AGENTS = 16;
const FRAMEWORKS = ["marathon", "chronos.prod", "Spark-2.4_x", "a.b.c", "x".repeat(70)];
const PORTS = [31_000, 31_001, 31_002, 8080];
const DISCOVERY_PORTS = [
  { number: 8080, name: "http", protocol: "tcp" },
  { number: 9000 },
  { number: 53, name: "dns", protocol: "udp" },
];
/** Names that nobody would give a host, and some that just fit. */
const ODD_NAMES = [
  "two words",
  "dots.in.the.name",
  "UPPER.Case",
  "ünïcödé",
  'quo"te;semi\\back',
  "l".repeat(63),
  ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(30)].join("."),
  "_tcp",
  "_under.score_",
  "4you",
];
/** Addresses of one name around 512 and 1232 octets, with and without EDNS. */
const SET_SIZES = [1, 2, 26, 27, 28, 29, 30, 31, 70, 71, 72, 73, 74, 75, 76, 250];
/** Ports of one name around the same limits; their targets are longer and have glue. */
const PORT_COUNTS = [3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19, 20, 22];

export function motleyCluster(seed: number): Json {
  const random = createRandom(seed);
  const tasks = [...ordinaryTasks(random), ...oddTasks(), ...largeSets()];
  return cluster({
    agents: Array.from({ length: AGENTS }, (_, i) => agentOf(i)),
    frameworks: FRAMEWORKS.map((name, i) =>
      framework(name, {
        pid: i % 2 === 0 ? `scheduler@192.0.2.${100 + i}:15101` : `scheduler@[2001:db8::${100 + i}]:15101`,
        tasks: tasks.filter((_, t) => t % FRAMEWORKS.length === i),
      }),
    ),
  });
}

/** Three of four have IPv4; two share a label. */
function agentOf(i: number): Json {
  const ip = i % 4 === 3 ? `2001:db8:1::${i}` : `192.0.2.${10 + i}`;
  return agent(`S${i}`, { ip, hostname: i < 2 ? "rack-1.twin" : `node_${i}.rack.example.com` });
}

function ordinaryTasks(random: () => number): Json[] {
  return Array.from({ length: 250 }, (_, i) => {
    const options: TaskOptions = {
      id: `task.${i}`,
      agent: `S${random() % AGENTS}`,
      ports: PORTS.slice(0, random() % (PORTS.length + 1)),
      ip: [[], [`203.0.113.${i}`], [`2001:db8:2::${i}`], [`203.0.113.${i}`, `2001:db8:2::${i}`]][random() % 4],
    };
    const name = `app-${random() % 90}`;
    if (random() % 3 > 0) return task(name, options);
    return task(name, { ...options, discovery: { name, ports: DISCOVERY_PORTS.slice(0, random() % 4) } });
  });
}

/** Each by its own name and as a discovery name. */
function oddTasks(): Json[] {
  return ODD_NAMES.flatMap((name, i) => {
    const place = { agent: `S${i}`, ports: [31_000 + i], ip: `198.51.100.${i}` };
    const discovery = { name, ports: DISCOVERY_PORTS };
    return [task(name, { ...place, id: `odd.${i}` }), task("odd", { ...place, id: `found.${i}`, discovery })];
  });
}

function largeSets(): Json[] {
  const address = (i: number) => `198.18.${i >>> 8}.${i & 255}`;
  const addresses = SET_SIZES.map((size) =>
    task(`set${size}`, { agent: "S0", ip: Array.from({ length: size }, (_, i) => address(i)) }),
  );
  const ports = PORT_COUNTS.map((count) =>
    task(`ports${count}`, { agent: "S1", ports: Array.from({ length: count }, (_, i) => 31_000 + i) }),
  );
  // The same name in all frameworks, on all agents: many targets, each with an address.
  const fleet = Array.from({ length: 100 }, (_, i) =>
    task("fleet", { id: `fleet.${i}`, agent: `S${i % AGENTS}`, ports: [31_000 + i], ip: address(1000 + i) }),
  );
  return [...addresses, ...ports, ...fleet];
}
