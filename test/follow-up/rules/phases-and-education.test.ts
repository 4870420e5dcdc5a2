/** Phases by time and by a clinician, what they teach, and what each visit has to look at. */
import { expect, test } from 'vitest';
import { educationPlans } from '../../../db/follow-up/education-plans.ts';
import { lessonsToAsk } from '../../../domain/follow-up/education.ts';
import { itemsDue } from '../../../domain/follow-up/items.ts';
import { lessonsOf } from '../../../domain/follow-up/state.ts';
import { addDays } from '../../../domain/time/local-date.ts';
import { monday, newVisit, protocol, protocols, visitWithGlucose, visitWithPressure } from '../../support/builders/follow-up.ts';
import { eventsIn, FollowUpCourse, templatesIn } from '../../support/builders/follow-up-course.ts';

const codesOf = (course: FollowUpCourse, id: string) => lessonsOf(course.of(id)).map(({ code }) => code);

test('every plan is of a shipped protocol, and every phase it names is one of its phases', () => {
  for (const [id, items] of Object.entries(educationPlans)) {
    const known = protocols.find((one) => one.id === id);
    expect(known).toBeDefined();
    for (const { phase } of items) if (phase !== undefined) expect(known?.phases.map((one) => one.id)).toContain(phase);
  }
});

test('a phase hands out its lessons once: with the enrolment, and as the next phase is entered', () => {
  const course = new FollowUpCourse();
  const enrolled = course.enrol('t2dm-new');
  expect(codesOf(course, 't2dm-new')).toEqual(['glucose-self-monitoring', 'injection-technique', 'hypoglycaemia']);
  expect([eventsIn([enrolled]), templatesIn([enrolled])]).toEqual([['enrol', 'education-handed-out'], ['follow-up-education']]);
  for (const days of [7, 14, 21])
    expect(eventsIn([course.visit('t2dm-new', visitWithGlucose(addDays(monday, days), 6.2))])).toEqual(['visit-recorded']);
  const fourth = course.visit('t2dm-new', visitWithGlucose(addDays(monday, 28), 6.2));
  expect([course.of('t2dm-new').phase, eventsIn([fourth])]).toEqual(['monthly', ['visit-recorded', 'education-handed-out']]);
  expect(codesOf(course, 't2dm-new').slice(3)).toEqual(['diabetes-diet', 'foot-care']);
});

test('acknowledged, asked about at the next visit, handed out again to whoever could not say it', () => {
  const course = new FollowUpCourse();
  course.enrol('htn-2017');
  course.ask('htn-2017', 'acknowledge-education', addDays(monday, 1), { lesson: 'salt' });
  expect(lessonsOf(course.of('htn-2017'))).toMatchObject([{ code: 'salt', acknowledgedAt: expect.any(Number), understood: null }, {}, {}]);
  const education = [
    { code: 'salt', understood: true },
    { code: 'medication', understood: false },
  ];
  const visit = course.visit('htn-2017', visitWithPressure(addDays(monday, 2), 128, 80), { education });
  expect(lessonsToAsk(lessonsOf(course.of('htn-2017'))).map(({ code }) => code)).toEqual(['medication', 'hypertension-warning-signs']);
  expect(visit.entries.find(({ event }) => event === 'education-handed-out')?.because).toMatchObject([
    { evidence: { codes: 'medication' } },
  ]);
  expect(() => course.ask('htn-2017', 'acknowledge-education', addDays(monday, 3), { lesson: 'unknown' })).toThrow(
    'transition-not-allowed',
  );
});

test('a clinician sets the phase: the rhythm, its lessons and its items follow; the phases after it come in their time', () => {
  const course = new FollowUpCourse();
  course.enrol('t2dm-new');
  course.visit('t2dm-new', visitWithGlucose(addDays(monday, 7), 6.2));
  const changed = course.ask('t2dm-new', 'change-phase', addDays(monday, 8), { phase: 'monthly' });
  expect(course.of('t2dm-new')).toMatchObject({ phase: 'monthly', next: { dueOn: '2026-04-09' } });
  expect(changed.entries[0]).toMatchObject({ event: 'change-phase' });
  expect(changed.entries[0]?.because[0]).toMatchObject({ evidence: { from: 'weekly', to: 'monthly' } });
  expect(codesOf(course, 't2dm-new')).toContain('foot-care');
  // Monthly from 10 March: five months of it are left, as they are of a protocol that is at its 28th day.
  for (const date of ['2026-04-09', '2026-05-09', '2026-06-09', '2026-07-09']) {
    course.visit('t2dm-new', visitWithGlucose(date, 6.2));
    expect(course.of('t2dm-new').phase).toBe('monthly');
  }
  course.visit('t2dm-new', visitWithGlucose('2026-08-10', 6.2));
  expect(course.of('t2dm-new')).toMatchObject({ phase: 'stable', next: { dueOn: '2026-11-10' } });
});

test('back to a denser phase when the last visit is long past: the next visit is asked for from today on', () => {
  const course = new FollowUpCourse();
  course.enrol('t2dm-new');
  for (const days of [7, 14, 21, 28]) course.visit('t2dm-new', visitWithGlucose(addDays(monday, days), 6.2));
  course.ask('t2dm-new', 'change-phase', addDays(monday, 50), { phase: 'weekly' });
  expect(course.of('t2dm-new')).toMatchObject({ phase: 'weekly', next: { dueOn: addDays(monday, 57) } });
  expect(() => course.ask('t2dm-new', 'change-phase', addDays(monday, 51), { phase: 'daily' })).toThrow('transition-not-allowed');
});

test('each visit has its items: by phase, and by when they were last done', () => {
  const codes = (id: string, ...rest: [string | undefined, Parameters<typeof itemsDue>[2], string]) =>
    itemsDue(protocol(id), ...rest).map(({ code }) => code);
  expect(codes('t2dm-new', 'weekly', [], monday)).toContain('injection-training');
  expect(codes('t2dm-new', 'stable', [], monday)).not.toContain('injection-training');
  expect(codes('complications', undefined, [], monday)).toEqual(['blood-pressure', 'fasting-glucose', 'urine-microalbumin', 'fundus']);
  const glucose = newVisit(monday, { fastingGlucose: 5.8 });
  expect(codes('high-risk', undefined, [glucose], addDays(monday, 180))).toEqual(['blood-pressure']);
  expect(codes('high-risk', undefined, [glucose], addDays(monday, 366))).toEqual(['blood-pressure', 'fasting-glucose']);
  const exam = newVisit(monday, { itemsDone: ['annual-health-check'] });
  expect(codes('htn-2017', undefined, [exam], addDays(monday, 300))).not.toContain('annual-health-check');
});
