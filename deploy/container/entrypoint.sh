#!/bin/sh
# Mesos-DNS's image was given flags alone, or the program and its flags, or a shell's line by Marathon's "cmd": all of them work.
# Without a word, the configuration is /config.json, as the container starts in /.
case "${1-}" in
"" | -*) set -- /usr/bin/mesos-dns "$@" ;;
esac
exec "$@"
