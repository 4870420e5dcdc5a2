/**
 * Rule W: what would be due on a day on which the centre does not work is due on the working day before, where there is one in its window; else it stays
 * and is done by the hospital, whose wards work every day.
 */
import { addWorkingDays, type Calendar, isConfirmed, workingDayUpTo } from '../time/calendar.ts';
import { addDays, type LocalDate, laterOf } from '../time/local-date.ts';

export interface DueDate {
  dueOn: LocalDate;
  /** No working day of its window is left, so the hospital does it. */
  isHospitals: boolean;
  /** The date rests on a year whose working days are not published yet, and is computed again when they are. */
  unconfirmed: boolean;
}

export interface NominalDate {
  dueOn: LocalDate;
  opensOn: LocalDate;
  dischargedOn: LocalDate;
  /** The day on which the date is computed. */
  today: LocalDate;
}

/** Applies rule W. The day of the discharge and what lies before it is never a due date, and a date that is past already becomes the next working day. */
export function computeDueDate(calendar: Calendar, nominal: NominalDate): DueDate {
  const { today } = nominal;
  if (nominal.dueOn < today) return confirm(calendar, nominal.dueOn, { dueOn: addWorkingDays(calendar, today, 1), isHospitals: false });
  const dayAfter = addDays(nominal.dischargedOn, 1);
  const dueOn = laterOf(nominal.dueOn, dayAfter);
  const workday = workingDayUpTo(calendar, dueOn);
  // A working day that is over is as little use as one before the window opens.
  const isInWindow = workday >= laterOf(laterOf(dayAfter, nominal.opensOn), today);
  return confirm(calendar, dueOn, isInWindow ? { dueOn: workday, isHospitals: false } : { dueOn, isHospitals: true });
}

/** Of what never moves, whatever day it falls on. */
export const keepDueDate = (dueOn: LocalDate): DueDate => ({ dueOn, isHospitals: false, unconfirmed: false });

/** Every date that the moved one was looked for among has to be confirmed; at the turn of a year these lie in both. */
const confirm = (calendar: Calendar, nominal: LocalDate, due: Omit<DueDate, 'unconfirmed'>): DueDate => ({
  ...due,
  unconfirmed: !isConfirmed(calendar, nominal) || !isConfirmed(calendar, due.dueOn),
});

/** A date that somebody has set for a patient at home lies after the discharge. */
export const ownDate = (date: LocalDate, dischargedOn: LocalDate): LocalDate => laterOf(date, addDays(dischargedOn, 1));
