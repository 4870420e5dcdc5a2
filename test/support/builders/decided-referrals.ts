/** Plays referrals on the decider alone, without a database and a server, for the tests that go through every cell of its tables. */
import { defaultReferralConfiguration } from '../../../domain/alliance/configuration.ts';
import { type Actor, evolve, type PathwayEvent, type Verdict } from '../../../domain/kit/pathway.ts';
import { referral } from '../../../domain/referral/decider.ts';
import type { CreateReferral, ReferralCommand, ReferralFactEvent } from '../../../domain/referral/events.ts';
import type { ReferralState } from '../../../domain/referral/state.ts';
import { findShortestWay } from '../oracles/transition-table.ts';

/** The actors of the tables. The office sits at a hospital that is no party to the referral. */
export const actors = {
  initiator: { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' },
  recipient: { personId: 'person-specialist', institutionId: 'inst-h1', role: 'specialist' },
  office: { personId: 'person-office', institutionId: 'inst-h9', role: 'office' },
} as const satisfies Record<string, Actor>;
export type Acting = keyof typeof actors;

const HOUR = 3_600_000;
const BEGUN_AT = Date.UTC(2026, 0, 5);

let events = 0;

/** Numbers an event; each comes an hour after the one before it. */
function eventOf(event: Pick<PathwayEvent, 'kind' | 'name' | 'input' | 'actor'>): PathwayEvent {
  events += 1;
  return { ...event, id: `event-${events}`, at: BEGUN_AT + events * HOUR };
}

const inputs: Record<string, ReferralCommand> = {
  'schedule-visit': { appointment: { startsAt: Date.UTC(2099, 0, 1), endsAt: Date.UTC(2099, 0, 1, 1), slotId: null } },
  'reschedule-visit': { appointment: { startsAt: Date.UTC(2099, 1, 1), endsAt: Date.UTC(2099, 1, 1, 1), slotId: null } },
  'refer-onward': { to: { institutionId: 'inst-h2', departmentId: null } },
};

export function decideCommand(state: ReferralState, acting: Acting, trigger: string): Verdict<ReferralState> {
  return referral.decide(state, eventOf({ kind: 'command', name: trigger, actor: actors[acting], input: inputs[trigger] ?? {} }));
}

export function decideFact(
  state: ReferralState,
  name: ReferralFactEvent['name'],
  input: Record<string, string | number>,
): Verdict<ReferralState> {
  const occurredAt = BEGUN_AT + events * HOUR;
  return referral.decide(state, eventOf({ kind: 'fact', name, actor: null, input: { ...input, occurredAt } }));
}

/** Returns the state after a verdict. Throws when the event was refused. */
export function stateAfter(state: ReferralState, verdict: Verdict<ReferralState>): ReferralState {
  if (!verdict.ok) throw new Error(`It was refused: ${verdict.refusal.code}.`);
  return evolve(state, verdict.decision);
}

/** Returns an upward referral to inst-h1, brought into the state by the shortest way through the published table. */
export function referralIn(status: string): ReferralState {
  const { rerouteInstitutionIds: _, ...rules } = defaultReferralConfiguration;
  const input: CreateReferral = {
    draft: true,
    patientId: 'patient',
    direction: 'up',
    urgency: 'routine',
    emergency: false,
    consentGiven: true,
    overridden: false,
    replacesId: null,
    initiatorDepartmentId: null,
    addressee: { institutionId: 'inst-h1', departmentId: null },
    policy: { ...rules, version: 1, reroute: [{ institutionId: 'inst-h2', departmentId: null }] },
  };
  const created = referral.decide(referral.initial, eventOf({ kind: 'command', name: 'create', actor: actors.initiator, input }));
  return findShortestWay(status).reduce(
    (state, { actor, trigger }) => stateAfter(state, decideCommand(state, actor, trigger)),
    stateAfter(referral.initial, created),
  );
}
