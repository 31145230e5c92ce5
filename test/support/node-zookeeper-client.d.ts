/** What tests use of node-zookeeper-client beside what the program does. */
declare module "node-zookeeper-client" {
  interface Client {
    create(
      path: string,
      data: Buffer,
      acls: readonly Acl[],
      mode: number,
      callback: (error: ZooKeeperException | null, path: string) => void,
    ): void;
    remove(path: string, callback: (error: ZooKeeperException | null) => void): void;
  }

  /** Who may do what with a node. */
  interface Acl {
    readonly permission: number;
  }

  export const ACL: { readonly OPEN_ACL_UNSAFE: readonly Acl[]; readonly CREATOR_ALL_ACL: readonly Acl[] };

  export const CreateMode: {
    readonly PERSISTENT: number;
    readonly PERSISTENT_SEQUENTIAL: number;
    readonly EPHEMERAL_SEQUENTIAL: number;
  };
}
