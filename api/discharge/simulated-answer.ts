/** What a simulation is answered: episodes, timeline, tasks and messages as the service shows them. */
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import type { SimulatedStay } from '../../domain/discharge/simulate.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import type { Recipient } from '../../domain/kit/pathway.ts';
import type { MemoryRun, RunMessage, RunTask } from '../../domain/kit/run-in-memory.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import { audienceOf } from '../../domain/messages/message-standing.ts';
import type { Place } from '../../domain/messages/resident-text.ts';
import { isMessageTemplate, renderMessage } from '../../domain/messages/templates.ts';
import { elapsedMs, instantOf } from '../../domain/time/sla-clock.ts';
import { timelineResource } from '../kit/timeline.ts';

export type DischargeRun = MemoryRun<DischargeState>;

/** The record as the service would read it at an instant. */
export const toRecord = (
  run: DischargeRun,
  at: number,
  texts: EpisodeRecord['texts'],
  simulated: EpisodeRecord['simulated'],
): EpisodeRecord => ({
  id: run.pathwayId,
  version: run.version,
  state: run.state,
  clockOffsetMs: at - Date.now(),
  plan: null,
  texts,
  linkIds: run.state.links.map(({ id }) => id),
  ...(simulated ? { simulated } : {}),
});

export const runsOf = (stays: readonly SimulatedStay[]): DischargeRun[] => stays.flatMap(({ run }) => run ?? []);

/** Of all stays in the order in which it happened. */
export const timelineOf = (runs: readonly DischargeRun[]) =>
  timelineResource(
    'discharge',
    runs
      .flatMap(({ entries }) => entries)
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, version: _, actor, ...entry }, index) => ({
        ...entry,
        seq: index + 1,
        happenedAt: new Date(at),
        recordedAt: new Date(at),
        actor: actor ?? ({ system: true } as const),
        actorName: null,
        note: null,
      })),
  ).items;

/** At an instant of the simulation. */
export const taskRowsOf = (runs: readonly DischargeRun[], at: number): TaskRow[] =>
  runs.flatMap((run) => run.tasks.map((task) => toTaskRow(run.pathwayId, task, at)));

function toTaskRow(pathwayId: string, task: RunTask, at: number): TaskRow {
  const { id, name, role, institutionId, departmentId, urgency, emergency, clock, about, openedAt, closed } = task;
  const until = closed?.at ?? at;
  const dueAt = instantOf(clock, 100);
  return {
    id: `${pathwayId}.${id}`,
    name,
    pathwayId,
    pathwayKind: 'discharge',
    role,
    institutionId,
    departmentId,
    patientId: null,
    patientName: null,
    patientBirthDate: null,
    patientSex: null,
    ownerId: null,
    ownerName: null,
    status: closed?.as ?? 'open',
    urgency,
    emergency,
    openedAt: new Date(openedAt),
    dueAt: dueAt === undefined ? null : new Date(dueAt),
    overdue: dueAt !== undefined && dueAt < until,
    shareUsed: clock.budgetMs > 0 ? elapsedMs(clock, until) / clock.budgetMs : 0,
    pausedSince: null,
    version: 1,
    message: null,
    deliverySeq: null,
    outcome: null,
    note: null,
    about: about ? { ...about } : null,
    escalatedTo: [],
    clock,
    now: new Date(until),
  };
}

/** Names and addresses by institution. */
export type Places = ReadonlyMap<string, Place>;

/** One for each recipient, as the outbox shows what was sent at once. */
export const messagesOf = (runs: readonly DischargeRun[], places: Places) =>
  runs
    .flatMap((run) =>
      run.messages.flatMap((message) => message.recipients.map((recipient) => toOutboxItem(run, message, recipient, places))),
    )
    .toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : Number(one.createdAt > other.createdAt)));

function toOutboxItem(run: DischargeRun, message: RunMessage, recipient: Recipient, places: Places) {
  const { step, template, parameters, at } = message;
  const to = addresseeOf(recipient);
  const key = `${run.pathwayId}:${step}:${template}:${to.type}-${to.id}`;
  const sentAt = new Date(at).toISOString();
  return {
    id: key,
    key,
    pathwayId: run.pathwayId,
    template,
    templateVersion: null,
    parameters,
    text: textOf(run, message, to.type, places),
    to,
    recipient: to,
    channel: to.type === 'patient' || to.type === 'contact' ? 'sms' : 'app',
    state: 'sent' as const,
    status: 'sent' as const,
    waitsFor: null,
    waitsUntil: null,
    withdrawnBecause: null,
    attempts: 1,
    log: [],
    parts: [],
    createdAt: sentAt,
    sentAt,
  };
}

/** A role at an institution stands for the people who have it there. */
function addresseeOf(recipient: Recipient): { type: 'patient' | 'contact' | 'person' | 'team'; id: string } {
  switch (recipient.to) {
    case 'patient':
      return { type: 'patient', id: recipient.patientId };
    case 'contact':
      return { type: 'contact', id: `contact-${recipient.index + 1}` };
    case 'person':
      return { type: 'person', id: recipient.personId };
    case 'office':
      return { type: 'team', id: 'office' };
    case 'role':
      return { type: 'team', id: [recipient.role, recipient.institutionId, recipient.departmentId].filter(Boolean).join(' ') };
    case 'owner':
      return addresseeOf(recipient.otherwise);
  }
}

function textOf(run: DischargeRun, { template, parameters, at }: RunMessage, type: RecipientType, places: Places): string {
  if (!isMessageTemplate(template)) return '';
  const placeId = typeof parameters.placeId === 'string' ? parameters.placeId : undefined;
  return renderMessage({
    template,
    kind: 'discharge',
    parameters: { referralId: run.pathwayId, ...parameters },
    audience: audienceOf(type),
    language: 'zh',
    around: { centre: places.get(run.state.centreId) ?? null, place: places.get(placeId ?? '') ?? null, now: at },
  }).body;
}
