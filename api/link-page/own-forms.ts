/** Whether a form comes from one of our own pages: a browser says so, and what other pages send is not taken. */
const SESSION_COOKIE = '__Host-carepath-link';

/**
 * By Sec-Fetch-Site or, without that header, by an equal origin. A page that tells nobody its address sends `null` as the origin of its forms; an older
 * browser says no more than that, and whoever sends such a form from elsewhere would have to know the address.
 */
export function isOwnForm(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const origin = headers.get('origin');
  if (origin === 'null') return true;
  return origin !== null && URL.canParse(origin) && new URL(origin).host === headers.get('host');
}

/** The session that a page keeps; undefined without one. */
export const sessionInCookie = (headers: Headers): string | undefined =>
  (headers.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === SESSION_COOKIE)?.[1];

/** For this host alone, never told to scripts, never sent from other pages; it ends with the session. */
export const sessionCookie = (session: string, seconds: number): string =>
  `${SESSION_COOKIE}=${session}; Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Strict`;
