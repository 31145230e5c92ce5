/** What a node's data planes are measured with. */

const numbered = (network) => [1, 2, 3, 4, 5].map((number) => `${network}.${number}`);
const ownHosts = numbered("10.77.0");

export const PLANES = {
  /** Loopback addresses, which take no rights. */
  haproxy: { hosts: numbered("127.0.40"), ipv4Range: "127.11.0.0-127.11.255.254", setUp: undefined },
  /** A network of its own, in which whoever runs this may change rules. */
  nftables: {
    hosts: ownHosts,
    ipv4Range: "11.0.0.0-11.255.255.254",
    setUp: [
      "ip link set lo up",
      ...ownHosts.map((host) => `ip addr add ${host}/32 dev lo`),
      "ip route add local 11.0.0.0/8 dev lo",
    ].join(" && "),
  },
};
