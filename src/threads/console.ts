import { messageOf } from "../base/errors.js";
import type { Timers } from "../base/timers.js";
import { answerTo, type Known } from "../console/answers.js";
import { ClusterTable } from "../console/cluster-table.js";
import type { ClusterPiece, Told } from "../console/model.js";
import { nameChanges } from "../console/name-changes.js";
import { NameTable } from "../console/name-table.js";
import type { Question } from "../console/questions.js";
import { UpdateChanges } from "../console/update-changes.js";
import { HeldSnapshots } from "../zone/held-snapshots.js";
import type { Snapshot, SnapshotUpdate } from "../zone/snapshot.js";
import type { FromClusterPort, FromConsoleThread, ToClusterPort, ToConsoleThread } from "./console-messages.js";
import type { Reading } from "./messages.js";

/** The builder may be busy with a build. Milliseconds. */
const TOLD_MS = 3_000;

/** The port from which snapshots come. */
interface SnapshotPort {
  on(event: "message", listener: (update: SnapshotUpdate) => void): unknown;
  postMessage(reading: Reading): void;
  close(): void;
}

interface ClusterSource {
  on(event: "message", listener: (message: FromClusterPort) => void): unknown;
  postMessage(message: ToClusterPort): void;
  close(): void;
}

export interface ConsoleParts {
  readonly snapshot: Snapshot;
  readonly port: { postMessage(message: FromConsoleThread): void };
  readonly timers: Timers;
}

/** Knows the cluster and its names while somebody looks at the console: searches them, and tells of their changes. */
export class Console {
  readonly #parts: ConsoleParts;
  readonly #snapshots: HeldSnapshots;
  readonly #names = new NameTable();
  readonly #table = new ClusterTable();
  #updates: SnapshotPort | undefined;
  #cluster: ClusterSource | undefined;
  #changes = new UpdateChanges();
  readonly #asked = new Map<number, (told: Told) => void>();
  #askedIds = 0;

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
    this.#snapshots = new HeldSnapshots(parts.snapshot, (generation, pinned) =>
      this.#updates?.postMessage({ generation, pinned }),
    );
    this.#names.follow(parts.snapshot);
  }

  take(message: Exclude<ToConsoleThread, { kind: "builder" | "stop" }>): void {
    const { port } = this.#parts;
    const { id, question } = message;
    this.#answer(question).then(
      (text) => port.postMessage({ kind: "answer", id, text }),
      (error: unknown) => port.postMessage({ kind: "failed", id, message: messageOf(error) }),
    );
  }

  /** Follows the builder that has just been started, or that runs. */
  follow(snapshots: SnapshotPort, cluster: ClusterSource): void {
    this.#updates?.close();
    this.#cluster?.close();
    this.#updates = snapshots;
    this.#cluster = cluster;
    snapshots.on("message", (update) => this.#use(update));
    cluster.on("message", (message) => {
      if (message.kind !== "piece") return this.#asked.get(message.id)?.(message);
      this.#note(message.piece);
      cluster.postMessage({ kind: "taken" });
    });
  }

  #use(update: SnapshotUpdate): void {
    // The memory of the one before may be written again once the next one is used.
    const change = nameChanges(this.#snapshots.newest, update);
    this.#snapshots.use(update);
    this.#names.follow(this.#snapshots.newest);
    if (change) this.#parts.port.postMessage({ kind: "changes", changes: [change] });
  }

  #note(piece: ClusterPiece): void {
    // A builder may have ended before it has told a whole update.
    if (piece.isFirst) this.#changes = new UpdateChanges();
    this.#changes.add(this.#table.take(piece));
    if (!piece.isLast) return;
    const changes = this.#changes.end();
    this.#changes = new UpdateChanges();
    if (changes.length > 0) this.#parts.port.postMessage({ kind: "changes", changes });
  }

  async #answer(question: Question): Promise<string | undefined> {
    const told = await this.#toldOf(question);
    const known: Known = { table: this.#table, names: this.#names, snapshot: this.#snapshots.newest };
    const answer = answerTo(question, known, told);
    return answer && JSON.stringify(answer);
  }

  /** What the builder says of a task or a service; nothing if there is no more to say, or if it says nothing in time. */
  #toldOf(question: Question): Promise<Told> {
    if (question.kind === "task") {
      const { frameworkId, id: task } = question;
      return this.#ask((id) => ({ kind: "detail", id, task: { frameworkId, id: task } }));
    }
    if (question.kind === "service") {
      const { framework, name } = question;
      return this.#ask((id) => ({ kind: "starts", id, service: { framework, name } }));
    }
    return Promise.resolve({});
  }

  #ask(request: (id: number) => ToClusterPort): Promise<Told> {
    const cluster = this.#cluster;
    if (!cluster) return Promise.resolve({});
    const id = ++this.#askedIds;
    return new Promise((resolve) => {
      const settle = (told: Told) => {
        cancel();
        this.#asked.delete(id);
        resolve(told);
      };
      const cancel = this.#parts.timers.after(TOLD_MS, () => settle({}));
      this.#asked.set(id, settle);
      cluster.postMessage(request(id));
    });
  }
}
