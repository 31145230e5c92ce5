import { instanceText, isWell, nodeText } from "./instance.js";
import type { CatalogChange, CatalogCounts, Service, ServiceKey } from "./model.js";

/** Characters of JSON text that are made, sent and taken at a time: a millisecond or less of anybody's. */
export const PIECE_CHARS = 128 * 1024;

/** A service, or a part of one that is large. */
export interface ServiceText extends ServiceKey {
  readonly index: number;
  readonly instances: number;
  /** Those to which clients should be sent. */
  readonly healthy: number;
  /** `{"index":…,"framework":…,"name":…,"instances":[…]}`, or the next part of it. */
  readonly text: string;
  /** Whether this is all, or the last part. */
  readonly ends: boolean;
}

export interface NodeText {
  readonly id: string;
  readonly text: string;
}

/** A part of a change, as text. It counts when the last one is there. */
export interface CatalogPiece {
  /** What was there before is void. */
  readonly isFirst: boolean;
  readonly services: readonly ServiceText[];
  readonly gone: readonly ServiceKey[];
  readonly nodes: readonly NodeText[];
  readonly goneNodes: readonly string[];
  /** With the last one: what the change comes to. */
  readonly end: CatalogEnd | undefined;
}

export interface CatalogEnd {
  readonly index: number;
  readonly servicesIndex: number;
  readonly nodesIndex: number;
  readonly counts: CatalogCounts;
}

interface Room {
  services: ServiceText[];
  nodes: NodeText[];
  chars: number;
}

/** @param isFirst whether the change is everything there is */
export function* piecesOf(change: CatalogChange, end: CatalogEnd, isFirst: boolean): Generator<CatalogPiece> {
  let room: Room = { services: [], nodes: [], chars: 0 };
  let isBeginning = isFirst;
  const take = () => {
    const { services, nodes } = room;
    const piece = { isFirst: isBeginning, services, gone: [], nodes, goneNodes: [], end: undefined };
    room = { services: [], nodes: [], chars: 0 };
    isBeginning = false;
    return piece;
  };
  for (const service of change.services) {
    for (const part of partsOf(service)) {
      room.services.push(part);
      room.chars += part.text.length;
      if (room.chars >= PIECE_CHARS) yield take();
    }
  }
  for (const node of change.nodes) {
    const text = nodeText(node);
    room.nodes.push({ id: node.id, text });
    room.chars += text.length;
    if (room.chars >= PIECE_CHARS) yield take();
  }
  yield { ...take(), gone: change.gone, goneNodes: change.goneNodes, end };
}

/** Each is its own, so that no service makes a long turn of it. */
function* partsOf({ framework, name, index, instances }: Service): Generator<ServiceText> {
  const own = { framework, name, index, instances: instances.length, healthy: instances.filter(isWell).length };
  let text = `{"index":${index},"framework":${JSON.stringify(framework)},"name":${JSON.stringify(name)},"instances":[`;
  let separator = "";
  for (const instance of instances) {
    text += separator + instanceText(instance);
    separator = ",";
    if (text.length < PIECE_CHARS) continue;
    yield { ...own, text, ends: false };
    text = "";
  }
  yield { ...own, text: `${text}]}`, ends: true };
}
