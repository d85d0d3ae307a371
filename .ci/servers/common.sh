# Sourced by the scripts beside it: where what is built stays, and how a server is started, awaited and stopped.
# Everything that a script says goes to standard error; standard output holds nothing but lines NAME=VALUE for the tests.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/imagedoc-ci
mkdir -p "$cache/bin"

note() { printf '   %s: %s\n' "$server" "$*" >&2; }
die() { note "$*"; exit 1; }

# Of two who need the same thing built, one builds it and the other waits.
locked() {
  (
    flock 9
    "$@"
  ) 9>"$cache/$server.lock"
}

apt_install() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || die "needs $*; it is installed for root on Debian alone"
  # One at a time: the lists have a lock that nobody waits for.
  flock "$cache/apt.lock" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"' sh "$@" >&2
}

# go_install NAME MODULE: builds a program of a fixed version once. What is there is used only as long as it is what was built.
go_install() {
  local name=$1 module=$2 stamp=$cache/bin/$1.built
  if [ "$(head -n 1 "$stamp" 2>/dev/null)" = "$module" ] && (cd "$cache/bin" && tail -n 1 "$stamp" | sha256sum --check --status); then
    return 0
  fi
  local go
  go=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null) || die "needs Go to build $module"
  note "building $module"
  rm -f "$stamp"
  GOBIN=$cache/bin GOFLAGS=-buildvcs=false "$go" install "$module" >&2
  (cd "$cache/bin" && printf '%s\n' "$module" && sha256sum "$name") >"$stamp.new"
  mv "$stamp.new" "$stamp"
}

# A port that the kernel calls free may be taken a moment later: whoever starts a server on it tries again.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
  done
}

# launch FOLDER COMMAND...: in the background, out of reach of the terminal's Ctrl-C.
launch() {
  local folder=$1
  shift
  setsid "$@" >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
}

# await FOLDER CHECK...: until the check succeeds; fails when the process has ended or after a minute.
await() {
  local folder=$1 pid
  pid=$(cat "$1/pid")
  shift
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# attempts FOLDER FUNCTION: FUNCTION starts the server in FOLDER on the port that it is given.
attempts() {
  local folder=$1 start=$2 port
  for _ in 1 2 3; do
    port=$(free_port)
    if "$start" "$folder" "$port"; then
      note "listens on 127.0.0.1:$port" && return 0
    fi
    halt "$folder"
  done
  tail -n 20 "$folder/log" >&2
  die 'did not start'
}

# Ends the process of a folder, when it is still the program that was started there.
halt() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$program" ]; then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$1/pid"
}

# main start|stop FOLDER
main() {
  [ $# -eq 2 ] || { echo "usage: $0 start|stop FOLDER" >&2; exit 2; }
  local folder=$2/$server
  case $1 in
    start)
      locked install >&2
      mkdir -p "$folder"
      start "$folder"
      ;;
    stop)
      [ -d "$folder" ] || return 0
      stop "$folder"
      rm -rf "$folder"
      ;;
    *) echo "usage: $0 start|stop FOLDER" >&2; exit 2 ;;
  esac
}
