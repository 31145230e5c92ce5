import type { MarathonApp } from "../../sources/marathon/app.js";

/**
 * An app's service ports in the order that port indexes count. With a network of containers they are those of the port mappings;
 * where none of them has any, and with the agent's network, those of the app itself.
 */
export function servicePorts(app: MarathonApp): readonly number[] {
  const mapped = hasContainerNetwork(app) ? app.container.portMappings.map(({ servicePort }) => servicePort) : [];
  const ports = mapped.filter((port) => port !== undefined);
  if (ports.length > 0) return ports;
  const defined = app.portDefinitions?.map(({ port }) => port).filter((port) => port !== undefined);
  return defined ?? app.ports;
}

function hasContainerNetwork({ networks, container, ipAddress }: MarathonApp): boolean {
  if (networks.some(({ mode }) => mode.startsWith("container"))) return true;
  return ["USER", "BRIDGE"].includes(container.dockerNetwork) || ipAddress !== undefined;
}
