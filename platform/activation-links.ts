/** Where an activation link leads. The token stands behind the #, so that no server, proxy or log on the way sees it. */
export const activationAddress = (publicUrl: string, token: string): string => new URL(`/activate#token=${token}`, publicUrl).href;
