#!/bin/sh
# Tries to install what some tests use when it is there. Never fails the gate, and never holds it up for long: a test without
# its tool is skipped and says which tool it missed.
#   util-linux  unshare, nsenter: the full-disk and hanging-mount tests mount in a namespace of their own
#   bindfs      a FUSE file system whose server can be stopped: the mount that hangs
#   fileseq     a Python package: sequences are compared with it
#   pyblish-base  a Python package: the example of a check runs its plug-ins
# Not installed here, for they are large; tests that use them look for them: opencolorio-tools (ociocheck: is our OCIO config
# one?), ffmpeg (chunks as video files), openimageio-tools (EXR files written by somebody
# else's code), chromium (the report page in a real browser).
packages="util-linux bindfs"

for pair in fileseq:fileseq pyblish:pyblish-base; do
  module=${pair%%:*}
  name=${pair#*:}
  command -v python3 >/dev/null 2>&1 || break
  python3 -c "import $module" 2>/dev/null && continue
  timeout 60 python3 -m pip install --quiet --disable-pip-version-check --user "$name" >/dev/null 2>&1 ||
    timeout 60 python3 -m pip install --quiet --disable-pip-version-check --user --break-system-packages "$name" >/dev/null 2>&1 ||
    echo "could not install: $name"
done

missing=""
for package in $packages; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "not installed (no apt-get, or not root):$missing"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# Word splitting is wanted: one word per package.
# shellcheck disable=SC2086
timeout 60 apt-get update -q >/dev/null 2>&1 &&
  timeout 120 apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 ||
  echo "could not install:$missing"
exit 0
