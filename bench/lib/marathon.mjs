/** A Marathon of apps that change, with its stream of events. */
import { once } from "node:events";
import { createServer } from "node:http";

/** @param apps a list, which may be changed: `tell()` says that it has been */
export async function startMarathon(apps) {
  const streams = new Set();
  const texts = apps.map((app) => JSON.stringify(app));
  const server = createServer((request, response) => {
    if (request.url.startsWith("/v2/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n');
      streams.add(response);
      response.on("close", () => streams.delete(response));
    } else if (request.url.startsWith("/v2/apps")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"apps":[${texts.join(",")}]}`);
    } else {
      response.writeHead(404, { "content-type": "application/json" });
      response.end('{"message":"there is nothing here"}');
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** An app has changed. */
    tell(index) {
      texts[index] = JSON.stringify(apps[index]);
      const data = JSON.stringify({ eventType: "status_update_event", appId: apps[index].id });
      for (const stream of streams) stream.write(`event: status_update_event\r\ndata: ${data}\r\n\r\n`);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An app on its agents' network. @param tasks pairs of host and port */
export function appOf(id, port, tasks, labels = {}) {
  return {
    id,
    instances: tasks.length,
    labels: { HAPROXY_GROUP: "external", ...labels },
    env: {},
    networks: [{ mode: "host" }],
    portDefinitions: [{ port, protocol: "tcp", labels: {} }],
    healthChecks: [],
    deployments: [],
    versionInfo: { lastScalingAt: "2030-01-01T00:00:00.000Z", lastConfigChangeAt: "2030-01-01T00:00:00.000Z" },
    tasks: tasks.map(([host, at], index) => taskOf(id, host, at, index)),
  };
}

export function taskOf(id, host, port, index) {
  return {
    id: `${id.slice(1).replaceAll("/", "_")}.${index}`,
    appId: id,
    host,
    ports: [port],
    state: "TASK_RUNNING",
    startedAt: "2030-01-01T00:00:00.000Z",
    stagedAt: "2030-01-01T00:00:00.000Z",
    version: "2030-01-01T00:00:00.000Z",
    slaveId: "5d9a6b4c-4a2f-4b0e-9d6f-6e1a4ad5b7c1-S1",
    ipAddresses: [{ ipAddress: host, protocol: "IPv4" }],
  };
}
