/** The rules between the keys of `queryLog`. */
import type { RuleContext } from "./rule-context.js";
import type { Values } from "./schema.js";

/** Most octets of a Unix socket's path (sockaddr_un, less the final zero). */
const MAX_SOCKET_PATH = 107;

export function checkQueryLog({ queryLog }: Pick<Values, "queryLog">, { faults }: RuleContext): void {
  const { format, file, socket } = queryLog;
  if (format === "off" || faults.has("queryLog")) return;
  if (format === "json" && socket !== "")
    faults.add("queryLog.socket", socket, "an empty string: lines of JSON go to queryLog.file");
  else if (format === "json" && file === "")
    faults.add("queryLog.file", file, 'the path of a file, or "-" for standard output, with queryLog.format "json"');
  if (format !== "dnstap") return;
  if ((file === "") === (socket === ""))
    faults.add("queryLog.socket", socket, 'one of queryLog.file and queryLog.socket, with queryLog.format "dnstap"');
  else if (file === "-") faults.add("queryLog.file", file, "the path of a file: dnstap is no text");
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH)
    faults.add("queryLog.socket", socket, `a path of at most ${MAX_SOCKET_PATH} octets`);
}
