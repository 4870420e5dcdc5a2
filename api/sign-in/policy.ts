/** Who may do what with sign-in: everybody with what is their own. */
import type { Policy, Rule } from '../kit/rule.ts';

const own: Rule = { roles: 'everyone', relation: 'own' };

export const signInPolicy = {
  createSession: { roles: 'public', relation: 'alliance' },
  createBrowserSession: { roles: 'public', relation: 'alliance' },
  unlockBrowserSession: own,
  switchBrowserSession: own,
  endBrowserSession: own,
  // Served in a demonstration only.
  listDemoAccounts: { roles: 'public', relation: 'alliance' },
  listMySessions: own,
  endMySession: own,
  changeMyPassword: own,
  beginSecondFactor: own,
  confirmSecondFactor: own,
  removeSecondFactor: own,
  // One of the two has to be a security administrator, which the operation itself asks.
  resetSecondFactor: { roles: ['secadmin', 'sysadmin'], relation: 'alliance' },
  getMe: { roles: 'everyone', relation: 'alliance' },
  chooseMyChannel: { roles: 'everyone', relation: 'alliance' },
} as const satisfies Policy;
