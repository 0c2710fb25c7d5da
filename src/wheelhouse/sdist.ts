/** A distribution version. */
export interface Named {
  readonly distribution: string
  readonly version: string
}

/** An sdist on disk. */
export interface SdistFile extends Named {
  readonly filename: string
  readonly path: string
}

/** An sdist that was verified by its hash: a wheel of it is kept under that hash. */
export interface Sdist extends SdistFile {
  readonly sha256: string
}
