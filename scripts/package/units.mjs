/** The units as the package has them: its user stays, and the program has one place. */

const PROGRAM = ["ExecStart=/usr/bin/env mesos-dns", "ExecStart=/usr/bin/mesos-dns"];

const CHANGES = {
  "mesos-dns.service": [
    PROGRAM,
    ["DynamicUser=yes\n", "User=mesos-dns\nGroup=mesos-dns\n"],
    ["# No user of its own to create, and one", "# The package's user, and one"],
    [/# Everything else that .*\n(?:#.*\n)+/, "# Everything else that the service has no use for.\n"],
  ],
  "mesos-dns-lb.service": [PROGRAM],
  "mesos-dns-vips.service": [PROGRAM],
  "mesos-dns.socket": [],
};
/** True of npm alone. */
const ABOUT_ENV = /^# `env` looks in .*\n/m;

const DOCUMENTATION = "[Unit]\nDocumentation=man:mesos-dns(1) man:mesos-dns-config(5)\n";

export const UNITS = Object.keys(CHANGES);

/** @throws {Error} if the unit has not what is to be changed: then this file has to follow it */
export function packagedUnit(name, text) {
  return CHANGES[name]
    .reduce((unit, [what, replacement]) => {
      const changed = unit.replace(what, replacement);
      if (changed === unit) throw new Error(`systemd/${name} has no ${what}: scripts/package/units.mjs changes that`);
      return changed;
    }, text)
    .replace(ABOUT_ENV, "")
    .replace("[Unit]\n", DOCUMENTATION);
}
