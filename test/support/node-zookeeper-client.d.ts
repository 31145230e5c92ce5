/** What tests use of node-zookeeper-client beside what the program does. */
declare module "node-zookeeper-client" {
  interface Client {
    remove(path: string, callback: (error: ZooKeeperException | null) => void): void;
  }

  interface CreateModes {
    readonly PERSISTENT_SEQUENTIAL: number;
    readonly EPHEMERAL_SEQUENTIAL: number;
  }
}
