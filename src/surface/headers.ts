/** The files of the facts; each is text in blocks, one for a distribution, which begin at the margin. */
export const surfaceFiles = {
  used: 'used-names.txt',
  bound: 'bound-names.txt',
  imports: 'import-graph.txt',
} as const

export const surfaceHeaders = {
  used: [
    '# svcsplit used-names 1, made by: svcsplit catalog update',
    '# DISTRIBUTION VERSIONS...; under it " LIBRARY KIND NAME [likely]", " undeclared MODULE PROVIDERS..." or " ! PROBLEM"',
    '# of files that cannot be read; under that "  VERSION-POSITIONS FILE:LINE[*COUNT] [call] [GUARD]". Names that every',
    '# version of their library has are left out.',
  ].join('\n'),
  bound: [
    '# svcsplit bound-names 1, made by: svcsplit catalog update',
    '# DISTRIBUTION VERSIONS...; under it " @ TOP-MODULE VERSION-POSITIONS" and " OWNER"; under that',
    '# "  KIND NAME [POSITIONS-THAT-LACK-IT] [?REASON:POSITIONS]...". Only names that another distribution uses.',
  ].join('\n'),
  imports: [
    '# svcsplit import-graph 1, made by: svcsplit catalog update',
    '# DISTRIBUTION VERSIONS...; under it " MODULE POSITIONS" for its own and " + MODULE" for others, numbered in this',
    '# order from 0; under a module "  [POSITIONS:] NUMBERS..." of what it imports, positions where not all of its own.',
  ].join('\n'),
} as const
