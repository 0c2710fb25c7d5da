/**
 * The visible texts of a page whose colour is too near to that of their ground: below 4.5 to 1, or 3 to 1 for
 * large text (WCAG 2.2, 1.4.3). Runs in the page, so it has all that it needs inside.
 */
export function unreadableTexts(): string[] {
  const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)

  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }

  const groundOf = (element: Element): string => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if ((channels(backgroundColor)[3] ?? 1) > 0.99 && backgroundColor !== 'transparent')
        return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }

  const texts = [...document.querySelectorAll('body *')].filter(
    (element) =>
      element.getClientRects().length > 0 &&
      [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== ''),
  )
  return texts.flatMap((element) => {
    const style = getComputedStyle(element)
    const color = element instanceof SVGElement ? style.fill : style.color
    const [one, other] = [luminance(color), luminance(groundOf(element))]
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    const size = Number.parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    return ratio >= (isLarge ? 3 : 4.5)
      ? []
      : [
          `${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute('class')}: ${element.textContent?.slice(0, 30)}`,
        ]
  })
}

/** What of a page those cannot use who do not see it: in words, nothing if all is well. Runs in the page. */
export function accessFaults(): string[] {
  const all = (selector: string): Element[] => [...document.querySelectorAll(selector)]
  const nameOf = (element: Element): string =>
    element.getAttribute('aria-label') ?? (element.closest('label') ?? element).textContent ?? ''
  const headings = all('h1, h2, h3').map(({ tagName }) => Number(tagName[1]))
  const ids = all('[id]').map(({ id }) => id)
  return [
    ...all('a, button, input, select, summary')
      .filter((one) => nameOf(one).trim() === '')
      .map((one) => `no name: ${one.outerHTML}`),
    ...all('svg:not([aria-label])').map(() => 'a picture without a text'),
    ...all('table')
      .filter((one) => one.querySelector('th[scope]') === null)
      .map((one) => `a table without headers: ${one.className}`),
    ...all('[aria-labelledby]')
      .filter((one) => document.getElementById(one.getAttribute('aria-labelledby') ?? '') === null)
      .map((one) => `named by nothing: ${one.outerHTML.slice(0, 80)}`),
    ...headings.flatMap((level, index) =>
      level - (headings[index - 1] ?? 0) > 1 ? [`heading ${level} after ${headings[index - 1]}`] : [],
    ),
    ...(headings.filter((level) => level === 1).length === 1 ? [] : ['not one first heading']),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: #${id}`),
    ...(document.documentElement.lang === 'en' ? [] : ['no language']),
  ]
}
