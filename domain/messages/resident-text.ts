/**
 * What a text for a resident is made of, and how it is filled in: who writes, when, where with address and telephone, what to bring, whom to call.
 * Messages carry ids, codes and instants; whatever a text shows of the directory is looked up when it is sent. Pure.
 */
import type { Language, Words } from '../kit/language.ts';
import { toDateTimeWords, toDateWords } from './date-words.ts';
import { fillPlaceholders, listPlaceholders, type PlaceholderValues } from './placeholders.ts';
import { givesAway } from './sensitive-words.ts';

/** What the reader has to be told. The linter looks for it in every text that owes it. */
export const textDuties = ['place', 'date', 'contact', 'emergency-number'] as const;
export type TextDuty = (typeof textDuties)[number];

/**
 * Whether a text waits for others of its day. Whatever it says here, a text of an emergency or of an urgent matter goes at once, and so does one that would
 * come too late tomorrow.
 * - at-once: an emergency, an answer that somebody waits for, or what must not be missed
 * - with-others: it goes with everything else of its day that can wait, as one message
 */
export type Sending =
  | { sending: 'at-once' }
  | {
      sending: 'with-others';
      /** Its matter, without who writes and whom to call: a message of several parts says these once. */
      inBundle: Words;
      /** So many seconds before the appointment that it is about it goes at once. */
      atOnceBeforeSeconds?: number;
    };

/** A text for residents in both languages, in the grammar of placeholders.ts. */
export type ResidentText = Words &
  Sending & {
    duties: readonly TextDuty[];
    /** The place to come to is the resident's own centre, whatever the message's parameters say. */
    at?: 'centre';
    /** It costs nobody a call of its own: whoever is called for something else, or comes, is told of it then. */
    neverCalls?: true;
    /**
     * It carries what only its reader may have, filled in when it is sent: it goes as a text message or not at all. A code is waited for by somebody who has
     * just asked for it, so neither the night nor the number of the day's messages holds it back.
     */
    secret?: 'link' | 'code';
  };

/** Somewhere to go to or to call. */
export interface Place {
  name: Words;
  address: Words | null;
  telephone: string | null;
}

/** What is known when a message is sent. */
export interface ResidentFacts {
  /** The resident's centre: it writes, and it is called. Null where the directory does not have it. */
  centre: Place | null;
  /** Where to go to; null where the message names no institution. */
  place: Place | null;
  /** The short number of the pathway, by which staff find it. */
  number: string | null;
  /** Milliseconds. The appointment, or the one that is cancelled. */
  startsAt: number | null;
  /** Milliseconds. The last day for what is asked. */
  dueAt: number | null;
  /** What is to be examined asks for an empty stomach. */
  fasting: boolean;
  /** What only the reader of this one message may have. */
  secrets?: MessageSecrets | undefined;
}

export interface MessageSecrets {
  /** The address of a link. */
  link?: string | undefined;
  code?: string | undefined;
}

const fasting: Words = {
  zh: '请空腹前来（前一晚10点后不进食，可少量喝水）。',
  en: 'Please come with an empty stomach (nothing to eat after 10 pm the evening before; a little water is fine).',
};

export function placeholderValues(facts: ResidentFacts, language: Language): PlaceholderValues {
  const { centre, place, number, startsAt, dueAt } = facts;
  return {
    centre: centre?.name[language],
    contact: centre?.telephone ?? undefined,
    // A hospital for one disease is found by its address; its name stays off the lock screen.
    place: place && !givesAway(place.name.zh) && !givesAway(place.name.en) ? place.name[language] : undefined,
    address: place?.address?.[language],
    telephone: place?.telephone ?? undefined,
    date: startsAt !== null ? toDateTimeWords(startsAt, language) : dueAt !== null ? toDateWords(dueAt, language) : undefined,
    fasting: facts.fasting ? fasting[language] : undefined,
    number: number ?? undefined,
    link: facts.secrets?.link,
    code: facts.secrets?.code,
  };
}

/** Every text may say who writes, whom to call, and by which number staff find the matter. */
const everywhere = ['centre', 'contact', 'number'];

/** Returns the placeholders that a text and its later versions may have: what the shipped text says is known when it is sent. */
export const placeholdersOf = ({ zh, en }: Words): string[] => [
  ...new Set([...everywhere, ...listPlaceholders(zh), ...listPlaceholders(en)]),
];

/** Returns the text that is sent. */
export const fillResidentText = (text: Words, facts: ResidentFacts, language: Language): string =>
  fillPlaceholders(text[language], placeholderValues(facts, language));
