import { describe, expect, it } from "vitest";
import { answersIn, sessionOf } from "../../../../src/haproxy/socket.js";
import {
  commandsFor,
  failureIn,
  faultOf,
  isBusy,
  isOver,
  type RuntimeStep,
} from "../../../../src/vip-node/haproxy/commands.js";
import type { Service, Target } from "../../../../src/vip-node/model.js";
import type { Step } from "../../../../src/vip-node/plan.js";

const service: Service = { name: "web", protocol: "tcp", address: "192.0.2.1", port: 80, targets: [] };
const target: Target = { ip: "2001:db8::1", port: 8080, weight: 3 };
const SERVER = "tcp:192.0.2.1:80/2001:db8::1:8080";

const CASES: readonly [step: RuntimeStep, commands: readonly string[]][] = [
  [{ kind: "open", service }, ["enable frontend tcp:192.0.2.1:80:in"]],
  [{ kind: "close", service }, ["disable frontend tcp:192.0.2.1:80:in"]],
  [
    { kind: "add-target", service, target },
    [`add server ${SERVER} [2001:db8::1]:8080 weight 3`, `enable server ${SERVER}`],
  ],
  [{ kind: "set-weight", service, target }, [`set server ${SERVER} weight 3`, `set server ${SERVER} state ready`]],
  [{ kind: "retire-target", service, target }, [`set server ${SERVER} state maint`]],
  [
    { kind: "delete-target", service, target },
    [`set server ${SERVER} state maint`, `shutdown sessions server ${SERVER}`, `del server ${SERVER}`],
  ],
];

describe("a step", () => {
  it.each(CASES)("%j becomes the commands for it alone", (step, commands) => {
    expect(commandsFor(step)).toEqual(commands);
  });

  it.each<[Step, string]>([
    [{ kind: "open", service: { ...service, protocol: "udp" } }, "does not carry udp"],
    [{ kind: "open", service: { ...service, address: "192.0.2.1\nshow env" } }, "is no address"],
    [{ kind: "open", service: { ...service, port: 0 } }, "is no address"],
    [{ kind: "set-weight", service, target: { ...target, ip: "x; show env" } }, "is no target"],
    [{ kind: "set-weight", service, target: { ...target, weight: 257 } }, "is no target"],
    [{ kind: "add-service", service: { ...service, targets: [{ ...target, port: 1.5 }] } }, "is no target"],
  ])("%j is not said to HAProxy", (step, why) => {
    expect(faultOf(step)).toContain(why);
  });
});

describe("a session", () => {
  it("asks one command a line and tells the answers apart, however they end", () => {
    expect(sessionOf(["a", "b"])).toBe("prompt\na\nb\nquit\n");
    // As HAProxy 2.6 says it.
    const output = "\n> \n> No such backend.\n\n> No such server.\n> New server registered.\n\n> ";
    const answers = answersIn(output, 4) ?? [];
    expect(answers.map(failureIn)).toEqual([undefined, "No such backend.", "No such server.", undefined]);
  });

  it("that ends before its last answer has none", () => {
    expect(answersIn("\n> \n> No such ba", 2)).toBeUndefined();
    expect(answersIn("", 1)).toBeUndefined();
  });
});

it.each(["", "\n", "Server deleted.\n", "New server registered.\n\n", "All sockets are already enabled.\n"])(
  "%j says that a command was done",
  (answer) => expect(failureIn(answer)).toBeUndefined(),
);

it("a server whose connections are being cut is asked for again", () => {
  expect(isBusy("Server still has connections attached to it, cannot remove it.\n")).toBe(true);
  expect(isBusy("No such server.\n")).toBe(false);
});

it("a target that is not there any more has been taken away, and cannot be given another weight", () => {
  const isDone = (kind: "retire-target" | "delete-target" | "set-weight", answer: string) =>
    isOver({ kind, service, target }, answer);
  expect(isDone("retire-target", "No such server.")).toBe(true);
  expect(isDone("delete-target", "No such backend.")).toBe(true);
  expect(isDone("delete-target", "Permission denied")).toBe(false);
  expect(isDone("set-weight", "No such server.")).toBe(false);
});
