/**
 * Writes made-up wheels, each the same in every run, and their list as `wheels.json`.
 * usage: node made-wheels.mjs FOLDER COUNT
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { randomFrom } from './random.mjs'

/** @param {readonly { name: string, content: Buffer }[]} files */
function zip(files) {
  /** @type {Buffer[]} */
  const parts = []
  /** @type {Buffer[]} */
  const directory = []
  let at = 0
  for (const { name, content } of files) {
    const packed = deflateRawSync(content)
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50, 0)
    head.writeUInt16LE(20, 4)
    head.writeUInt16LE(8, 8)
    head.writeUInt16LE(0x21, 12)
    head.writeUInt32LE(crc32(content), 14)
    head.writeUInt32LE(packed.length, 18)
    head.writeUInt32LE(content.length, 22)
    head.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(0x0314, 4)
    head.copy(entry, 6, 4, 28)
    entry.writeUInt32LE((0o100644 << 16) >>> 0, 38)
    entry.writeUInt32LE(at, 42)
    parts.push(head, Buffer.from(name), packed)
    directory.push(entry, Buffer.from(name))
    at += 30 + name.length + packed.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

/** @param {number} index */
function wheel(index) {
  const random = randomFrom(index)
  const [name, version] = [`made_${index}`, '1.0']
  const info = `${name}-${version}.dist-info`
  const files = Array.from({ length: 8 }, (_, i) => ({
    name: `${name}/module_${i}.py`,
    content: Buffer.from(
      Array.from(
        { length: 40 + random.below(80) },
        () => `value_${random.below(1e6)} = ${random.next()}\n`,
      ).join(''),
    ),
  }))
  files.push(
    {
      name: `${info}/METADATA`,
      content: Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
    },
    {
      name: `${info}/WHEEL`,
      content: Buffer.from('Wheel-Version: 1.0\nGenerator: made\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    },
  )
  const record = files.map(
    ({ name: path, content }) =>
      `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${content.length}\n`,
  )
  files.push({ name: `${info}/RECORD`, content: Buffer.from(`${record.join('')}${info}/RECORD,,\n`) })
  return {
    name: name.replace('_', '-'),
    version,
    filename: `${name}-${version}-py3-none-any.whl`,
    bytes: zip(files),
  }
}

const [folder = '', count = '0'] = process.argv.slice(2)
const list = Array.from({ length: Number(count) }, (_, index) => {
  const { bytes, ...rest } = wheel(index)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(folder, sha256), bytes)
  return { ...rest, sha256, size: bytes.length }
})
writeFileSync(join(folder, 'wheels.json'), JSON.stringify(list))
