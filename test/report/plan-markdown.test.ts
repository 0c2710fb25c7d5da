import { describe, expect, it } from 'vitest'
import { wayBackMarkdown } from '#report/plan-markdown.js'

describe('a plan as Markdown', () => {
  it.each([
    ['an image', '![x](https://host.example/a.png)', '!&#91;x&#93;(https&#58;//host.example/a.png)'],
    ['a mention', '@team', '&#64;team'],
    ['an entity', '&lt;b&gt;', '&#38;lt;b&#38;gt;'],
    ['an address without a scheme', 'www.host.example', 'www&#46;host.example'],
    ['an item of a list', '1) a', '1&#41; a'],
    ['a version', '25.0.2', '25.0.2'],
    ['a line of its own', 'a\n# b', 'a&#92;u&#123;0a&#125;&#35; b'],
  ])('shows %s in what a plan says as it is written', (_, text, shown) => {
    const step = {
      id: 'a',
      service: 'x',
      phase: 'check',
      title: text,
      host: '`h` | i',
      commands: ['true'],
      answers: [],
      seconds: 1,
      limit: 2,
      undo: { means: 'nothing', commands: [] },
    } as const
    const lines = wayBackMarkdown({
      kind: 'back',
      service: 'x',
      from: 'b',
      to: 'a',
      by: 'undo',
      steps: [step],
    })
    expect(lines.split('\n')).toContain(`- [ ] **a** ${shown} on \`\` \`h\` \\u{7c} i \`\``)
  })
})
