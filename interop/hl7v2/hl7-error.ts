/** What is wrong with a message, where, and how the standard calls it. */
import type { Words } from '../../domain/kit/errors.ts';

/** HL7 table 0357, message error conditions. */
export const conditions = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '207': 'Application internal error',
} as const;
export type Condition = keyof typeof conditions;

/** Where in a message, counted from 1 as in its specification. */
export interface Place {
  segment: string;
  /** of the segments of this name */
  sequence: number;
  field?: number;
  repetition?: number;
  component?: number;
}

export interface Complaint {
  condition: Condition;
  /** null: the message as a whole */
  place: Place | null;
  /** code of our own catalogue */
  code: string;
  words: Words;
}

/** AE: understood and not done. AR: not understood, or not now. */
export type Refusing = 'AE' | 'AR';

export class Hl7Error extends Error {
  readonly acknowledgement: Refusing;
  readonly complaints: readonly Complaint[];

  constructor(acknowledgement: Refusing, ...complaints: Complaint[]) {
    super(complaints.map(({ condition, words }) => `${condition} ${words.en}`).join('; '));
    this.name = 'Hl7Error';
    this.acknowledgement = acknowledgement;
    this.complaints = complaints;
  }
}

/** The message cannot be understood. */
export const malformed = (condition: Condition, place: Place | null, words: Words): Hl7Error =>
  new Hl7Error('AR', { condition, place, code: 'malformed-message', words });

/** It is understood, and a value in it is not as it must be. */
export const wrongValue = (condition: Condition, place: Place | null, words: Words): Hl7Error =>
  new Hl7Error('AE', { condition, place, code: 'invalid-request', words });
