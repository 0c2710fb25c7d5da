/**
 * Works on `jobs` items at a time. After a failure none is begun any more, those begun come to their end, and then
 * the first failure is thrown.
 */
export async function atOnce<T>(
  jobs: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const failures: unknown[] = []
  async function worker(): Promise<void> {
    for (const item of queue) {
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}
