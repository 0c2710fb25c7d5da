/** For the command line, which tells them without loading what writes their files. */
export { engineNames } from '#export/engine-list.js'
