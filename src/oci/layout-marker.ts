/** What tells that a folder is an OCI image layout. Source: image-layout.md, "oci-layout file". */
export const layoutMarker = { path: 'oci-layout', text: '{"imageLayoutVersion":"1.0.0"}' } as const

/** Whether a file of that name says a version that can be read: 1 in any form. */
export function isLayoutMarker(text: string): boolean {
  return /"imageLayoutVersion"\s*:\s*"1\.[0-9]+\.[0-9]+"/.test(text)
}
