/** What runs in the demonstration cluster. Addresses are from RFC 5737 and RFC 3849: nobody's. */

export interface DemoAgent {
  /** Mesos id; what follows its last `-` ends the canonical names of its tasks. */
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
}

export interface DemoPort {
  readonly number: number;
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  /** The virtual address that leads to it, as a label has it. */
  readonly vip?: string;
}

export interface DemoApp {
  readonly framework: FrameworkName;
  readonly name: string;
  /** Fewest and most instances at any time. */
  readonly instances: readonly [min: number, max: number];
  /** Ports of the agent that each instance takes. */
  readonly hostPorts: number;
  /** Its instances are there: this process answers for them, at addresses of this machine. */
  readonly isReal?: boolean;
  /** With it, an instance has addresses of its own and publishes these ports under this name. */
  readonly discovery?: { readonly name: string; readonly ports: readonly DemoPort[] };
}

export type FrameworkName = "marathon" | "chronos";

export interface DemoFramework {
  readonly id: string;
  readonly name: FrameworkName;
  /** Where the scheduler is; one that speaks HTTP has no libprocess pid. */
  readonly pid?: string;
  readonly hostname: string;
}

const CLUSTER_ID = "5d7c2a14-0e1b-4c55-9f0a-3c6b7d9e8f21";

export const AGENTS: readonly DemoAgent[] = [11, 12, 13, 14].map((last, index) => ({
  id: `${CLUSTER_ID}-S${index}`,
  hostname: `agent${index}.example.com`,
  address: `192.0.2.${last}`,
}));

export const FRAMEWORKS: readonly DemoFramework[] = [
  {
    id: `${CLUSTER_ID}-0000`,
    name: "marathon",
    pid: "scheduler-7b1f@198.51.100.10:15101",
    hostname: "marathon.example.com",
  },
  { id: `${CLUSTER_ID}-0001`, name: "chronos", hostname: "198.51.100.11" },
];

/** Apps with at least one instance at any time are the ones that the printed commands ask for. */
export const APPS: readonly DemoApp[] = [
  { framework: "marathon", name: "web", instances: [3, 5], hostPorts: 1 },
  {
    framework: "marathon",
    name: "api.shop",
    instances: [2, 4],
    hostPorts: 0,
    discovery: {
      name: "api",
      ports: [
        { number: 8080, name: "http", protocol: "tcp" },
        { number: 9090, name: "grpc", protocol: "tcp" },
      ],
    },
  },
  {
    framework: "marathon",
    name: "cache",
    instances: [1, 2],
    hostPorts: 1,
    discovery: { name: "cache", ports: [{ number: 6379, name: "redis", protocol: "tcp" }] },
  },
  {
    framework: "marathon",
    name: "hello",
    instances: [2, 3],
    hostPorts: 0,
    isReal: true,
    discovery: { name: "hello", ports: [{ number: 8080, name: "http", protocol: "tcp", vip: "/hello:8080" }] },
  },
  { framework: "chronos", name: "ingest", instances: [1, 1], hostPorts: 1 },
  { framework: "chronos", name: "report", instances: [0, 1], hostPorts: 0 },
  { framework: "chronos", name: "backup", instances: [0, 2], hostPorts: 0 },
];
