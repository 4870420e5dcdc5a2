/** Whom messages call about a task. */
import { expect, test } from 'vitest';
import { escalationsOf } from '../../../domain/kit/escalations.ts';
import type { PathwayTask, Recipient } from '../../../domain/kit/pathway.ts';
import { startClock } from '../../../domain/time/sla-clock.ts';

const visit: PathwayTask = {
  id: 'visit-1',
  name: 'follow-up-visit',
  role: 'nurse',
  institutionId: 'inst-c01',
  departmentId: null,
  urgency: 'routine',
  emergency: false,
  clock: startClock({ id: 'c1', name: 'visit', budgetMs: 1_000, at: 0, rungPercents: [100] }),
};
const message = (step: string, ...recipients: Recipient[]) => ({ step, template: 't', recipients, parameters: {} });
const role = (name: string, institutionId = 'inst-c01', departmentId: string | null = null): Recipient => ({
  to: 'role',
  role: name,
  institutionId,
  departmentId,
});
const rolesOf = (...messages: ReturnType<typeof message>[]) =>
  escalationsOf(messages, [visit]).map((call) => `${call.taskId} ${call.role} ${call.institutionId}`);

test('whoever is called about a task beyond the role that it is for is noted, each once', () => {
  const first = message('visit-1:overdue', role('nurse'), role('gp'), role('head'));
  const second = message('visit-1:overdue', role('gp'), { to: 'office' });
  expect(rolesOf(first, second)).toEqual(['visit-1 gp inst-c01', 'visit-1 head inst-c01', 'visit-1 office null']);
});

test('the step names the task by its own id or by that of its clock, and no other task', () => {
  expect(rolesOf(message('c1:80', role('head')))).toEqual(['visit-1 head inst-c01']);
  for (const step of ['visit-10:overdue', 'check-due', 'visit-1', '01a2-command']) expect(rolesOf(message(step, role('head')))).toEqual([]);
});

test('the same role of another institution is called beyond the task, its owner’s stand-in is not', () => {
  expect(rolesOf(message('c1:80', role('nurse', 'inst-c02')))).toEqual(['visit-1 nurse inst-c02']);
  expect(rolesOf(message('c1:50', { to: 'owner', taskId: 'visit-1', otherwise: role('nurse') }))).toEqual([]);
});

test('neither a patient nor a person by name is a role', () => {
  expect(rolesOf(message('c1:80', { to: 'patient', patientId: 'p' }, { to: 'person', personId: 'p' }))).toEqual([]);
});
