#!/bin/sh
# Tries to install what some tests use when it is there. Never fails the gate: a test without its tool is skipped aloud.
packages="util-linux"
missing=""
for p in $packages; do dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"; done
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null 2>&1 || { echo "no apt-get: not installed:$missing"; exit 0; }
apt-get update -q >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || echo "could not install:$missing"
