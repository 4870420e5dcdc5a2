/** Decides and commits referrals on a real database without a Temporal server, so that the test says when everything happens. */
import { randomUUID } from 'node:crypto';
import { commit } from '../../../activities/kit/commit.ts';
import type { Database } from '../../../db/kit/database.ts';
import { longFormOf } from '../../../db/kit/documents.ts';
import { defaultReferralConfiguration } from '../../../domain/alliance/configuration.ts';
import { type Actor, type EventKind, type PathwayEvent, stepKey } from '../../../domain/kit/pathway.ts';
import { referral } from '../../../domain/referral/decider.ts';
import type { CreateReferral } from '../../../domain/referral/events.ts';
import { initialReferralState, type ReferralState } from '../../../domain/referral/state.ts';

export const gp: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
export const specialist: Actor = { personId: 'person-specialist', institutionId: 'inst-h1', role: 'specialist' };

export interface Step {
  id: string;
  name: string;
  actor?: Actor | null;
  input?: unknown;
  at: Date;
  kind?: EventKind;
}

/** Decides one event and commits the decision. Throws when it is refused. */
export async function decideAndCommit(db: Database, { id, name, actor = null, input = {}, at, kind = 'command' }: Step): Promise<void> {
  const row = await db.selectFrom('pathway').select(['version', 'state']).where('id', '=', id).executeTakeFirst();
  const state = row?.state ? ((await longFormOf(db, row.state)) as ReferralState) : initialReferralState;
  const event: PathwayEvent = { kind, name, id: randomUUID(), at: at.getTime(), actor, input };
  if (kind === 'command')
    await db
      .insertInto('command')
      .values({
        id: event.id,
        account_id: actor?.personId ?? '',
        idempotency_key: event.id,
        request_hash: Buffer.alloc(32),
        operation: name,
        request_id: event.id,
        pathway_id: id,
        pathway_kind: 'referral',
        name,
        actor: JSON.stringify(actor),
        input: JSON.stringify(input),
        texts: JSON.stringify({ reason: '血压持续升高，请会诊' }),
        if_version: null,
      })
      .execute();
  const { outcome } = await commit(db, {
    pathwayId: id,
    kind: 'referral',
    key: stepKey(id, event.id),
    expect: row?.version ?? 0,
    event,
    verdict: referral.decide(state, event),
  });
  if (!outcome?.ok) throw new Error(`${name} was refused: ${JSON.stringify(outcome)}`);
}

/** Sends a routine referral from the GP of inst-c01 to the cardiology of inst-h1. Resolves with its id. */
export async function createSentReferral(
  db: Database,
  { patientId, at, emergency = false }: { patientId: string; at: Date; emergency?: boolean },
): Promise<string> {
  const id = randomUUID();
  const { rerouteInstitutionIds: _, ...policy } = defaultReferralConfiguration;
  const input: CreateReferral = {
    draft: false,
    patientId,
    direction: 'up',
    urgency: 'routine',
    emergency,
    consentGiven: true,
    overridden: true,
    replacesId: null,
    initiatorDepartmentId: 'dept-c01-general-practice',
    addressee: { institutionId: 'inst-h1', departmentId: 'dept-h1-cardiology' },
    policy: { ...policy, version: 1, reroute: [] },
  };
  await decideAndCommit(db, { id, name: 'create', actor: gp, input, at });
  return id;
}
