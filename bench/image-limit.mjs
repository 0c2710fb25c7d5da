/**
 * The least work for layers of given wheels, on one thread: read, sha256 of the wheel, inflate, sha256 of each file
 * and of all of them as a tar. No check, no order, nothing is written.
 * usage: node image-limit.mjs FOLDER
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'

const [folder = '.'] = process.argv.slice(2)
const tar = createHash('sha256')
const header = Buffer.alloc(512)
let files = 0
let bytes = 0
for (const name of readdirSync(folder)) {
  const wheel = readFileSync(join(folder, name))
  createHash('sha256').update(wheel).digest()
  const end = wheel.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  let at = wheel.readUInt32LE(end + 16)
  for (let left = wheel.readUInt16LE(end + 10); left > 0; left -= 1) {
    const packed = wheel.readUInt32LE(at + 20)
    const local = wheel.readUInt32LE(at + 42)
    const start = local + 30 + wheel.readUInt16LE(local + 26) + wheel.readUInt16LE(local + 28)
    const data = wheel.subarray(start, start + packed)
    const content = wheel.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data)
    createHash('sha256').update(content).digest()
    tar
      .update(header)
      .update(content)
      .update(header.subarray(0, (512 - (content.length % 512)) % 512))
    files += 1
    bytes += content.length
    at += 46 + wheel.readUInt16LE(at + 28) + wheel.readUInt16LE(at + 30) + wheel.readUInt16LE(at + 32)
  }
}
console.log(`${files} files, ${bytes} bytes, ${tar.digest('hex')}`)
