/**
 * The rung of the contact person: when neither a text nor a call has reached a resident, somebody whom they have named is asked to have them call, before
 * a letter goes. The contact is told nothing of the matter, and not who is meant by name. Pure.
 */
import { isTelephone, phoneKeyOf } from '../residents/telephone.ts';
import type { ResidentText } from './resident-text.ts';

export const contactTemplate = 'contact-please-call';

export const contactText: ResidentText = {
  sending: 'at-once',
  duties: ['contact'],
  at: 'centre',
  zh: '[【{centre}】]您好，您是本中心一位居民留下的联系人。我们暂时联系不上这位居民，烦请您转告其尽快[致电{contact}|联系家庭医生]。谢谢您的帮助。[编号{number}]',
  en: '[{centre}: ]Hello, a resident of our centre has named you as a contact. We cannot reach them at the moment; would you kindly ask them to [call {contact}|get in touch with their family doctor] soon? Thank you for your help.[ No. {number}]',
};

export interface ContactOfResident {
  id: string;
  phone: string | null;
}

export interface ReachOfResident {
  contacts: readonly ContactOfResident[];
  /** The keys of telephone numbers that were tried for the resident, or at which somebody else has answered. */
  deadKeys: readonly string[];
  /** The resident has been spoken to last and refused. */
  hasRefused: boolean;
  /** The resident has died, or is said to have. */
  mayHaveDied: boolean;
}

/** Returns the first contact with a telephone of their own; undefined when there is none, and when nobody may be asked. */
export function findContactToAsk({ contacts, deadKeys, hasRefused, mayHaveDied }: ReachOfResident): ContactOfResident | undefined {
  if (hasRefused || mayHaveDied) return undefined;
  return contacts.find(({ phone }) => phone !== null && isTelephone(phone) && !deadKeys.includes(phoneKeyOf(phone)));
}
