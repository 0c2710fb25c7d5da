/** Text, truth, or lists and tables of them. */
export type SetupValue = string | boolean | readonly SetupValue[] | { readonly [key: string]: SetupValue }

/** What a `setup.py` gives to `setup()`. */
export interface SetupCall {
  /** Arguments whose values are written out. */
  readonly stated: ReadonlyMap<string, SetupValue>
  /** Arguments that are worked out when it runs -> line; `*` where any may be. */
  readonly computed: ReadonlyMap<string, number>
}

/** Reads a `setup.py` without running it. */
export type ReadSetupCall = (bytes: Uint8Array) => Promise<SetupCall>
