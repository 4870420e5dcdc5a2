/** An Appointment beside the Encounter of a stay as a revisit. */
import { conceptText } from '../concepts.ts';
import { dayOf, readPeriod } from './dates.ts';
import type { EntryReader } from './entry.ts';
import { titleOr } from './names.ts';
import { Appointment } from './schemas.ts';

const concept = { text: true, coding: true } as const;

export const readAppointment: EntryReader<typeof Appointment> = {
  schema: Appointment,
  understood: {
    identifier: true,
    status: true,
    description: true,
    serviceType: concept,
    reasonCode: concept,
    start: true,
    end: true,
    requestedPeriod: { start: true, end: true },
    created: true,
    participant: { actor: true },
  },
  // What is proposed or waited for is no appointment yet, and one that was kept or missed is none any more.
  inForce: ['booked'],
  takenBack: ['cancelled', 'entered-in-error'],
  intents: [],
  read(appointment, { at }) {
    const { description, serviceType = [], reasonCode = [], start, end, requestedPeriod = [] } = appointment;
    const said = description?.trim() || [...serviceType, ...reasonCode].map(conceptText).filter(Boolean).join('；') || '复诊';
    const title = titleOr(said);
    if (typeof title !== 'string') return { held: title.held, at: `${at}.${description ? 'description' : 'serviceType'}` };
    if (start !== undefined) {
      const period = readPeriod({ start, end });
      if (period?.startOn === undefined) return { held: 'date-not-readable', at: `${at}.start` };
      // The day on which somebody comes is neither put off nor brought forward.
      return { order: { kind: 'revisit', title, opensOn: period.startOn, dueOn: period.endOn ?? period.startOn }, dose: null, issues: [] };
    }
    if (end !== undefined) {
      const dueOn = dayOf(end, 'end');
      if (dueOn === undefined) return { held: 'date-not-readable', at: `${at}.end` };
      return { order: { kind: 'revisit', title, dueOn }, dose: null, issues: [] };
    }
    if (requestedPeriod.length > 1) return { held: 'date-not-readable', at: `${at}.requestedPeriod[1]` };
    const period = readPeriod(requestedPeriod[0] ?? {});
    if (!period) return { held: 'date-not-readable', at: `${at}.requestedPeriod[0]` };
    const dates = {
      ...(period.startOn === undefined ? {} : { opensOn: period.startOn }),
      ...(period.endOn === undefined ? {} : { dueOn: period.endOn }),
    };
    return { order: { kind: 'revisit', title, ...dates }, dose: null, issues: [] };
  },
};
