#!/usr/bin/env bash
# An S3 server for tests, versitygw over a folder: `s3.sh start FOLDER`, `s3.sh stop FOLDER`.
set -euo pipefail
server=s3
program=versitygw
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# What the tests log in with; the server listens on loopback only.
access_key=imagedoc-test
secret_key=imagedoc-test-secret
bucket=imagedoc-test

install() { go_install versitygw github.com/versity/versitygw/cmd/versitygw@v1.8.0; }

on_port() {
  local endpoint=http://127.0.0.1:$2
  # A folder in the data folder is a bucket.
  mkdir -p "$1/data/$bucket" "$1/meta"
  ROOT_ACCESS_KEY=$access_key ROOT_SECRET_KEY=$secret_key \
    launch "$1" "$cache/bin/versitygw" --port "127.0.0.1:$2" posix --sidecar "$1/meta" "$1/data"
  await "$1" listens "$2" || return 1
  echo "IMAGEDOC_TEST_S3_URL=$endpoint"
  echo "IMAGEDOC_TEST_S3_ACCESS_KEY=$access_key"
  echo "IMAGEDOC_TEST_S3_SECRET_KEY=$secret_key"
  echo "IMAGEDOC_TEST_S3_BUCKET=$bucket"
  # An object is a file: the tests of a blob's age change its time.
  echo "IMAGEDOC_TEST_S3_FOLDER=$1/data"
}

start() { attempts "$1" on_port; }
stop() { halt "$1"; }

main "$@"
