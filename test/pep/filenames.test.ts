import { describe, expect, it } from 'vitest'
import { isValidName, normalizeExtra, normalizeName } from '#pep/name.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import { answers, differences, outcome } from './answers.js'

type Wheel = [text: string] | [text: string, name: string, version: string, build: string, tags: string[]]
type Name = [text: string, normalized: string, valid: boolean]
const { wheels, names } = answers<{ wheels: Wheel[]; names: Name[] }>('filenames')

describe('file names and names agree with packaging 26.3', () => {
  it('for wheels', () => {
    const actual = ([text]: Wheel) => {
      const wheel = outcome(() => parseWheelFilename(text))
      if ('code' in wheel) return [text]
      // packaging gives the build number as a number and the rest.
      const build = (wheel.build ?? '').replace(/^0+(?=[0-9])/, '')
      return [text, wheel.name, wheel.version, build, [...wheel.tags].sort()]
    }
    expect(differences(wheels, actual, (row) => row)).toEqual([])
  })

  it('for names of distributions and extras', () => {
    expect(
      differences(
        names,
        ([text]) => [text, normalizeName(text), isValidName(text)],
        (row) => row,
      ),
    ).toEqual([])
    expect(normalizeExtra('A_b.C')).toBe('a-b-c')
  })
})

describe('parseWheelFilename', () => {
  it('keeps the order of compressed tags and expands them', () => {
    expect(parseWheelFilename('a-1-1x-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl')).toEqual({
      name: 'a',
      version: '1',
      build: '1x',
      tags: ['cp311-cp311-manylinux_2_17_x86_64', 'cp311-cp311-manylinux2014_x86_64'],
    })
  })

  it('refuses a set of tags that would multiply without end', () => {
    const many = Array(100).fill('a').join('.')
    expect(() => parseWheelFilename(`a-1-${many}-${many}-${many}.whl`)).toThrow(
      expect.objectContaining({ code: 'E-REQ-SYNTAX', message: expect.stringContaining('more than 1000') }),
    )
  })
})
