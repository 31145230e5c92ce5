/** Without what would change the demonstration: the server's own settings, and a service manager's socket. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = (name: string) => name.startsWith("MESOS_DNS_") || name === "NOTIFY_SOCKET";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign(name)));
}

/** The same for programs that start HAProxy: tools of administrators are in directories that only root has on its path. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const clean = cleanEnvironment();
  return { ...clean, PATH: `${clean.PATH ?? ""}:/usr/sbin:/sbin` };
}
