import type { CommandName } from "./arguments.js";
import { SECONDARIES } from "./secondaries/plan.js";

export const HELP = `Usage: mesos-dns [-config=FILE] [-v=LEVEL] [-take-over] [--check]
       mesos-dns zone --state FILE [--config FILE] [--zone NAME]
       mesos-dns explain WORD [--server URL | --state FILE] [--config FILE] [--client ADDRESS] [--json]
       mesos-dns query NAME|-x ADDRESS [TYPE] [@SERVER] [--tcp] [--short] [--no-explain] [--server URL | --state FILE] [--config FILE]
       mesos-dns top [--server URL] [--config FILE] [--once] [--json]
       mesos-dns tail [--server URL] [--config FILE] [--kind KIND] [--json]
       mesos-dns doctor [--config FILE] [--json]
       mesos-dns compare --with ADDRESS [--with-server URL] [@SERVER] [--server URL] [--config FILE] [--json]
       mesos-dns help [COMMAND]
       mesos-dns completion bash|zsh|fish
       mesos-dns manual 1|5
       mesos-dns transfer-config SERVER --primary ADDRESS [--primary ADDRESS] [--key NAME] [-config FILE]
       mesos-dns vips run|plan|status|clear [-config FILE] [-v LEVEL]
       mesos-dns lb render|run|check|status|link ...
       mesos-dns lb deploy -m MARATHON -l BALANCER -j FILE ...

Serves the names of a Mesos cluster's tasks over DNS and HTTP.

  -config FILE    the configuration (default: config.json)
  -v LEVEL        what to log: 0 what an operator must know, 1 every change, 2 or more everything (default: 0)
  -take-over      start beside the process that runs, and answer with it until that one is stopped
  --check         validate the configuration, say what is wrong with it, and exit
  -version        print the version and exit
  -help, -h       print this help and exit

  zone            print the zone that would be served, as a master file
    --state FILE    the state to serve, as a Mesos master's /state answers it
    --config FILE   the configuration (default: the defaults of every key)
    --zone NAME     which zone, where there are several (default: the domain)

  explain         say why a name, the id of a task or an address is answered as it is (docs/explain.md)
    --server URL      the server that is asked (default: as httplistener and httpport of the configuration say)
    --client ADDRESS  what this client may ask counts as well
    --state FILE      explain a saved state of a master instead, without a server
    --config FILE     the server's configuration (default: config.json here, or /etc/mesos-dns/config.json)
    --json            for programs

  query           ask a server, as dig does, and say why it answers so; an address asks for its name
    @SERVER           an address, with a port or without (default: listener and port of the configuration)
    --tcp             at once over TCP
    --short           print the data alone
    -x ADDRESS        ask for the names of an address, as with dig
    --no-explain      print the answer alone; a server that is named is not asked why unless --server says where its API is
    --server URL      where the server's HTTP API is, which says why
    --state FILE      answer from a saved state of a master instead, without a server
    --config FILE     the server's configuration (default: config.json here, or /etc/mesos-dns/config.json)

  top             show who asks what, of the last minute: names, clients, types and rcodes, again each second until it is interrupted;
                  only on the server's own machine
    --once            wait for five seconds, print what has been counted, and end, as where the output is no terminal
    --server URL      the server that is asked (default: as its configuration says)
    --config FILE     the server's configuration (default: config.json here, or /etc/mesos-dns/config.json)
    --json            the same for programs

  tail            print what changes in the cluster as it happens: tasks, agents, names, the leader, what is held back
    --kind KIND       these changes alone, as task-started,task-ended (docs/http-api.md has all kinds)
    --server URL      the server that is asked (default: as its configuration says)
    --config FILE     the server's configuration (default: config.json here, or /etc/mesos-dns/config.json)
    --json            for programs, an object a line

  doctor          say what could keep the server from working on this machine, before the start or after it: the configuration, who
                  has its ports, resolvers, ZooKeeper and masters, the state, /etc/resolv.conf, memory, open files, the clock; the exit
                  code is 0, 1 if it cannot work, or 2 with warnings alone
    --config FILE     the server's configuration (default: config.json here, or /etc/mesos-dns/config.json)
    --json            for programs

  compare         ask this server and another one, such as a Mesos-DNS, every name that one of them lists, and print what differs
    --with ADDRESS      the other server, with a port or without
    --with-server URL   where its HTTP API is, which lists its names (default: port 8123 of its address)
    --server URL        where this one's HTTP API is, which lists its names (default: as its configuration says)
    @SERVER             this one, with a port or without (default: listener and port of the configuration)
    --config FILE       this one's configuration (default: config.json here, or /etc/mesos-dns/config.json)
    --json              for programs

  help            print this help, or a command's part of it

  completion      print a script that completes this program's commands and flags: \`source <(mesos-dns completion bash)\`
    bash            for bash
    zsh             for zsh
    fish            for fish

  manual          print a manual page, for \`man -l -\`
    1               of this program
    5               of its configuration: every key

  transfer-config  print the lines that a secondary needs to transfer the zones
${SECONDARIES.map((server) => `    ${server.padEnd(15)} for its configuration`).join("\n")}
    --primary ADDRESS  where this server is, with a port or without; twice for two of them, the first one first
    --key NAME         the key to sign with, of tsigKeys or tsigKeyFile; its secret is not printed
    -config FILE       the configuration (default: config.json)

  vips            carry the connections of virtual addresses on this node, as vips.dataPlane says
    run             follow the table, and keep what this node carries the same; what it carries stays when this ends
    plan            print what \`run\` would change now
    status          print what the \`run\` of this node carries, and what is wrong
    clear           take away everything that this node carries

  lb              have a HAProxy carry the apps of Marathon (docs/load-balancer.md); the flags are those of marathon-lb, and
                    a configuration is read only where -config FILE names it
    render          print HAProxy's configuration: --format haproxy, marathon-lb, bridge or bamboo, --marathon URL or --apps FILE, --group G
    run             follow Marathon, and have HAProxy carry what runs; -bamboo-config FILE reads Bamboo's own configuration
    check           print conflicts, refused services, and what HAProxy says; the exit code is 1 if there are any
    status          print what the \`run\` of this machine carries, and what is wrong
    link DIR        make links there, under whose names this program acts as haproxy-marathon-bridge, servicerouter.py, marathon_lb.py,
                    marathon-lb, zdd.py and bamboo do
    deploy          put a new version of an app in the place of the old one while clients are served, as zdd.py does
    -m, --marathon URL          Marathon
    -l, --marathon-lb URL       where the load balancers tell of themselves, as http://lb.example.com:9090
    -j, --json FILE             the app, with the labels HAPROXY_DEPLOYMENT_GROUP and HAPROXY_DEPLOYMENT_ALT_PORT
    -d, --dry-run               print the app that would be posted, and do nothing
    -f, --force                 do not ask before each step
    -i, --initial-instances N   how many instances the new version begins with (default: 1)
    -n, --new-instances N       stop with so many instances of the new version, and keep the rest of the old one
    -c, -p, --complete-cur, --complete-prev  from such a mix, go on to the current (new) or the previous (old) version
    -r, --resume                go on with a deployment that was not finished
    --linear-increase N         grow by N instances each time (default: by half)
    -s, --step-delay SECONDS    between two looks at Marathon and the load balancers (default: 5)
    -w, --max-wait SECONDS      how long to wait for connections to end, or for anything to get better (default: 300)
    --pre-kill-hook FILE        a program to call before instances are killed: with the old app, ids and the new app, as JSON
    --marathon-auth-credential-file FILE  user and password for Marathon, as USER:PASSWORD in a file
    --auth-credentials USER:PASSWORD  the same on the command line, where other users of the machine see it
    --dcos-auth-credentials JSON  a service account of DC/OS
    --marathon-ca-cert FILE     which authority has signed Marathon's certificate

Flags may be written with one dash or two, their values after "=" or as the next word. They end at "--" and before the
first word that is none: what follows is ignored, with a warning. The flags of glog that Mesos-DNS has (-logtostderr,
-log_dir, ...) are accepted and do nothing: the log goes to standard error.
Signals: SIGHUP reads the configuration again, SIGTERM stops the server.
`;

/** How a command is used, and what its words and flags mean: its part of the help. */
export function helpOf(command: CommandName): string {
  const [usage = "", ...paragraphs] = HELP.split("\n\n");
  const lines = usage.split("\n").filter((line) => line.includes(` mesos-dns ${command} `));
  const about = paragraphs.find((paragraph) => paragraph.startsWith(`  ${command} `)) ?? "";
  const used = lines.map((line, at) => `${at === 0 ? "Usage:" : "      "} ${line.trim()}`).join("\n");
  return `${used}\n\n${about}\n`;
}
