import type { VipService } from "./table.js";

/**
 * A service as JSON text, as DC/OS' `/v1/vips` has it, with the address and what else nodes need. An IPv6 literal is in brackets.
 *
 * @param zone of the names
 */
export function vipText({ id, address, backends }: VipService, zone: string): string {
  const host = id.isLiteral ? (id.family === 6 ? `[${id.vip}]` : id.vip) : `${id.vip}.${zone}`;
  return JSON.stringify({
    vip: `${host}:${id.port}`,
    address,
    protocol: id.protocol,
    backend: backends.map(({ ip, port, weight, agent, local }) => ({
      ip,
      port,
      weight,
      agent,
      ...(local && { local }),
    })),
  });
}
