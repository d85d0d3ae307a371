#!/usr/bin/env bash
# A server of MongoDB's protocol for tests: FerretDB over PostgreSQL with DocumentDB. `mongodb.sh start FOLDER`, `mongodb.sh stop FOLDER`.
# Debian 12 has no such PostgreSQL, and that of Debian testing needs a newer libc: it lives in a folder of its own, entered by chroot.
set -euo pipefail
server=mongodb
program=ferretdb
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

root=$cache/documentdb
packages=(postgresql-18 postgresql-18-documentdb)
# Inside of the folder. The template is an initialised cluster; each start copies it.
template=/var/lib/documentdb/template
binaries=/usr/lib/postgresql/18/bin

install() {
  [ "$(id -u)" -eq 0 ] || die 'needs root, for chroot'
  go_install ferretdb github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v2.7.0
  has_root || build_root
  has_template || make_template
}

versions() { chroot "$root" dpkg-query --show "${packages[@]}"; }

# The stamps are written when everything else is there.
has_root() { [ -s "$root.built" ] && [ "$(versions 2>/dev/null)" = "$(cat "$root.built")" ]; }
has_template() { [ -f "$root$template/PG_VERSION" ] && [ "$(configuration)" = "$(cat "$root$template.built" 2>/dev/null)" ]; }

# The one that this machine's packages come from.
apt_mirror() {
  local found
  found=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | awk '/^URIs:/ { print $2; exit } /^deb / { print ($2 ~ /^\[/ ? $4 : $2); exit }') || true
  echo "${found:-http://deb.debian.org/debian}"
}

build_root() {
  command -v debootstrap >/dev/null || apt_install debootstrap
  local mirror
  mirror=$(apt_mirror)
  note "building PostgreSQL 18 with DocumentDB"
  rm -rf "$root" "$root.built"
  debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" forky "$root" "$mirror" \
    /usr/share/debootstrap/scripts/sid >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; die 'debootstrap failed'; }
  rm -rf "$root"/var/cache/apt/archives/*.deb
  versions >"$root.built"
}

as_postgres() { chroot "$root" su postgres -s /bin/sh -c "$1"; }

# Without fsync: what the tests write need not survive the machine. The handler of indexes is the one that can read them in their order.
configuration() {
  cat <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
dynamic_shared_memory_type = mmap
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb,pg_documentdb_extended_rum'
documentdb.alternate_index_handler_name = 'extended_rum'
cron.database_name = 'postgres'
fsync = off
full_page_writes = off
max_connections = 200
CONF
}

make_template() {
  local port
  port=$(free_port)
  rm -rf "$root$template" "$root$template.built"
  chroot "$root" install -d -o postgres /var/lib/documentdb /run/postgresql
  as_postgres "$binaries/initdb -D $template -E UTF8 --locale=C -A trust" >"$root.initdb.log"
  configuration >>"$root$template/postgresql.conf"
  postgres start "$template" "$port"
  chroot "$root" /usr/bin/psql -q -h 127.0.0.1 -p "$port" -U postgres postgres \
    -c 'create extension if not exists documentdb cascade' -c 'create extension if not exists documentdb_extended_rum cascade'
  postgres stop "$template" "$port"
  configuration >"$root$template.built"
}

# postgres start|stop CLUSTER PORT
postgres() { as_postgres "$binaries/pg_ctl -D $2 -o '-p $3' -l $2.log -m fast -w $1" >&2 </dev/null 9>&-; }

# The cluster of a folder of the tests.
cluster_of() { echo "/var/lib/documentdb/$(printf %s "$1" | sha256sum | head -c 16)"; }

on_port() {
  await_postgres_of "$1" || return 1
  DO_NOT_TRACK=1 launch "$1" "$cache/bin/ferretdb" --no-auth --listen-addr="127.0.0.1:$2" --debug-addr= --state-dir="$1" \
    --postgresql-url="postgres://postgres@127.0.0.1:$(cat "$1/postgres.port")/postgres"
  await "$1" listens "$2" || return 1
  echo "IMAGEDOC_TEST_MONGODB_URL=mongodb://127.0.0.1:$2/"
}

await_postgres_of() {
  [ -f "$1/postgres.port" ] && return 0
  local cluster port
  cluster=$(cluster_of "$1")
  rm -rf "$root$cluster"
  cp -a "$root$template" "$root$cluster"
  port=$(free_port)
  postgres start "$cluster" "$port" || return 1
  echo "$port" >"$1/postgres.port"
}

start() { attempts "$1" on_port; }

stop() {
  halt "$1"
  local cluster
  cluster=$(cluster_of "$1")
  [ ! -f "$root$cluster/postmaster.pid" ] || postgres stop "$cluster" "$(cat "$1/postgres.port" 2>/dev/null || echo 0)" || true
  rm -rf "$root$cluster" "$root$cluster.log"
}

main "$@"
