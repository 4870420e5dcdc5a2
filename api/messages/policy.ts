/** Who may do what with letters. A letter names its patient, so it is for those who would call or hand it over. */
import type { Policy, Rule } from '../kit/rule.ts';

const letter: Rule = { roles: ['gp', 'nurse', 'desk', 'head'], relation: 'institution' };

export const messagePolicy = { listLetters: letter, printLetter: letter, reportLetter: letter } as const satisfies Policy;
