import type { ConsulNode, MetaPair } from "../../../consul/registry/model.js";
import type { InstanceText } from "../../../consul/registry/pieces.js";
import { type Row, readRow } from "../../../consul/registry/row.js";

/** The JSON forms of Consul's API. */

/** An instance and what is known of where it is. */
export interface Found {
  readonly instance: InstanceText;
  readonly row: Row;
  readonly node: ConsulNode;
}

export function found(instance: InstanceText, node: ConsulNode): Found {
  return { instance, row: readRow(instance.row), node };
}

/** The id of a node's own check, which clients look for. */
const NODE_CHECK = "serfHealth";

export function status(isPassing: boolean): "passing" | "critical" {
  return isPassing ? "passing" : "critical";
}

export function nodeForm(node: ConsulNode, datacenter: string) {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: datacenter,
    TaggedAddresses: taggedAddresses(node),
    Meta: metaForm(node.meta),
    CreateIndex: node.indexes.created,
    ModifyIndex: node.indexes.modified,
  };
}

/** As in `/v1/catalog/service/…`. */
export function catalogForm({ instance, row, node }: Found, datacenter: string) {
  const { ID, Node, Address, Datacenter, TaggedAddresses, Meta } = nodeForm(node, datacenter);
  return {
    ID,
    Node,
    Address,
    Datacenter,
    TaggedAddresses,
    NodeMeta: Meta,
    ServiceKind: "",
    ServiceID: instance.id,
    ServiceName: row.name,
    ServiceTags: row.tags,
    ServiceAddress: row.address,
    ServiceTaggedAddresses: servicePlaces(row),
    ServiceWeights: WEIGHTS,
    ServiceMeta: metaForm(row.meta),
    ServicePort: row.port,
    ServiceSocketPath: "",
    ServiceEnableTagOverride: false,
    ServiceProxy: PROXY,
    ServiceConnect: {},
    CreateIndex: instance.created,
    ModifyIndex: instance.modified,
  };
}

/** As on a node, and in `/v1/health/service/…`. */
export function serviceForm({ instance, row }: Found) {
  return {
    ID: instance.id,
    Service: row.name,
    Tags: row.tags,
    Address: row.address,
    TaggedAddresses: servicePlaces(row),
    Meta: metaForm(row.meta),
    Port: row.port,
    Weights: WEIGHTS,
    EnableTagOverride: false,
    Proxy: PROXY,
    Connect: {},
    CreateIndex: instance.created,
    ModifyIndex: instance.modified,
  };
}

export function healthForm(one: Found, datacenter: string) {
  const Checks = [nodeCheckForm(one.node), checkForm(one)];
  return { Node: nodeForm(one.node, datacenter), Service: serviceForm(one), Checks };
}

export function checkForm({ instance, row, node }: Found) {
  return {
    Node: node.name,
    CheckID: `service:${instance.id}`,
    Name: "Mesos task",
    Status: status(instance.isPassing),
    Notes: "",
    Output: instance.isPassing ? "" : "The task's health checks fail",
    ServiceID: instance.id,
    ServiceName: row.name,
    ServiceTags: row.tags,
    Type: "",
    Definition: {},
    CreateIndex: instance.created,
    ModifyIndex: instance.checked,
  };
}

export function nodeCheckForm({ name, isPassing, indexes }: ConsulNode) {
  return {
    Node: name,
    CheckID: NODE_CHECK,
    Name: "Serf Health Status",
    Status: status(isPassing),
    Notes: "",
    Output: isPassing ? "Agent alive and reachable" : "Agent deactivated",
    ServiceID: "",
    ServiceName: "",
    ServiceTags: [],
    Type: "",
    Definition: {},
    CreateIndex: indexes.created,
    ModifyIndex: indexes.checked,
  };
}

const WEIGHTS = { Passing: 1, Warning: 1 };
const PROXY = { MeshGateway: {}, Expose: {} };

function metaForm(meta: readonly MetaPair[]): Readonly<Record<string, string>> {
  return Object.fromEntries(meta);
}

function taggedAddresses({ address, ipv4, ipv6 }: ConsulNode) {
  return {
    lan: address,
    ...(ipv4 !== undefined && { lan_ipv4: ipv4 }),
    ...(ipv6 !== undefined && { lan_ipv6: ipv6 }),
    wan: address,
    ...(ipv4 !== undefined && { wan_ipv4: ipv4 }),
    ...(ipv6 !== undefined && { wan_ipv6: ipv6 }),
  };
}

function servicePlaces({ ipv4, ipv6, port }: Row) {
  return {
    ...(ipv4 !== undefined && { lan_ipv4: { Address: ipv4, Port: port } }),
    ...(ipv6 !== undefined && { lan_ipv6: { Address: ipv6, Port: port } }),
  };
}
