/** With these flags Node runs TypeScript files as they are. Newer versions than 22.12 would do so without. */
export const typescriptFlags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
