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

interface Room {
  instances: InstanceText[];
  services: ServiceState[];
  nodes: NodeState[];
  chars: number;
}

/**
 * A change in pieces, each of which is made only when it is asked for.
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
  const take = (): ConsulPiece => {
    const { chars: _, ...parts } = room;
    const piece = { ...parts, isFirst: isBeginning, gone: [], goneNodes: [], end: undefined };
    room = emptyRoom();
    isBeginning = false;
    return piece;
  };
  for (const node of change.nodes) {
    room.nodes.push(node);
    room.chars += OBJECT_CHARS + JSON.stringify(node.node.meta).length;
    if (room.chars >= PIECE_CHARS) yield take();
  }
  for (const instance of change.instances) {
    const text = textOf(instance, rowText(registrationOf(instance)));
    room.instances.push(text);
    room.chars += OBJECT_CHARS + text.row.length;
    if (room.chars >= PIECE_CHARS) yield take();
  }
  for (const service of change.services) {
    room.services.push(service);
    room.chars += OBJECT_CHARS + JSON.stringify(service.listing).length;
    if (room.chars >= PIECE_CHARS) yield take();
  }
  yield { ...take(), gone: change.gone, goneNodes: change.goneNodes, end };
}

function emptyRoom(): Room {
  return { instances: [], services: [], nodes: [], chars: 0 };
}

function textOf({ node, id, name, isPassing, indexes }: ConsulInstance, row: string): InstanceText {
  return { node: node.name, id, service: serviceKey(name), row, isPassing, ...indexes };
}
