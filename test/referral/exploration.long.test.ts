/** Every interleaving of commands, facts and time, until no new state appears. Instants are left out of a state's name; what they lead to is in it. */
import { expect, test } from 'vitest';
import { defaultReferralConfiguration } from '../../domain/alliance/configuration.ts';
import { type Actor, evolve, findEarliest, type PathwayEvent } from '../../domain/kit/pathway.ts';
import { allowedTriggers } from '../../domain/referral/allowed-triggers.ts';
import { referral } from '../../domain/referral/decider.ts';
import type { CreateReferral, EditDraft, ReferralCommand } from '../../domain/referral/events.ts';
import type { ReferralClock, ReferralState } from '../../domain/referral/state.ts';
import { isEnded, type ReferralStatus, referralTriggers } from '../../domain/referral/transitions.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';

const centre: Actor = { personId: 'gp', institutionId: 'c1', role: 'gp' };
const hospitals: Actor[] = ['h1', 'h2'].map((institutionId) => ({ personId: institutionId, institutionId, role: 'specialist' }));
const newCentre: Actor = { personId: 'gp2', institutionId: 'c2', role: 'gp' };
const office: Actor = { personId: 'office', institutionId: 'h9', role: 'office' };

const { rerouteInstitutionIds: _, ...rules } = defaultReferralConfiguration;
const policy = { ...rules, version: 1, reroute: [{ institutionId: 'h2', departmentId: null }] };

const HOUR = 3_600_000;
const facts: [string, Record<string, string>][] = [
  ['patient-died', {}],
  ['patient-moved', { homeInstitutionId: 'c2' }],
  ['patient-admitted', { institutionId: 'h1' }],
  ['patient-admitted', { institutionId: 'elsewhere' }],
  ['patients-merged', { survivorPatientId: 'survivor' }],
];

interface At {
  state: ReferralState;
  now: number;
}

let steps = 0;
const event = (over: Partial<PathwayEvent> & Pick<PathwayEvent, 'kind' | 'name'>, now: number): PathwayEvent => ({
  id: `e${++steps}`,
  at: now,
  actor: null,
  input: {},
  ...over,
});

/** What may be said of the patient's consent when a draft is sent or changed. */
const consents: ReferralCommand[] = [{}, { consentGiven: true }, { consentGiven: false }];

/** All inputs with which a command is tried: those that decide whether a draft may leave, of anything else one. */
const inputsOf = (trigger: string, state: ReferralState, now: number): ReferralCommand[] =>
  trigger === 'send-referral-package' ? consents : [inputOf(trigger, state, now)];

function inputOf(trigger: string, state: ReferralState, now: number): ReferralCommand {
  if (trigger.endsWith('schedule-visit')) return { appointment: { startsAt: now + 24 * HOUR, endsAt: now + 25 * HOUR, slotId: 'slot' } };
  if (trigger === 'refer-onward') return { to: { institutionId: state.direction === 'up' ? 'h2' : 'c3', departmentId: null } };
  return {};
}

/** What can follow: each command that somebody may give, each fact, the next thing due. */
function* following({ state, now }: At): Generator<{ what: string; next: ReferralState; at: number }> {
  for (const actor of [centre, newCentre, ...hospitals, office])
    for (const trigger of referralTriggers)
      for (const input of inputsOf(trigger, state, now)) {
        const verdict = referral.decide(state, event({ kind: 'command', name: trigger, actor, input }, now));
        if (verdict.ok) yield { what: `${actor.personId} ${trigger}`, next: evolve(state, verdict.decision), at: now };
      }
  for (const actor of [centre, newCentre, ...hospitals, office])
    for (const { consentGiven } of consents) {
      const input: EditDraft = { fields: ['consent'], ...(consentGiven === undefined ? {} : { consentGiven }) };
      const verdict = referral.decide(state, event({ kind: 'command', name: 'edit-draft', actor, input }, now));
      if (verdict.ok) yield { what: `${actor.personId} edit-draft`, next: evolve(state, verdict.decision), at: now };
    }
  for (const [name, input] of facts) {
    const verdict = referral.decide(state, event({ kind: 'fact', name, input: { ...input, occurredAt: now } }, now));
    if (!verdict.ok) throw new Error(`The fact ${name} was refused.`);
    yield { what: name, next: evolve(state, verdict.decision), at: now };
  }
  const due = findEarliest(referral.obligations(state));
  if (!due) return;
  const at = Math.max(due.at, now);
  const verdict = referral.decide(state, event({ kind: 'due', name: due.name, id: due.id }, at));
  if (!verdict.ok) throw new Error(`${due.name} was refused.`);
  yield { what: due.name, next: evolve(state, verdict.decision), at };
}

const clockName = (clock: ReferralClock | null): string =>
  clock === null
    ? '-'
    : `${clock.name}/${clock.side}/${clock.rungs.filter(({ firedAt }) => firedAt !== null).length}/${instantOf(clock, 100) === undefined ? 'paused' : 'runs'}`;

/** Two states with one name can do the same things next. */
function nameOf({ state, now }: At): string {
  const open = allowedTriggers(state, { institutionId: state.initiator.institutionId, roles: [] }, { claimed: false, at: now }).includes(
    'reopen',
  );
  return JSON.stringify([
    state.status,
    state.statusReason,
    state.patientId,
    state.initiator.institutionId,
    state.legs.map((leg) => [leg.institutionId, leg.to !== null]),
    [state.clock, state.informationClock, state.followUpClock, state.checkClock, state.consentClock].map(clockName),
    [
      state.sentAt,
      state.checkAskedAt,
      state.checkAnsweredAt,
      state.reviewedAt,
      state.endedAt,
      state.closedAt,
      state.deceasedAt,
      state.informationAskedAt,
    ].map((at) => at !== null),
    state.appointment !== null,
    state.consentGiven,
    state.over,
    open,
    state.repeatedCalls > 0,
    referral
      .obligations(state)
      .sort((a, b) => a.at - b.at)
      .map(({ id, name }) => (name === 'rung' ? id.split(':')[1] : name)),
  ]);
}

/** What must hold in every state. */
function broken({ state, now }: At): string | undefined {
  const tasks = referral.tasks(state);
  const status = state.status as ReferralStatus;
  const open = state.closedAt === null;
  if (state.over && (tasks.length > 0 || referral.obligations(state).length > 0)) return 'over, and something is left to do';
  if (open && !tasks.some(({ institutionId, role, clock }) => institutionId && role && instantOf(clock, 100) !== undefined))
    return 'open without owner and deadline';
  if (!open && !isEnded(status)) return 'closed, but not ended';
  if (status === 'cancelled' && open) return 'cancelled is closed';
  if (state.deceasedAt !== null && (!isEnded(status) || tasks.length > 0)) return 'somebody works for a dead patient';
  if (state.legs.filter((leg) => leg.to === null).length !== (state.sentAt !== null && !isEnded(status) ? 1 : 0))
    return 'an open sent referral has one recipient, an ended one none';
  if (new Set(state.legs.map((leg) => leg.institutionId)).size !== state.legs.length) return 'an institution was asked twice';
  if (state.legs.some((leg) => leg.institutionId === state.initiator.institutionId)) return 'somebody refers to themselves';
  if (!state.emergency && !state.consentGiven && (state.sentAt !== null || state.legs.length > 0))
    return 'a referral has left its institution without consent';
  if ((state.appointment !== null) !== (status === 'in-progress/5.1.1')) return 'an appointment, or its slot, without its state';
  if (!state.over && !open && referral.obligations(state).length === 0 && !tasks.length) return 'closed, and the pathway never ends';
  return now < 0 ? 'time' : undefined;
}

const forms: [string, Partial<CreateReferral>][] = [
  ['up', {}],
  ['up, draft without consent', { draft: true, consentGiven: false }],
  ['up, emergency without consent', { emergency: true, consentGiven: false }],
  ['down', { direction: 'down' }],
];

test.each(forms)('no interleaving breaks a referral: %s', { timeout: 300_000 }, (name, form) => {
  const up = form.direction !== 'down';
  const input: CreateReferral = {
    draft: false,
    patientId: 'patient',
    direction: 'up',
    urgency: 'routine',
    emergency: false,
    consentGiven: true,
    overridden: false,
    replacesId: null,
    initiatorDepartmentId: null,
    addressee: { institutionId: up ? 'h1' : 'c1', departmentId: null },
    policy: up ? policy : { ...policy, reroute: [] },
    ...form,
  };
  const actor = up ? centre : (hospitals[0] as Actor);
  const created = referral.decide(referral.initial, event({ kind: 'command', name: 'create', actor, input }, 0));
  if (!created.ok) throw new Error('The creation was refused.');
  const first: At = { state: evolve(referral.initial, created.decision), now: 0 };

  const seen = new Map<string, string[]>([[nameOf(first), ['create']]]);
  const waiting = [first];
  let transitions = 0;
  for (let at = waiting.shift(); at; at = waiting.shift()) {
    const way = seen.get(nameOf(at)) as string[];
    for (const { what, next, at: now } of following(at)) {
      transitions++;
      const then = { state: next, now };
      const wrong = broken(then) ?? rewritten(at.state, next, what);
      if (wrong) throw new Error(`${wrong}: ${[...way, what].join(' → ')}`);
      const key = nameOf(then);
      if (seen.has(key)) continue;
      seen.set(key, [...way, what]);
      waiting.push(then);
    }
  }
  console.log(`${name}: ${seen.size} states, ${transitions} transitions, no invariant broken`);
  expect(seen.size).toBeGreaterThan(100);
});

/** What has ended stays as it ended, unless a person reopens it. */
function rewritten(before: ReferralState, after: ReferralState, what: string): string | undefined {
  const changed = isEnded(before.status as ReferralStatus) && after.status !== before.status;
  return changed && !what.endsWith('reopen') ? 'an ended referral was rewritten' : undefined;
}
