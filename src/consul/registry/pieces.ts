import type {
  ConsulChange,
  ConsulCounts,
  ConsulInstance,
  GoneInstance,
  ListIndexes,
  NodeState,
  Registration,
  ServiceState,
} from "./model.js";
import { serviceKey } from "./model.js";
import { rowText } from "./row.js";

/** Characters of text in a piece, and what counts as much. Each thread handles one in a millisecond or two. */
const PIECE_CHARS = 128 * 1024;
/** What an object costs beside its text. */
const OBJECT_CHARS = 128;

/** An instance as the main thread has it. */
export interface InstanceText {
  readonly node: string;
  readonly id: string;
  /** The key of its service. */
  readonly service: string;
  /** As rowText() makes it. */
  readonly row: string;
  /** Whether its own check passes. */
  readonly isPassing: boolean;
  readonly created: number;
  readonly modified: number;
  readonly checked: number;
}

/** A part of a change: plain values, to be sent between threads. The change takes effect with its last piece. */
export interface ConsulPiece {
  /** Whether a whole registry begins, which replaces the one before. */
  readonly isFirst: boolean;
  readonly instances: readonly InstanceText[];
  readonly gone: readonly GoneInstance[];
  readonly services: readonly ServiceState[];
  readonly nodes: readonly NodeState[];
  readonly goneNodes: readonly string[];
  /** Present in the last piece of a change. */
  readonly end: ConsulEnd | undefined;
}

export interface ConsulEnd {
  readonly indexes: ListIndexes;
  readonly counts: ConsulCounts;
  /** The name of this server's node. */
  readonly ownNode: string;
}

/** A piece while it is filled. */
interface Room {
  instances: InstanceText[];
  gone: GoneInstance[];
  services: ServiceState[];
  nodes: NodeState[];
  chars: number;
}

/**
 * A change in pieces, each of which is made only when it is asked for: first what goes, then nodes, services, and instances, which belong to
 * both.
 *
 * @param isFirst whether the change has everything
 */
export function* piecesOf(
  change: ConsulChange,
  end: ConsulEnd,
  isFirst: boolean,
  registrationOf: (instance: ConsulInstance) => Registration,
): Generator<ConsulPiece> {
  let room = emptyRoom();
  let isBeginning = isFirst;
  const isFull = (chars: number) => {
    room.chars += OBJECT_CHARS + chars;
    return room.chars >= PIECE_CHARS;
  };
  const take = (): ConsulPiece => {
    const { chars: _, ...parts } = room;
    const piece = { ...parts, isFirst: isBeginning, goneNodes: [], end: undefined };
    room = emptyRoom();
    isBeginning = false;
    return piece;
  };
  for (const each of change.gone) {
    room.gone.push(each);
    if (isFull(each.id.length)) yield take();
  }
  if (change.goneNodes.length > 0) yield { ...take(), goneNodes: change.goneNodes };
  for (const node of change.nodes) {
    room.nodes.push(node);
    if (isFull(JSON.stringify(node.node.meta).length)) yield take();
  }
  for (const service of change.services) {
    room.services.push(service);
    if (isFull(JSON.stringify(service.listing).length)) yield take();
  }
  for (const instance of change.instances) {
    const text = textOf(instance, rowText(registrationOf(instance)));
    room.instances.push(text);
    if (isFull(text.row.length)) yield take();
  }
  yield { ...take(), end };
}

function emptyRoom(): Room {
  return { instances: [], gone: [], services: [], nodes: [], chars: 0 };
}

function textOf({ node, id, name, isPassing, indexes }: ConsulInstance, row: string): InstanceText {
  return { node: node.name, id, service: serviceKey(name), row, isPassing, ...indexes };
}
