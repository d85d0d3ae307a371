import { measure } from './figures/zz-preview.ts'
for (const f of await measure({ quick: process.argv[2] === 'quick' })) console.log(f.what, f.measured)
