import { type ConsulNode, serviceKey } from "../../../consul/registry/model.js";
import type { InstanceText } from "../../../consul/registry/pieces.js";
import { refusal } from "../answers.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest, Reading } from "../endpoint.js";
import type { ConsulBoard, ConsulTopic } from "./board.js";
import { type CatalogParts, selecting } from "./catalog-endpoints.js";
import { arrayOf, foundOf, mapped, readingOf } from "./lists.js";
import { isOnNode, isSelected, type Selection } from "./selection.js";
import { checkForm, type Found, found, healthForm, nodeCheckForm, status } from "./shapes.js";

/** `/v1/health/…`: what there is, with its checks. */
export function healthEndpoints(parts: CatalogParts): readonly ConsulEndpoint[] {
  const { board } = parts;
  return [
    {
      path: "/v1/health/service/",
      GET: (request) =>
        request.rest === ""
          ? refusal(400, "Missing service name")
          : selecting(request, (selection) => service(parts, request, selection)),
    },
    {
      path: "/v1/health/checks/",
      GET: (request) =>
        request.rest === ""
          ? refusal(400, "Missing service name")
          : selecting(request, (selection) => checksOfService(board, request.rest, selection)),
    },
    {
      path: "/v1/health/node/",
      GET: (request) =>
        request.rest === ""
          ? refusal(400, "Missing node name")
          : selecting(request, (selection) => checksOfNode(board, request.rest, selection)),
    },
    {
      path: "/v1/health/state/",
      GET: (request) =>
        request.rest === ""
          ? refusal(400, "Missing check state")
          : selecting(request, (selection) => checksIn(board, request.rest, selection)),
    },
  ];
}

const YES: ReadonlySet<string> = new Set(["", "1", "t", "T", "true", "TRUE", "True"]);
const NO: ReadonlySet<string> = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** Whether all checks have to pass, as Go reads it; `undefined` if the parameter is neither. */
function passingIn({ query }: ConsulRequest): boolean | undefined {
  const written = query.get("passing");
  if (written === null || NO.has(written)) return false;
  return YES.has(written) ? true : undefined;
}

function service(
  { board, datacenter }: CatalogParts,
  request: ConsulRequest,
  selection: Selection,
): Reading | ConsulAnswer {
  const key = serviceKey(request.rest);
  const topic: ConsulTopic = { kind: "health", key };
  const passing = passingIn(request);
  if (passing === undefined) return refusal(400, "Invalid value for ?passing", Math.max(1, board.indexOf(topic)));
  const instances = () => board.instancesOf(key);
  const isWanted = (one: Found) =>
    isSelected(selection, one) && !(passing && !(one.instance.isPassing && one.node.isPassing));
  return readingOf(board, {
    topic,
    key: `${passing ? "passing" : "all"} ${selection.key}`,
    size: () => (selection.filter ? 0 : instances().length),
    chunks: () => {
      const all = foundOf(board, instances());
      return arrayOf(
        mapped(all, (one) => (isWanted(one) ? healthForm(one, datacenter()) : undefined)),
        selection,
      );
    },
  });
}

function checksOfService(board: ConsulBoard, name: string, selection: Selection): Reading {
  const key = serviceKey(name);
  const instances = () => board.instancesOf(key);
  return readingOf(board, {
    topic: { kind: "health", key },
    key: `checks ${selection.key}`,
    size: () => (selection.filter ? 0 : instances().length),
    chunks: () => {
      const all = foundOf(board, instances());
      return arrayOf(
        mapped(all, (one) => (isOnNode(selection, one.node) ? checkForm(one) : undefined)),
        selection,
      );
    },
  });
}

function checksOfNode(board: ConsulBoard, name: string, selection: Selection): Reading {
  return readingOf(board, {
    topic: { kind: "nodeHealth", name },
    key: selection.key,
    size: () => 0,
    chunks: () => arrayOf(checksOn(board, name), selection),
  });
}

function* checksOn(board: ConsulBoard, name: string): Generator<object> {
  const node = board.node(name);
  if (!node) return;
  yield nodeCheckForm(node.state.node);
  const sorted = [...node.instances.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  yield* mapped(foundOf(board, sorted), checkForm);
}

/** @param state "any", "passing", "warning" or "critical"; nothing is in another one */
function checksIn(board: ConsulBoard, state: string, selection: Selection): Reading {
  const isIn = (isPassing: boolean) => state === "any" || state === status(isPassing);
  return readingOf(board, {
    topic: { kind: "checks" },
    key: `${state} ${selection.key}`,
    size: () => (selection.filter || state === "warning" ? 0 : (board.counts?.instances ?? 0)),
    chunks: () => {
      const nodes = board.nodes.filter(({ state: { node } }) => isOnNode(selection, node));
      const parts = nodes.map(({ state: { node }, instances }) => {
        return { node, instances: [...instances.values()].filter(({ isPassing }) => isIn(isPassing)) };
      });
      return arrayOf(checksAmong(parts, isIn), selection);
    },
  });
}

interface NodePart {
  readonly node: ConsulNode;
  readonly instances: InstanceText[];
}

/** Sorts those of a node when it comes to them: all at once would take long. */
function* checksAmong(parts: readonly NodePart[], isIn: (isPassing: boolean) => boolean): Generator<object> {
  for (const { node, instances } of parts) {
    if (isIn(node.isPassing)) yield nodeCheckForm(node);
    instances.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const instance of instances) yield checkForm(found(instance, node));
  }
}
