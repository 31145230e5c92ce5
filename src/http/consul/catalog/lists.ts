import type { InstanceText } from "../../../consul/registry/pieces.js";
import { NO_LEADER } from "../answers.js";
import type { ConsulAnswer, Reading } from "../endpoint.js";
import { FilterError } from "../filter/lexer.js";
import { type ConsulBoard, type ConsulTopic, topicKey } from "./board.js";
import { badFilter, type Selection } from "./selection.js";
import { type Found, found } from "./shapes.js";

/** Instances of an answer that is made at once, and kept for others; a longer one is made piece by piece. */
const MAX_KEPT = 5_000;
const CHUNK_CHARS = 64 * 1024;

/** An answer of the catalogue: what it depends on, and how it is made. */
export interface BoardAnswer {
  readonly topic: ConsulTopic;
  /** Identifies it among those of its topic. */
  readonly key: string;
  /** How many elements it may have; 0 where all of it has to be made at once. */
  readonly size: () => number;
  /** The JSON text in chunks. It must not read the board after it has been called. */
  readonly chunks: () => Iterable<string>;
}

/** Reads the board, and waits for its changes. */
export function readingOf(board: ConsulBoard, { topic, key, size, chunks }: BoardAnswer): Reading {
  const index = () => Math.max(1, board.indexOf(topic));
  return {
    index,
    watch: (listener) => board.topics.watch(topicKey(topic), listener),
    answer: (): ConsulAnswer => {
      if (board.state !== "ready") return NO_LEADER;
      const now = index();
      try {
        if (size() > MAX_KEPT) return { status: 200, type: "json", index: now, body: chunks() };
        const rendering = board.renderings.get(`${topicKey(topic)} ${key}`, now, () => [...chunks()]);
        return { status: 200, type: "json", index: now, body: [rendering.body], rendering };
      } catch (error) {
        if (error instanceof FilterError) return { ...badFilter(error), index: now };
        throw error;
      }
    },
  };
}

/** The instances with their nodes as they are now, in the same order. Their rows are read one by one. */
export function foundOf(board: ConsulBoard, instances: readonly InstanceText[]): Iterable<Found> {
  const nodes = instances.map((instance) => board.nodeOf(instance));
  return (function* () {
    for (const [index, instance] of instances.entries()) {
      const node = nodes[index];
      if (node) yield found(instance, node);
    }
  })();
}

export function* mapped<From, To>(all: Iterable<From>, to: (one: From) => To | undefined): Generator<To> {
  for (const one of all) {
    const made = to(one);
    if (made !== undefined) yield made;
  }
}

/** A JSON array of those that pass the filter. A filter is tried on all of them first: it may fail. */
export function* arrayOf(forms: Iterable<object>, { filter }: Pick<Selection, "filter">): Generator<string> {
  const passing = filter ? [...forms].filter(filter) : forms;
  let text = "[";
  let separator = "";
  for (const form of passing) {
    text += separator + JSON.stringify(form);
    separator = ",";
    if (text.length < CHUNK_CHARS) continue;
    yield text;
    text = "";
  }
  yield `${text}]`;
}
