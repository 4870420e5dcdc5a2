/**
 * What the texts of a pathway are made of: the wordings of its messages and the words for its events. A pathway writes them in its `texts.ts` and
 * joins the table in domain/kit/registry.ts.
 */
import type { Language, Words } from '../kit/language.ts';
import type { ResidentText } from './resident-text.ts';

/** The reader of a message is a member of staff ('person') or the patient. */
export type Audience = 'person' | 'patient';

export interface Wording {
  /** What has happened, as the first half of the sentence. */
  what: string;
  /** What the reader is asked to do, in the words that follow 请 / please. */
  todo?: string;
  /** True when the time to do it is over already. */
  late?: boolean;
}

export type Wordings = Readonly<Record<Language, Wording>>;

/**
 * How a message to staff gets into the morning digest. task: there is a task that says it, and tasks are counted when the digest goes. news: there is
 * none, so the message itself is counted.
 */
export type DigestPart = 'task' | 'news';

/** The messages of a pathway, by template. */
export interface MessageTexts {
  /** Every message of the pathway begins with this word, which says what kind of matter it is about. */
  subject: Words;
  /** Each template, in the words for members of staff. */
  staff: Readonly<Record<string, Wordings>>;
  /** Templates that go to patients, who are told what concerns them and are never asked to work in the system. */
  patient: Readonly<Record<string, ResidentText>>;
  /** Routine messages to staff that are counted in the morning digest instead of being sent one by one, and how. */
  digest?: Readonly<Record<string, DigestPart>>;
  /** A patient reads this when a template has no wording for patients. */
  otherNewsForPatient: Wordings;
  /** The rung at 0 %, which calls as soon as the clock begins. Left out by a pathway that has no such call. */
  firstCall?: Wordings;
  /** For each clock, by its name, what has to be done before it runs out. */
  workOfClock: Readonly<Record<string, Words>>;
}

/** All words of a pathway that people read. */
export interface PathwayTexts {
  messages: MessageTexts;
  /** The words for the pathway's commands, facts, obligations and the other lines of its timeline. */
  events: Readonly<Record<string, Words>>;
  /** The titles of the pathway's tasks in the worklist, by the name of the task: what has to be done, without a word about the person. */
  tasks: Readonly<Record<string, Words>>;
}

/** The template rung-50 says that 50 % of the time is used. An alliance chooses its own percentages, and every pathway with clocks may send them. */
export type RungTemplate = `rung-${number}`;
