#!/bin/sh
# On removal, not on upgrade, the member hands over what it holds and leaves.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now p2pcache.service
fi
