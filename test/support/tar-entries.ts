import { refuseLayer } from '#io/read-layer.js'
import { tarWalker } from '#io/tar-reader.js'

/** Name, kind, size and bytes of each entry. */
export function tarEntries(
  bytes: Buffer,
): readonly { path: string; type: string; size: number; content: string }[] {
  const entries: { path: string; type: string; size: number; content: string }[] = []
  const walker = tarWalker(
    {
      entry({ path, type, size }) {
        entries.push({ path, type, size, content: '' })
        return type === '0'
      },
      file(content) {
        entries.at(-1)!.content = content.toString('base64')
      },
    },
    refuseLayer('test.tar'),
  )
  walker.push(bytes)
  walker.end()
  return entries
}
