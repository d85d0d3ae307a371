// What a Redis says of itself, as a process sees it that trusts the certificates of NODE_EXTRA_CA_CERTS: `print-info.ts URL`.
import { createRedisConnection, redisInfo } from '../../../src/drivers/redis/index.ts'

const [url = ''] = process.argv.slice(2)
const info = await redisInfo(url)
await using connection = createRedisConnection({ url })
const written = await connection.run((client) => client.set('imagedoc-test', '1')).catch((error: Error) => error.message)
process.stdout.write(JSON.stringify({ info, written }))
