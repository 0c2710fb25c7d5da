/** A distribution's name in its one canonical spelling (PEP 503). */
export type DistributionName = string & { readonly __brand: 'DistributionName' }

const validName = /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9])$/i

/** The canonical spelling of PEP 503; does not ask whether the name is valid. */
export function normalizeName(text: string): DistributionName {
  return text.toLowerCase().replace(/[-_.]+/g, '-') as DistributionName
}

/** Whether the core metadata specification and PEP 508 allow this as a name. */
export function isValidName(text: string): boolean {
  return validName.test(text)
}

/** The canonical spelling of an extra (PEP 685): the same rule as for names. */
export function normalizeExtra(text: string): string {
  return normalizeName(text)
}
