/** A search by token (R4, search.html#token): `code`, `system|code`, `|code`, `system|`, several of them with commas between. */

interface Coded {
  system: string;
  code: string;
}

/**
 * Returns those of the codes that one of the tokens names. The element is a code, whose system is implied: a token without a system (`|code`) names it too.
 * A code or a system that is not among them names nothing, which is no error.
 */
export function findNamed<Code extends Coded>(tokens: string, codes: readonly Code[]): Code[] {
  const named = tokens.split(',').map((token) => {
    const bar = token.lastIndexOf('|');
    return { system: bar < 0 ? '' : token.slice(0, bar).trim(), code: token.slice(bar + 1).trim() };
  });
  return codes.filter((each) =>
    named.some(({ system, code }) => (system === '' || system === each.system) && (code === '' ? system !== '' : code === each.code)),
  );
}
