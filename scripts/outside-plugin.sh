#!/usr/bin/env bash
# The example plugin as a stranger would have it: packed, installed with npm in a folder of its own, used from JSON by the packed command, and on the
# packed server.
# A step of `check`, which has built the packages and has Node 24 and pnpm on its PATH.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
outside=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; fi
  rm -rf "$outside"
}
trap stop EXIT

packages=(packages/core packages/plugins/image packages/plugins/pdf packages/plugins/ocr packages/plugins/translate packages/server packages/client packages/cli examples/custom-plugin)
(cd "$root/examples/custom-plugin" && pnpm run build >/dev/null)
for folder in "${packages[@]}"; do
  [ -d "$root/$folder/dist" ] || (cd "$root/$folder" && pnpm run build)
  (cd "$root/$folder" && pnpm pack --pack-destination "$outside" >/dev/null)
done

cd "$outside"
echo '{ "name": "outside", "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error ./*.tgz zod@4
cp "$root/examples/custom-plugin/imagedoc.config.js" .
node --input-type=module -e "
import sharp from 'sharp'
await sharp({ create: { width: 60, height: 40, channels: 3, background: '#ffffff' } }).png().toFile('page.png')"
npx --no-install imagedoc run node_modules/imagedoc-plugin-example/pipelines/framed.json page.png -o out --cache cache
node --input-type=module -e "
import sharp from 'sharp'
const { width, height } = await sharp('out/page.png/framed.png').metadata()
if (width !== 84 || height !== 64) throw new Error('The framed page is ' + width + ' x ' + height)
console.log('the plugin works outside of the workspace')"

# The packed server with this plugin and the packed client: a page goes up and comes back as it was.
# The plugin for PDF brings the operation that uploads are checked with.
cat >imagedoc.config.js <<'EOF'
import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import example from 'imagedoc-plugin-example'

export default defineConfig({ plugins: [image(), pdf(), example()] })
EOF
export XDG_CONFIG_HOME="$outside/config" IMAGEDOC_CACHE_DIR="$outside/cache" IMAGEDOC_DATA="$outside/data" IMAGEDOC_LOG=warn PORT=0
node node_modules/imagedoc/dist/bin.js serve >serve.log &
server=$!
for _ in $(seq 100); do
  grep -q 'To upload' serve.log && break
  kill -0 "$server" 2>/dev/null || exit 1
  sleep 0.1
done
url=$(sed -n 's/^ImageDoc serves at \([^,]*\),.*/\1/p' serve.log)
imagedoc() { npx --no-install imagedoc "$@" --server "$url"; }
printf '%s\n%s\n' "$(grep -o 'idt_[A-Za-z0-9_-]*' serve.log)" 'correct horse battery' |
  imagedoc login --setup-token --username ana --email ana@example.org
document=$(imagedoc upload page.png --collection Pages --create | grep -o '[0-9a-f]\{24\}$')
imagedoc download "$document" -o back
cmp page.png back/page.png
kill "$server" && wait "$server"
server=
echo 'the packed server gives back what it was given'
