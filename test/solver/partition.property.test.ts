import fc from 'fast-check'
import { expect, test } from 'vitest'
import { smallestPartition, type Together } from '#solver/partition.js'
import { finish, type Task } from '#solver/task.js'

/** Sets of two or three of up to seven members that do not fit together. */
const failing = fc.record({
  count: fc.integer({ min: 1, max: 7 }),
  sets: fc.array(fc.uniqueArray(fc.nat(6), { minLength: 2, maxLength: 3 }), { maxLength: 8 }),
})

function fits(sets: readonly (readonly number[])[], members: readonly number[]): boolean {
  return !sets.some((set) => set.every((member) => members.includes(member)))
}

/** Answers with one failing set at a time: whatever else there is has to be found by asking again. */
function oracle(sets: readonly (readonly number[])[]) {
  return function* together(members: readonly number[]): Task<Together> {
    const set = sets.find((one) => one.every((member) => members.includes(member)))
    return set === undefined ? { kind: 'fits' } : { kind: 'fails', sets: [[...set].sort()] }
  }
}

/** Every way to put members into groups, one after the other. */
function fewestByTrying(count: number, sets: readonly (readonly number[])[]): number {
  let best = count
  const groups: number[][] = []
  const place = (member: number): void => {
    if (groups.length >= best) return
    if (member === count) {
      best = groups.length
      return
    }
    for (const group of [...groups]) {
      if (!fits(sets, [...group, member])) continue
      group.push(member)
      place(member + 1)
      group.pop()
    }
    groups.push([member])
    place(member + 1)
    groups.pop()
  }
  place(0)
  return best
}

test('The number of groups is the smallest, each group fits, and the proof holds.', () => {
  fc.assert(
    fc.property(failing, ({ count, sets: drawn }) => {
      const sets = drawn.filter((set) => set.every((member) => member < count))
      const partition = finish(smallestPartition(count, oracle(sets)))
      if (partition.kind !== 'partition') throw new Error(partition.kind)
      const { groups, lowerBound } = partition
      const best = groups.length === 0 ? 0 : fewestByTrying(count, sets)
      expect(groups.flat().sort()).toEqual(Array.from({ length: count }, (_, i) => i))
      for (const group of groups) expect(fits(sets, group)).toBe(true)
      expect(groups.length).toBe(best)
      if (lowerBound.kind === 'clique') {
        const { members } = lowerBound
        expect(members.length).toBe(groups.length)
        for (const a of members) for (const b of members) if (a !== b) expect(fits(sets, [a, b])).toBe(false)
      } else {
        for (const set of lowerBound.sets) expect(fits(sets, set)).toBe(false)
        expect(fewestByTrying(count, lowerBound.sets)).toBe(groups.length)
      }
    }),
    { numRuns: 500 },
  )
})

test('A member that fits nowhere is named.', () => {
  const partition = finish(smallestPartition(3, oracle([[1]])))
  expect(partition).toEqual({ kind: 'alone', members: [1] })
})

test('A hundred members in ten releases need ten groups, with a clique as proof.', () => {
  const release = (member: number) => Math.floor(member / 10)
  const pairs: [number, number][] = []
  for (let i = 0; i < 100; i++)
    for (let j = i + 1; j < 100; j++) if (release(i) !== release(j)) pairs.push([i, j])
  const partition = finish(smallestPartition(100, oracle(pairs), pairs))
  expect(partition.kind === 'partition' && partition.groups.map(([first]) => first)).toEqual(
    Array.from({ length: 10 }, (_, i) => i * 10),
  )
  expect(partition.kind === 'partition' && partition.lowerBound.kind).toBe('clique')
})
