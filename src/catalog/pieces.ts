import { instanceText, isWell, nodeText } from "./instance.js";
import type { CatalogChange, CatalogCounts, Service, ServiceKey } from "./model.js";

/** The size of a piece in characters of JSON text. Each thread handles one in a millisecond or less. */
export const PIECE_CHARS = 128 * 1024;

/** A service as JSON text, or a part of a large one. */
export interface ServiceText extends ServiceKey {
  readonly index: number;
  readonly instances: number;
  /** The number of instances to which clients should be sent. */
  readonly healthy: number;
  /** `{"index":…,"framework":…,"name":…,"instances":[…]}`, or the next part of it. */
  readonly text: string;
  /** Whether this is the last part, or the only one. */
  readonly ends: boolean;
}

export interface NodeText {
  readonly id: string;
  readonly text: string;
}

/** A part of a change, as text. The change takes effect with its last piece. */
export interface CatalogPiece {
  /** Whether a whole catalogue begins, which replaces the one before. */
  readonly isFirst: boolean;
  readonly services: readonly ServiceText[];
  readonly gone: readonly ServiceKey[];
  readonly nodes: readonly NodeText[];
  readonly goneNodes: readonly string[];
  /** Present in the last piece of a change. */
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

/** @param isFirst whether the change contains the whole catalogue */
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

/** A service as text, in parts, so that a large one does not block a thread for long. */
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
