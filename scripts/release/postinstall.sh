#!/bin/sh
# Makes a secret where there is none. The service is not started: a member needs to know whom to join.
set -e
if [ ! -e /etc/p2pcache/secret ]; then
  (umask 077 && head -c 32 /dev/urandom | base64 >/etc/p2pcache/secret)
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
