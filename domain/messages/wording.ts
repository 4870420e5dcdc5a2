/**
 * What the texts of a pathway are made of: the wordings of its messages and the words for its events. A pathway writes them in its `texts.ts` and
 * joins the table in domain/kit/registry.ts.
 */
import type { Language, Words } from '../kit/language.ts';

/** Who reads a message: a member of staff ('person') or the patient. */
export type Audience = 'person' | 'patient';

export interface Wording {
  /** what happened */
  what: string;
  /** what to do, as it follows 请 / please */
  todo?: string;
  /** the time to do it is over */
  late?: boolean;
}

export type Wordings = Readonly<Record<Language, Wording>>;

/** The messages of a pathway, by template. */
export interface MessageTexts {
  /** the word that every message of the pathway begins with: it says what kind of matter this is */
  subject: Words;
  /** each template as a member of staff reads it */
  staff: Readonly<Record<string, Wordings>>;
  /** Templates that also go to patients, who are told what concerns them and are never asked to work in the system. */
  patient: Readonly<Record<string, Wordings>>;
  /** what a patient reads of a template that has no wording for patients */
  otherNewsForPatient: Wordings;
  /** the rung at 0 %, which calls as soon as the clock begins; absent: the pathway has no such call */
  firstCall?: Wordings;
  /** what has to be done before a clock runs out, by the clock's name */
  workOfClock: Readonly<Record<string, Words>>;
}

/** Everything that people read of a pathway. */
export interface PathwayTexts {
  messages: MessageTexts;
  /** what its commands, facts, obligations and other lines of the timeline are called */
  events: Readonly<Record<string, Words>>;
}

/** rung-50 says that 50 % of the time is used; an alliance chooses its own percentages. Every pathway with clocks may send it. */
export type RungTemplate = `rung-${number}`;
