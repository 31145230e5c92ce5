/**
 * Layout of the structures that the batch engine shares with the kernel: Linux on x64 and arm64, where they are the same.
 * `checkAbi` compares every size and offset with those of the C ABI.
 */

/** Layout of a C structure: its size in bytes, and the offset of each member. */
export interface Layout {
  readonly size: number;
  readonly offsets: Readonly<Record<string, number>>;
}

/** One message of a batch: a `msghdr`, and the bytes received or sent. */
export const MMSGHDR = {
  size: 64,
  offsets: {
    msg_name: 0,
    msg_namelen: 8,
    msg_iov: 16,
    msg_iovlen: 24,
    msg_control: 32,
    msg_controllen: 40,
    msg_flags: 48,
    msg_len: 56,
  },
} as const satisfies Layout;

export const IOVEC = { size: 16, offsets: { iov_base: 0, iov_len: 8 } } as const satisfies Layout;

export const SOCKADDR_IN = { size: 16, offsets: { sin_family: 0, sin_port: 2, sin_addr: 4 } } as const satisfies Layout;

export const SOCKADDR_IN6 = {
  size: 28,
  offsets: { sin6_family: 0, sin6_port: 2, sin6_flowinfo: 4, sin6_addr: 8, sin6_scope_id: 24 },
} as const satisfies Layout;

/** Header of ancillary data. The data follows without padding, as the size is a multiple of eight. */
export const CMSGHDR = { size: 16, offsets: { cmsg_len: 0, cmsg_level: 8, cmsg_type: 12 } } as const satisfies Layout;

export const IN_PKTINFO = {
  size: 12,
  offsets: { ipi_ifindex: 0, ipi_spec_dst: 4, ipi_addr: 8 },
} as const satisfies Layout;

export const IN6_PKTINFO = { size: 20, offsets: { ipi6_addr: 0, ipi6_ifindex: 16 } } as const satisfies Layout;

export const POLLFD = { size: 8, offsets: { fd: 0, events: 4, revents: 6 } } as const satisfies Layout;

export const TIMESPEC = { size: 16, offsets: { tv_sec: 0, tv_nsec: 8 } } as const satisfies Layout;

/** Its size differs between machines: `room` is enough for all. Only `events` is used. */
export const EPOLL_EVENT = { room: 16, events: 0 } as const;

const C_TYPES: Readonly<
  Record<string, { readonly layout: Layout; readonly members: Readonly<Record<string, string>> }>
> = {
  mmsghdr: {
    layout: MMSGHDR,
    members: {
      msg_name: "void *",
      msg_namelen: "uint32_t",
      msg_iov: "void *",
      msg_iovlen: "size_t",
      msg_control: "void *",
      msg_controllen: "size_t",
      msg_flags: "int",
      // A structure inside another one is padded to a multiple of its alignment.
      msghdr_padding: "int",
      msg_len: "uint32_t",
    },
  },
  iovec: { layout: IOVEC, members: { iov_base: "void *", iov_len: "size_t" } },
  sockaddr_in: {
    layout: SOCKADDR_IN,
    members: { sin_family: "uint16_t", sin_port: "uint16_t", sin_addr: "uint32_t", sin_zero: "uint64_t" },
  },
  sockaddr_in6: {
    layout: SOCKADDR_IN6,
    members: {
      sin6_family: "uint16_t",
      sin6_port: "uint16_t",
      sin6_flowinfo: "uint32_t",
      sin6_addr: "uint32_t[4]",
      sin6_scope_id: "uint32_t",
    },
  },
  cmsghdr: { layout: CMSGHDR, members: { cmsg_len: "size_t", cmsg_level: "int", cmsg_type: "int" } },
  in_pktinfo: { layout: IN_PKTINFO, members: { ipi_ifindex: "int", ipi_spec_dst: "uint32_t", ipi_addr: "uint32_t" } },
  in6_pktinfo: { layout: IN6_PKTINFO, members: { ipi6_addr: "uint32_t[4]", ipi6_ifindex: "uint32_t" } },
  timespec: { layout: TIMESPEC, members: { tv_sec: "long", tv_nsec: "long" } },
  pollfd: { layout: POLLFD, members: { fd: "int", events: "short", revents: "short" } },
};

/** Computes structure layouts by the C ABI of this machine. */
export interface StructCompiler {
  /** Lays out a structure whose members have these C types, in this order. */
  layoutOf(members: Readonly<Record<string, string>>): Layout;
}

/** Differences between this file and the machine's C ABI, in words: none on the machines that the engine supports. */
export function checkAbi(compiler: StructCompiler): string[] {
  return Object.entries(C_TYPES).flatMap(([name, { layout, members }]) => {
    const actual = compiler.layoutOf(members);
    const sizes = actual.size === layout.size ? [] : [`${name} has ${actual.size} bytes, not ${layout.size}`];
    const moved = Object.entries(layout.offsets).filter(([member, at]) => actual.offsets[member] !== at);
    return [
      ...sizes,
      ...moved.map(([member, at]) => `${name}.${member} is at ${actual.offsets[member]}, not at ${at}`),
    ];
  });
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_DONTWAIT = 0x40;
export const POLLIN = 0x1;
export const POLLOUT = 0x4;
export const EPOLL_CLOEXEC = SOCK_CLOEXEC;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_MOD = 3;

export const CLOCK_MONOTONIC = 1;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_MEMINFO = 55;
/** SO_MEMINFO returns nine words; the index of the one that counts dropped datagrams. */
export const MEMINFO = { words: 9, drops: 8 } as const;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
