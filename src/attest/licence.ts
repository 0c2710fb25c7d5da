import { visible } from '#errors.js'
import type { CoreMetadata } from '#pep/core-metadata.js'
import { type LicenceExpression, parseLicenceExpression } from './spdx-expression.js'

/** What a distribution says of its licence: an expression where that follows, else its own words. */
export interface Licence {
  readonly expression?: LicenceExpression
  /** In its own words, safe to print; empty if there is an expression, or nothing is said. */
  readonly names: readonly string[]
}

const longestName = 120

/**
 * Classifiers that stand for exactly one licence. Those that PEP 639 calls ambiguous ("BSD License", "Apache
 * Software License") are no proof of one, so they stay the words that they are.
 */
const classifiers = new Map([
  ['MIT License', 'MIT'],
  ['MIT No Attribution License (MIT-0)', 'MIT-0'],
  ['ISC License (ISCL)', 'ISC'],
  ['Zero-Clause BSD (0BSD)', '0BSD'],
  ['The Unlicense (Unlicense)', 'Unlicense'],
  ['zlib/libpng License', 'Zlib'],
  ['Boost Software License 1.0 (BSL-1.0)', 'BSL-1.0'],
  ['Universal Permissive License (UPL)', 'UPL-1.0'],
  ['Eclipse Public License 1.0 (EPL-1.0)', 'EPL-1.0'],
  ['Eclipse Public License 2.0 (EPL-2.0)', 'EPL-2.0'],
  ['Mozilla Public License 1.1 (MPL 1.1)', 'MPL-1.1'],
  ['Mozilla Public License 2.0 (MPL 2.0)', 'MPL-2.0'],
  ['European Union Public Licence 1.2 (EUPL 1.2)', 'EUPL-1.2'],
  ['CC0 1.0 Universal (CC0 1.0) Public Domain Dedication', 'CC0-1.0'],
  ['GNU General Public License v2 (GPLv2)', 'GPL-2.0-only'],
  ['GNU General Public License v2 or later (GPLv2+)', 'GPL-2.0-or-later'],
  ['GNU General Public License v3 (GPLv3)', 'GPL-3.0-only'],
  ['GNU General Public License v3 or later (GPLv3+)', 'GPL-3.0-or-later'],
  ['GNU Lesser General Public License v2 (LGPLv2)', 'LGPL-2.0-only'],
  ['GNU Lesser General Public License v2 or later (LGPLv2+)', 'LGPL-2.0-or-later'],
  ['GNU Lesser General Public License v3 (LGPLv3)', 'LGPL-3.0-only'],
  ['GNU Lesser General Public License v3 or later (LGPLv3+)', 'LGPL-3.0-or-later'],
  ['GNU Affero General Public License v3', 'AGPL-3.0-only'],
  ['GNU Affero General Public License v3 or later (AGPLv3+)', 'AGPL-3.0-or-later'],
])

/** How people write licences whose version is certain, without blanks, punctuation and filling words. */
const spellings = new Map([
  ['mit', 'MIT'],
  ['mitmit', 'MIT'],
  ['expat', 'MIT'],
  ['apache2', 'Apache-2.0'],
  ['apache2.0', 'Apache-2.0'],
  ['apachev2', 'Apache-2.0'],
  ['apachev2.0', 'Apache-2.0'],
  ['asl2', 'Apache-2.0'],
  ['asl2.0', 'Apache-2.0'],
  ['2clausebsd', 'BSD-2-Clause'],
  ['bsd2clause', 'BSD-2-Clause'],
  ['simplifiedbsd', 'BSD-2-Clause'],
  ['3clausebsd', 'BSD-3-Clause'],
  ['bsd3clause', 'BSD-3-Clause'],
  ['newbsd', 'BSD-3-Clause'],
  ['modifiedbsd', 'BSD-3-Clause'],
  ['revisedbsd', 'BSD-3-Clause'],
  ['mpl2', 'MPL-2.0'],
  ['mpl2.0', 'MPL-2.0'],
  ['mozillapublic2.0', 'MPL-2.0'],
  ['zpl2.1', 'ZPL-2.1'],
  ['gplv2', 'GPL-2.0-only'],
  ['gplv2+', 'GPL-2.0-or-later'],
  ['gplv3', 'GPL-3.0-only'],
  ['gplv3+', 'GPL-3.0-or-later'],
  ['lgplv2.1', 'LGPL-2.1-only'],
  ['lgplv2.1+', 'LGPL-2.1-or-later'],
  ['lgplv3', 'LGPL-3.0-only'],
  ['lgplv3+', 'LGPL-3.0-or-later'],
])

/** The licence by License-Expression (PEP 639), else License, else the classifiers. */
export function licenceOf(
  metadata: Pick<CoreMetadata, 'license' | 'licenseExpression' | 'classifiers'>,
): Licence {
  const declared = metadata.licenseExpression ?? ''
  const written = /^\s*(?:unknown|none|n\/a)?\s*$/i.test(metadata.license ?? '')
    ? ''
    : (metadata.license ?? '').trim()
  const classified = licenceClassifiers(metadata.classifiers)
  const classifier = classified.length === 1 ? classifiers.get(classified[0]!) : undefined
  const spelled = written.length > longestName ? undefined : spellings.get(squeezed(written))
  const expression = parsed(declared) ?? parsed(written) ?? parsed(spelled ?? '') ?? parsed(classifier ?? '')
  if (expression !== undefined) return { expression, names: [] }
  const names = declared !== '' ? [declared] : classified.length > 0 ? classified : [written]
  return { names: names.filter((name) => name !== '').map((name) => visible(name, longestName)) }
}

function parsed(text: string): LicenceExpression | undefined {
  return text === '' ? undefined : parseLicenceExpression(text)
}

/** `BSD License` of `License :: OSI Approved :: BSD License`; what only says that there is a licence is left out. */
function licenceClassifiers(lines: readonly string[]): readonly string[] {
  const names = lines
    .filter((line) => /^License\s*::/.test(line))
    .map((line) => line.split('::').at(-1)!.trim())
    .filter((name) => name !== 'OSI Approved' && name !== '')
  return [...new Set(names)].sort()
}

function squeezed(text: string): string {
  return text
    .toLowerCase()
    .replace(/\b(?:the|licen[sc]e|version|software)\b/g, '')
    .replace(/[^a-z0-9.+]/g, '')
}
