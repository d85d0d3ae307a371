#!/usr/bin/env bash
# A Redis for tests, from Debian: `redis.sh start FOLDER`, `redis.sh stop FOLDER`.
set -euo pipefail
server=redis
program=redis-server
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install() { command -v redis-server >/dev/null || apt_install redis-server; }

on_port() {
  # As a server that keeps jobs has to be set up; the append-only file is what a restart is tested with.
  launch "$1" redis-server --port "$2" --bind 127.0.0.1 --save '' --appendonly yes --maxmemory-policy noeviction --dir "$1"
  await "$1" redis-cli -h 127.0.0.1 -p "$2" ping || return 1
  echo "IMAGEDOC_TEST_REDIS_URL=redis://127.0.0.1:$2"
}

start() { attempts "$1" on_port; }
stop() { halt "$1"; }

main "$@"
