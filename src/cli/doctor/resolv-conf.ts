import { type Check, check } from "./check.js";

export interface ResolvConf {
  readonly text: string;
  /** Where /etc/resolv.conf points; "" if it is a file of its own. */
  readonly link: string;
}

/** Who writes a resolv.conf, by what it says or where it points, and how it is told. */
const WRITERS: readonly (readonly [sign: RegExp, advice: string])[] = [
  [
    /systemd.*resolve/i,
    "systemd-resolved writes it: `DNS=` and `Domains=~.` in /etc/systemd/resolved.conf.d/mesos-dns.conf",
  ],
  [
    /NetworkManager/,
    "NetworkManager writes it: `nmcli connection modify NAME ipv4.ignore-auto-dns yes ipv4.dns 127.0.0.1`",
  ],
  [/resolvconf/, "resolvconf writes it: the line belongs into /etc/resolvconf/resolv.conf.d/head"],
  [
    /dhclient|dhcpcd|dhcp/i,
    "a DHCP client writes it: `supersede domain-name-servers 127.0.0.1;` in /etc/dhcp/dhclient.conf",
  ],
  [/cloud-init/, "cloud-init writes it: `manage_resolv_conf: false`, or the servers in its network configuration"],
];

/**
 * Whether the machine's programs ask this server, and who may change that.
 * @param own addresses at which this server answers
 */
export function judgeResolvConf({ text, link }: ResolvConf, own: readonly string[], port: number): readonly Check[] {
  const what = "/etc/resolv.conf";
  const servers = [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map((match) => match[1] ?? "");
  const place = servers.findIndex((server) => own.includes(server));
  const writer = WRITERS.find(([sign]) => sign.test(link) || sign.test(commentsOf(text)))?.[1];
  const named =
    port !== 53
      ? check(
          what,
          "unknown",
          `this server answers on port ${port}, which no resolv.conf can name: what is on port 53 has to forward to it`,
        )
      : place === 0
        ? check(what, "ok", `it names this server first (${servers[0]})`)
        : place > 0
          ? check(
              what,
              "warning",
              `it names this server behind ${servers[0]}, which is asked first and does not know the cluster's names`,
              "put this server's line first",
            )
          : check(
              what,
              "warning",
              `it does not name this server, so that this machine's programs do not ask it (${servers.join(", ") || "it names none"})`,
              "put `nameserver 127.0.0.1`, or an address of `listener`, into its first line",
            );
  const more =
    servers.length > 3 ? [check(what, "warning", "it names more than three servers: resolvers ignore the rest")] : [];
  return [named, ...(writer ? [check(what, "unknown", `another program may rewrite it: ${writer}`)] : []), ...more];
}

function commentsOf(text: string): string {
  return text
    .split("\n")
    .filter((line) => /^[#;]/.test(line))
    .join("\n");
}
