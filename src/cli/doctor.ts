import type { Command } from 'commander'
import type { GlobalOptions } from './options.js'
import { type Output, outputOption, writeOutputs } from './outputs.js'

interface DoctorFlags extends GlobalOptions {
  readonly output?: readonly Output[]
}

/** `svcsplit doctor`: what of this machine has known holes, or keeps commands from working. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'programs with known holes, folders, index and limits of this machine; exit code 1 on errors',
    )
    .addOption(outputOption())
    .action(async (_: unknown, self: Command) => {
      const flags = self.optsWithGlobals<DoctorFlags>()
      const [{ doctor }, { doctorText }, { cacheDir }] = await Promise.all([
        import('#verbs/doctor.js'),
        import('#report/doctor-text.js'),
        import('#io/cache-dir.js'),
      ])
      const result = await doctor({ cacheDir: cacheDir() })
      await writeOutputs(flags.output, flags.color, {
        text: () => doctorText(result),
        json: () => `${JSON.stringify(result, null, 2)}\n`,
      })
      if (result.checks.some(({ level }) => level === 'error')) process.exitCode = 1
    })
}
