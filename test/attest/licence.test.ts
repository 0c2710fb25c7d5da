import { describe, expect, it } from 'vitest'
import { licenceOf } from '#attest/licence.js'
import { parseLicenceExpression } from '#attest/spdx-expression.js'

const osi = 'License :: OSI Approved'

describe('parseLicenceExpression', () => {
  it.each([
    ['mit', 'MIT'],
    ['apache-2.0 or bsd-3-clause', 'Apache-2.0 OR BSD-3-Clause'],
    ['(MIT)', '(MIT)'],
    ['((MIT AND ISC)OR Zlib)', '((MIT AND ISC) OR Zlib)'],
    ['GPL-2.0-or-later with classpath-exception-2.0', 'GPL-2.0-or-later WITH Classpath-exception-2.0'],
    ['GPL-2.0+', 'GPL-2.0+'],
    ['Apache-2.0+', 'Apache-2.0+'],
    ['LicenseRef-Proprietary AND MIT', 'LicenseRef-Proprietary AND MIT'],
  ])('spells %j as %j', (text, spelled) => {
    expect(parseLicenceExpression(text)?.text).toBe(spelled)
  })

  it.each([
    '',
    'Apache 2.0',
    'BSD',
    'MIT OR',
    'OR MIT',
    'MIT ISC',
    '(MIT',
    'MIT)',
    '()',
    'MIT WITH',
    'MIT WITH ISC',
    '(MIT) WITH Classpath-exception-2.0',
    'GPL-2.0-only WITH Classpath-exception-2.0 WITH Classpath-exception-2.0',
    'LicenseRef-',
    'LicenseRef-a b',
    'LicenseRef-a/b',
    'DocumentRef-x:LicenseRef-y',
    'constructor',
    '__proto__',
    `${'('.repeat(400_000)}MIT`,
  ])('does not take %j for one', (text) => {
    expect(parseLicenceExpression(text)).toBeUndefined()
  })

  it('names the references that a document has to explain', () => {
    expect(parseLicenceExpression('licenseref-b OR LicenseRef-a')?.references).toEqual([
      'LicenseRef-a',
      'LicenseRef-b',
    ])
  })
})

describe('licenceOf', () => {
  it.each([
    ['License-Expression before all', { licenseExpression: 'ISC', license: 'MIT', classifiers: [] }, 'ISC'],
    ['License where it is an expression', { license: 'bsd-3-clause', classifiers: [] }, 'BSD-3-Clause'],
    [
      'License in a well-known spelling',
      { license: 'Apache License, Version 2.0', classifiers: [] },
      'Apache-2.0',
    ],
    ['License with the licence twice', { license: 'The MIT License (MIT)', classifiers: [] }, 'MIT'],
    [
      'a classifier that stands for one licence',
      { license: 'UNKNOWN', classifiers: ['Programming Language :: Python', `${osi} :: ISC License (ISCL)`] },
      'ISC',
    ],
  ])('takes %s', (_, metadata, expression) => {
    expect(licenceOf(metadata).expression?.text).toBe(expression)
  })

  it.each([
    ['guess a version', { classifiers: [`${osi} :: Apache Software License`] }, ['Apache Software License']],
    ['guess how many clauses', { license: 'BSD', classifiers: [`${osi} :: BSD License`] }, ['BSD License']],
    [
      'guess whether both or either is meant',
      { classifiers: [`${osi} :: MIT License`, osi, `${osi} :: BSD License`] },
      ['BSD License', 'MIT License'],
    ],
    ['believe an expression that is none', { licenseExpression: 'My Own', classifiers: [] }, ['My Own']],
    ['make one up', { classifiers: [] }, []],
  ])('does not %s', (_, metadata, names) => {
    expect(licenceOf(metadata)).toEqual({ names })
  })

  it('makes hostile text safe and short', () => {
    const { names } = licenceOf({ license: `\u001b[31m\u202e${'x'.repeat(100_000)}`, classifiers: [] })
    expect(names[0]).toMatch(/^\\u\{1b\}\[31m\\u\{202e\}x+…$/)
    expect(names[0]!.length).toBeLessThan(150)
  })
})
