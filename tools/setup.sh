#!/usr/bin/env bash
# Installs what lcr needs (Debian packages, a Python environment with torch) and builds it into build/release.
# Does nothing that is done already. usage: tools/setup.sh [preset]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

missing=()
while read -r package; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done < tools/packages.txt
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}"
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${missing[@]}" >/dev/null
fi

if ! cmp -s tools/requirements.txt build/venv/requirements.txt; then
  echo "installing torch and the reference readers into build/venv (some minutes)"
  python3 -m venv build/venv
  build/venv/bin/python3 -m pip install -q --disable-pip-version-check -r tools/requirements.txt
  cp tools/requirements.txt build/venv/requirements.txt
fi

export CCACHE_SLOPPINESS=pch_defines,time_macros
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
cmake --preset "$preset" "${launcher[@]}" >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
cmake --build --preset "$preset"
