/** Who may do what with sign-in: everybody with what is their own. */
import type { Policy, Rule } from '../kit/rule.ts';

const own: Rule = { roles: 'everyone', relation: 'own' };

export const signInPolicy = {
  createSession: { roles: 'public', relation: 'alliance' },
  listMySessions: own,
  endMySession: own,
  changeMyPassword: own,
  getMe: { roles: 'everyone', relation: 'alliance' },
  chooseMyChannel: { roles: 'everyone', relation: 'alliance' },
} as const satisfies Policy;
