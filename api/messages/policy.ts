/** Who may do what with letters and with the texts of messages. A letter names its patient, so it is for those who would call or hand it over. */
import type { Policy, Rule } from '../kit/rule.ts';

const letter: Rule = { roles: ['gp', 'nurse', 'desk', 'head'], relation: 'institution' };

/** What residents are written is the alliance's to say. */
const text: Rule = { roles: ['office'], relation: 'alliance' };

export const messagePolicy = {
  listLetters: letter,
  printLetter: letter,
  reportLetter: letter,

  listMessageTemplates: { roles: 'everyone', relation: 'alliance' },
  createMessageTemplateVersion: text,
  publishMessageTemplate: text,
} as const satisfies Policy;
