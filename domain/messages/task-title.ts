/** What a task is called in the worklist. The titles of a pathway's own tasks stand with its texts. */
import { UNDELIVERED_TASK, undeliveredTaskTitle } from '../interfaces/undelivered.ts';
import type { Words } from '../kit/language.ts';
import { findTexts, pathwayTexts } from '../kit/registry.ts';

/** The tasks of messages that people carry. */
export type MessageTaskName =
  | 'call-patient'
  | 'call-contact'
  | 'deliver-letter'
  | 'reach-resident'
  | 'reach-staff'
  | 'confirm-move'
  | 'confirm-death';

const messageTasks: Readonly<Record<string, Words>> = {
  'call-patient': { zh: '致电居民', en: 'Call the resident' },
  'call-contact': { zh: '致电联系人，请其转告居民', en: 'Call the contact, who is to tell the resident' },
  'deliver-letter': { zh: '送达信件', en: 'Hand over the letter' },
  'reach-resident': { zh: '各种方式均未送达，设法告知居民', en: 'No message has arrived: find a way to tell the resident' },
  'reach-staff': {
    zh: '消息无法送达工作人员，设法告知并更正其联系方式',
    en: 'No message reaches a member of staff: tell them, and correct how they are reached',
  },
  'confirm-move': { zh: '核实居民是否迁居', en: 'Find out whether the resident has moved' },
  'confirm-death': { zh: '核实居民是否去世', en: 'Find out whether the resident has died' },
} satisfies Record<MessageTaskName, Words>;

/** The tasks that any pathway may have beside its own. */
const taskTitlesOfAll: Readonly<Record<string, Words>> = { ...messageTasks, [UNDELIVERED_TASK]: undeliveredTaskTitle };

/** Says whether a task of this name is a message that people carry. */
export const isMessageTask = (name: string): boolean => Object.hasOwn(messageTasks, name);

/** What every task of every pathway is called, by its name. */
export const taskTitles = (): Readonly<Record<string, Words>> => ({
  ...Object.assign({}, ...Object.values(pathwayTexts).map(({ tasks }) => tasks)),
  ...taskTitlesOfAll,
});

/** Returns the title of a task in both languages; its name where this version of the service does not know it, which newer code must have written. */
export const taskTitleOf = (pathwayKind: string, name: string): Words =>
  findTexts(pathwayKind)?.tasks[name] ?? taskTitlesOfAll[name] ?? { zh: name, en: name };
