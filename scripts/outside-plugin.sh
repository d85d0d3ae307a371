#!/usr/bin/env bash
# The example plugin as a stranger would have it: packed, installed with npm in a folder of its own, used from JSON by the packed command.
# A step of `check`, which has built the packages and has Node 24 and pnpm on its PATH.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT

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
