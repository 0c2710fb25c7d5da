import type { SavedPlan } from '#verbs/saved-result.js'
import type { Formats } from './outputs.js'

/** Every form that a plan can be written in. */
export const planFormatNames: readonly string[] = ['text', 'json', 'markdown', 'shell', 'html']

/** A plan with what was recorded of its steps, in each form. */
export function planFormats({ plan, steps }: SavedPlan): Formats {
  const results = new Map(steps.map(({ step, result }) => [step, result]))
  return {
    text: async (options) => (await import('#report/plan-text.js')).planText(plan, options, results),
    json: async () => (await import('#report/plan-json.js')).planJson(plan, steps),
    markdown: async () => (await import('#report/plan-markdown.js')).planMarkdown(plan, results),
    shell: async () => (await import('#report/plan-shell.js')).planShell(plan, results),
    html: async () => {
      const [{ planPage }, { readShell }] = await Promise.all([
        import('#report/html/plan-page.js'),
        import('./html-report.js'),
      ])
      return planPage(plan, results, await readShell())
    },
  }
}
