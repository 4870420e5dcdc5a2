/** Lets Node run TypeScript files as they are; 22.12 still wants to be asked. */
export const typescriptFlags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
