import { serviceKey } from "../../../consul/registry/model.js";
import { json, refusal } from "../answers.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest, Reading } from "../endpoint.js";
import type { ConsulBoard } from "./board.js";
import type { BoardNode } from "./content.js";
import { arrayOf, foundOf, mapped, readingOf } from "./lists.js";
import { isOnNode, isSelected, type Selection, selectionIn } from "./selection.js";
import { catalogForm, nodeForm, serviceForm } from "./shapes.js";

/** What the endpoints of the catalogue need. */
export interface CatalogParts {
  readonly board: ConsulBoard;
  /** The name of the datacenter. */
  readonly datacenter: () => string;
}

type Get = (request: ConsulRequest) => Reading | ConsulAnswer;

/** `/v1/catalog/…`: what there is, without checks. */
export function catalogEndpoints(parts: CatalogParts): readonly ConsulEndpoint[] {
  const { board, datacenter } = parts;
  return [
    { path: "/v1/catalog/datacenters", GET: () => json([datacenter()]) },
    { path: "/v1/catalog/services", GET: (request) => selecting(request, (selection) => services(board, selection)) },
    {
      path: "/v1/catalog/service/",
      GET: (request) =>
        request.rest === ""
          ? refusal(400, "Missing service name")
          : selecting(request, (selection) => service(parts, request.rest, selection)),
    },
    { path: "/v1/catalog/nodes", GET: (request) => selecting(request, (selection) => nodes(parts, selection)) },
    { path: "/v1/catalog/node/", GET: nodeGet(parts, "map") },
    { path: "/v1/catalog/node-services/", GET: nodeGet(parts, "list") },
  ];
}

/** Calls `read` with what the request selects, unless that is refused. */
export function selecting(
  request: ConsulRequest,
  read: (selection: Selection) => Reading | ConsulAnswer,
): Reading | ConsulAnswer {
  const selection = selectionIn(request);
  return "status" in selection ? selection : read(selection);
}

function services(board: ConsulBoard, selection: Selection): Reading {
  const { nodeMeta, key } = selection;
  const isWhole = nodeMeta.length === 0;
  return readingOf(board, {
    topic: { kind: isWhole ? "services" : "catalog" },
    key,
    size: () => 0,
    chunks: () => [listText(isWhole ? listing(board) : listingOn(board, selection))],
  });
}

type Tags = ReadonlyMap<string, Iterable<string>>;

function listing(board: ConsulBoard): Tags {
  return new Map([...board.services].flatMap(({ listing }) => listing));
}

/** Of the instances on some nodes. */
function listingOn(board: ConsulBoard, selection: Selection): Tags {
  const names = new Map<string, Set<string>>();
  for (const { state, instances } of board.nodes) {
    if (!isOnNode(selection, state.node)) continue;
    for (const { row } of foundOf(board, [...instances.values()])) {
      const tags = names.get(row.name) ?? new Set();
      names.set(row.name, tags);
      for (const tag of row.tags) tags.add(tag);
    }
  }
  return names;
}

/** By hand: an object of JavaScript sorts names that are numbers before all others, and knows some names itself. */
function listText(names: Tags): string {
  const sorted = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, tags]) => `${JSON.stringify(name)}:${JSON.stringify([...tags])}`).join(",")}}`;
}

function service({ board, datacenter }: CatalogParts, name: string, selection: Selection): Reading {
  const key = serviceKey(name);
  const instances = () => board.instancesOf(key);
  return readingOf(board, {
    topic: { kind: "service", key },
    key: selection.key,
    size: () => (selection.filter ? 0 : instances().length),
    chunks: () => {
      const all = foundOf(board, instances());
      const forms = mapped(all, (one) => (isSelected(selection, one) ? catalogForm(one, datacenter()) : undefined));
      return arrayOf(forms, selection);
    },
  });
}

function nodes({ board, datacenter }: CatalogParts, selection: Selection): Reading {
  return readingOf(board, {
    topic: { kind: "nodes" },
    key: selection.key,
    size: () => 0,
    chunks: () => {
      const wanted = board.nodes.map(({ state }) => state.node).filter((node) => isOnNode(selection, node));
      return arrayOf(
        mapped(wanted, (node) => nodeForm(node, datacenter())),
        selection,
      );
    },
  });
}

/** @param as how the node's services are shown: by their ids, or as a list */
function nodeGet({ board, datacenter }: CatalogParts, as: "map" | "list"): Get {
  return (request) => {
    const { rest: name } = request;
    if (name === "") return refusal(400, "Missing node name");
    return selecting(request, (selection) =>
      readingOf(board, {
        topic: { kind: "node", name },
        key: `${as} ${selection.key}`,
        size: () => 0,
        chunks: () => {
          const node = board.node(name);
          return [node ? nodeText(board, node, { as, selection, datacenter: datacenter() }) : "null"];
        },
      }),
    );
  };
}

interface NodeLook {
  readonly as: "map" | "list";
  readonly selection: Selection;
  readonly datacenter: string;
}

function nodeText(
  board: ConsulBoard,
  { state, instances }: BoardNode,
  { as, selection, datacenter }: NodeLook,
): string {
  const sorted = [...instances.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { filter } = selection;
  const isWanted = (form: object) => !filter || filter(form);
  const forms = [...mapped(foundOf(board, sorted), serviceForm)].filter(isWanted);
  const Node = JSON.stringify(nodeForm(state.node, datacenter));
  const list = forms
    .map((form) => (as === "map" ? `${JSON.stringify(form.ID)}:` : "") + JSON.stringify(form))
    .join(",");
  return `{"Node":${Node},"Services":${as === "map" ? `{${list}}` : `[${list}]`}}`;
}
