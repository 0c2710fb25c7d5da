import { readFileSync } from 'node:fs'

/** What packaging 26.3 answers; written by test/oracle/packaging/make.py. */
export function answers<Answers>(name: string): Answers {
  return JSON.parse(
    readFileSync(new URL(`../oracle/packaging/${name}.json`, import.meta.url), 'utf8'),
  ) as Answers
}

/** Rows that differ, as a test shows them: an empty list is full agreement. */
export function differences<Row>(
  rows: readonly Row[],
  actual: (row: Row) => unknown,
  expected: (row: Row) => unknown,
) {
  const found: { row: Row; actual: unknown; expected: unknown }[] = []
  for (const row of rows) {
    const [mine, theirs] = [actual(row), expected(row)]
    if (JSON.stringify(mine) !== JSON.stringify(theirs)) found.push({ row, actual: mine, expected: theirs })
  }
  return found
}

/** The result, or the code of the error that it ended with. */
export function outcome<Result>(work: () => Result): Result | { code: unknown } {
  try {
    return work()
  } catch (error) {
    return { code: (error as { code?: unknown }).code }
  }
}
