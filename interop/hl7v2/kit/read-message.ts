/** What a message says, as far as every pathway's messages say it. Nothing is looked up here. */
import type { Place } from './hl7-error.ts';
import type { ReadPerson } from './read-person.ts';

/** A number with whoever gave it; the authority is '' where the message does not say. */
export interface Identifier {
  authority: string;
  value: string;
  place: Place;
}

export interface ReadMessage {
  patient: Identifier[];
  person: ReadPerson;
  /** ORC-2 or SCH-26. */
  placerNumber: Identifier | null;
  /** ORC-3 or SCH-27. */
  fillerNumber: Identifier | null;
  receivingFacility: string;
  /** The body of the command that the message means, as the HTTP API takes it. It lacks what has to be looked up, and the schemas of the API check it. */
  body: Record<string, unknown>;
  /** Where the members of the body stand in the message, by their path in the body. */
  places: Record<string, Place>;
}
