/**
 * What the messages about one stay in hospital say together. The standing is folded anew over all of them whenever one comes, in the order in which the
 * hospital wrote them, so that it does not matter in which order they arrive or how often.
 */

/** The messages of HL7 v2 about a visit; facts and FHIR say the same and come as these. */
export const visitEvents = ['A01', 'A08', 'A02', 'A12', 'A03', 'A13', 'A11'] as const;
export type VisitEvent = (typeof visitEvents)[number];

export const admissionTypes = ['emergency', 'urgent', 'elective', 'other'] as const;
export type AdmissionType = (typeof admissionTypes)[number];
export const dispositions = ['home', 'institution', 'against-advice', 'other-hospital', 'died'] as const;
export type Disposition = (typeof dispositions)[number];

/** One message. Instants are in milliseconds; null stands for an empty field, which changes nothing. */
export interface VisitMessage {
  /** MSH-10, which its sender uses once. */
  id: string;
  event: VisitEvent;
  /** EVN-2, else MSH-7: when the hospital wrote it down. */
  recordedAt: number;
  /** EVN-6. In a cancellation it is the time of what is cancelled. */
  occurredAt: number | null;
  /** PV1-44. */
  admittedAt: number | null;
  /** PV1-45. */
  dischargedAt: number | null;
  departmentCode: string | null;
  admissionType: AdmissionType | null;
  disposition: Disposition | null;
  /** PV1-2 is I. */
  isInpatient: boolean;
}

export interface VisitStanding {
  status: 'admitted' | 'discharged' | 'cancelled';
  /** Null when no message has told it. */
  admittedAt: number | null;
  /** Null unless discharged. */
  dischargedAt: number | null;
  departmentCode: string | null;
  /** The departments that the person was moved from, the last one at the end. */
  departmentsBefore: readonly (string | null)[];
  admissionType: AdmissionType | null;
  disposition: Disposition | null;
}

/** The stay of the same person that begins next after this one, and stands. */
export interface LaterStay {
  episodeId: string;
  hospitalId: string;
  /** In milliseconds. */
  admittedAt: number;
  /** It was elective. */
  planned: boolean;
  status: 'admitted' | 'discharged';
}

/** What became of a message. One that contradicts what stands is for a person to look at. */
export type MessageEffect = 'applied' | 'noted' | 'review';

export interface FoldedVisit {
  /** Null while no message has said that there is a stay. */
  standing: VisitStanding | null;
  /** The earliest instant at which anything was written of the visit. It orders the stays of which nobody has told the admission. */
  firstRecordedAt: number | null;
  /** By the id of the message. */
  effects: ReadonlyMap<string, MessageEffect>;
}

interface Step {
  standing: VisitStanding | null;
  effect: MessageEffect;
}

export function foldVisit(messages: Iterable<VisitMessage>): FoldedVisit {
  const written = [...new Map([...messages].map((message) => [message.id, message])).values()].toSorted(compareMessages);
  const effects = new Map<string, MessageEffect>();
  let standing: VisitStanding | null = null;
  for (const message of written) {
    const step: Step = message.isInpatient ? applyMessage(standing, message) : { standing, effect: 'noted' };
    standing = step.standing;
    effects.set(message.id, step.effect);
  }
  return { standing, firstRecordedAt: written[0]?.recordedAt ?? null, effects };
}

/** By the time of writing; what was written at one instant in the order of a stay, cancellations last. */
const compareMessages = (a: VisitMessage, b: VisitMessage): number =>
  a.recordedAt - b.recordedAt || visitEvents.indexOf(a.event) - visitEvents.indexOf(b.event) || (a.id < b.id ? -1 : Number(a.id > b.id));

const blank: Omit<VisitStanding, 'status'> = {
  admittedAt: null,
  dischargedAt: null,
  departmentCode: null,
  departmentsBefore: [],
  admissionType: null,
  disposition: null,
};

function applyMessage(standing: VisitStanding | null, message: VisitMessage): Step {
  const applied = (after: VisitStanding): Step => ({ standing: after, effect: 'applied' });
  const noted: Step = { standing, effect: 'noted' };
  const review: Step = { standing, effect: 'review' };
  const status = standing?.status ?? 'none';
  const before: VisitStanding = standing && standing.status !== 'cancelled' ? standing : { status: 'admitted', ...blank };

  switch (message.event) {
    case 'A01':
      if (status === 'discharged')
        return applied({
          ...before,
          admittedAt: admissionOf(before, message),
          admissionType: message.admissionType ?? before.admissionType,
        });
      return applied({ ...withData(before, message), admittedAt: admissionOf(before, message) });
    case 'A08':
      if (status === 'none' || status === 'cancelled') return noted;
      return applied({
        ...withData(before, message),
        admittedAt: message.admittedAt ?? before.admittedAt,
        ...dischargeOf(before, message),
      });
    case 'A02':
      if (status === 'none') return applied(withGap(withData(before, message), message));
      if (status !== 'admitted') return noted;
      return applied(
        withGap({ ...withData(before, message), departmentsBefore: [...before.departmentsBefore, before.departmentCode] }, message),
      );
    case 'A12':
      if (status === 'none') return applied(withGap(withData(before, message), message));
      return status === 'admitted' && before.departmentsBefore.length > 0 ? applied(withGap(backAtPlaceBefore(before), message)) : noted;
    case 'A03':
      if (status === 'cancelled') return review;
      if (status === 'discharged') return applied(withGap({ ...before, ...dischargeOf(before, message) }, message));
      return applied(
        withGap(
          {
            ...withData(before, message),
            status: 'discharged',
            dischargedAt: message.occurredAt ?? message.dischargedAt ?? message.recordedAt,
            disposition: message.disposition,
          },
          message,
        ),
      );
    case 'A13':
      if (status === 'cancelled') return review;
      if (status === 'admitted') return noted;
      return applied(withGap({ ...withData(before, message), status: 'admitted', dischargedAt: null, disposition: null }, message));
    case 'A11':
      if (status === 'discharged') return review;
      if (status === 'cancelled') return noted;
      return applied({ ...before, status: 'cancelled' });
  }
}

/** A second notice of the admission that tells no time of it leaves the time that is known. */
const admissionOf = ({ admittedAt }: VisitStanding, message: VisitMessage): number =>
  message.occurredAt ?? message.admittedAt ?? admittedAt ?? message.recordedAt;

/** A correction of the discharge: what it does not tell stays. */
const dischargeOf = ({ status, dischargedAt, disposition }: VisitStanding, message: VisitMessage) =>
  status === 'discharged'
    ? {
        dischargedAt: (message.event === 'A03' ? message.occurredAt : null) ?? message.dischargedAt ?? dischargedAt,
        disposition: message.disposition ?? disposition,
      }
    : {};

const withData = (standing: VisitStanding, { departmentCode, admissionType }: VisitMessage): VisitStanding => ({
  ...standing,
  departmentCode: departmentCode ?? standing.departmentCode,
  admissionType: admissionType ?? standing.admissionType,
});

/** Only the admission itself and a correction of the data overrule when it was; others tell it where nobody has. */
const withGap = (standing: VisitStanding, { admittedAt }: VisitMessage): VisitStanding => ({
  ...standing,
  admittedAt: standing.admittedAt ?? admittedAt,
});

function backAtPlaceBefore(standing: VisitStanding): VisitStanding {
  const departmentCode = standing.departmentsBefore.at(-1) ?? null;
  return { ...standing, departmentCode, departmentsBefore: standing.departmentsBefore.slice(0, -1) };
}
