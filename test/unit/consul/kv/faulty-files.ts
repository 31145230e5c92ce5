import type { FileHandle } from "node:fs/promises";
import fsPromises from "node:fs/promises";
import type { KvFiles } from "../../../../src/consul/kv/log-folder.js";

/** What a disk does instead of what it should. */
export interface Faults {
  /** Octets that can still be written before the disk is full. */
  room: number;
  /** The code with which everything that changes something fails, such as `EROFS`. */
  refuses: string | undefined;
  /** The code with which syncs of files fail. */
  syncFails: string | undefined;
  /** The code with which cutting files fails. */
  cutFails: string | undefined;
  /** The code with which syncs of folders fail. */
  folderFails: string | undefined;
  /** How often a file has been synced. */
  syncs: number;
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk does not do it`), { code });
}

/** The real file system, with faults that can be set while it is used. */
export function faultyFiles(): { readonly files: KvFiles; readonly faults: Faults } {
  const faults: Faults = {
    room: Number.POSITIVE_INFINITY,
    refuses: undefined,
    syncFails: undefined,
    cutFails: undefined,
    folderFails: undefined,
    syncs: 0,
  };
  const refuse = (code = faults.refuses) => {
    if (code !== undefined) throw failure(code);
  };
  const files: KvFiles = {
    ...fsPromises,
    open: async (path, flags, mode) => {
      if (flags !== "r") refuse();
      return faulty(await fsPromises.open(path, flags, mode), { faults, isFolder: flags === "r", refuse });
    },
    rename: async (from, to) => {
      refuse();
      await fsPromises.rename(from, to);
    },
    rm: async (path, options) => {
      refuse();
      await fsPromises.rm(path, options);
    },
  };
  return { files, faults };
}

interface Around {
  readonly faults: Faults;
  readonly isFolder: boolean;
  readonly refuse: (code?: string) => void;
}

function faulty(file: FileHandle, { faults, isFolder, refuse }: Around): FileHandle {
  const sync = (really: () => Promise<void>) => async () => {
    refuse();
    refuse(isFolder ? faults.folderFails : faults.syncFails);
    faults.syncs++;
    await really();
  };
  const changed: Partial<FileHandle> = {
    sync: sync(() => file.sync()),
    datasync: sync(() => file.datasync()),
    truncate: async (length) => {
      refuse();
      refuse(faults.cutFails);
      await file.truncate(length);
    },
    write: (async (data: Buffer, offset: number, length: number, position: number) => {
      refuse();
      const room = Math.min(length, faults.room);
      if (room === 0) throw failure("ENOSPC");
      faults.room -= room;
      return await file.write(data, offset, room, position);
    }) as FileHandle["write"],
  };
  return new Proxy(file, {
    get: (target, name) => {
      const own = changed[name as keyof FileHandle];
      const value = own ?? target[name as keyof FileHandle];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
