/** The rules of a discrepancy: its states, its owners, its timers, what resolves it by itself. */
import { describe, expect, test } from 'vitest';
import { discrepancy } from '../../../domain/discrepancy/decider.ts';
import type { CreateDiscrepancy } from '../../../domain/discrepancy/events.ts';
import { concernsInfection, ownerOf } from '../../../domain/discrepancy/owner.ts';
import { type CountEvidence, evidenceAfterSighting } from '../../../domain/discrepancy/sighting.ts';
import { type DiscrepancyState, initialDiscrepancyState } from '../../../domain/discrepancy/state.ts';
import { stepsAllowedIn } from '../../../domain/discrepancy/transitions.ts';
import { evolve, findEarliest, type PathwayEvent, type Verdict } from '../../../domain/kit/pathway.ts';
import { discrepancyKinds, discrepancyStatuses } from '../../../domain/sterile-supply/vocabulary.ts';

const HOUR_MS = 3_600_000;
const openedAt = Date.parse('2026-03-02T02:00:00Z');
const head = { personId: 'person-head', institutionId: 'inst-c02', role: 'head' };

const creation = (over: Partial<CreateDiscrepancy> = {}): CreateDiscrepancy => ({
  discrepancyId: 'discrepancy-1',
  kind: 'count',
  owner: { role: 'head', institutionId: 'inst-c02' },
  cssdInstitutionId: 'inst-cssd',
  officeInstitutionId: 'inst-h1',
  infectionInstitutionIds: [],
  budgets: { acknowledgeSeconds: 4 * 3_600, resolveSeconds: 72 * 3_600, escalateSeconds: 168 * 3_600 },
  reported: null,
  ...over,
});

const command = (name: string, input: unknown = {}, at = openedAt): PathwayEvent => ({
  kind: 'command',
  name,
  id: `${name}-1`,
  at,
  actor: head,
  input,
});
const fact = (name: string, input: unknown): PathwayEvent => ({ kind: 'fact', name, id: `${name}-1`, at: openedAt, actor: null, input });

function decisionOf(verdict: Verdict<DiscrepancyState>) {
  if (!verdict.ok) throw new Error(`Refused: ${verdict.refusal.code}`);
  return verdict.decision;
}

const evolved = (state: DiscrepancyState, ...events: PathwayEvent[]): DiscrepancyState =>
  events.reduce((present, event) => evolve(present, decisionOf(discrepancy.decide(present, event))), state);

const opened = evolved(initialDiscrepancyState, command('open', creation()));

/** Lets everything come due and tells who heard of it when, in hours after the opening. */
function rungsOf(state: DiscrepancyState): [number, string[]][] {
  const heard: [number, string[]][] = [];
  for (let present = state; ; ) {
    const due = findEarliest(discrepancy.obligations(present));
    if (!due) return heard;
    const decision = decisionOf(
      discrepancy.decide(present, { kind: 'due', name: due.name, id: due.id, at: due.at, actor: null, input: null }),
    );
    const recipients = decision.messages.flatMap((message) =>
      message.recipients.map((one) => ('role' in one ? `${one.role} ${one.institutionId}` : one.to)),
    );
    heard.push([(due.at - openedAt) / HOUR_MS, recipients]);
    present = evolve(present, decision);
  }
}

describe('timers', () => {
  test('the owner hears after 4 hours, the head nurse after 3 days, the office after 7 days', () => {
    expect(rungsOf(opened)).toEqual([
      [4, ['head inst-c02']],
      [72, ['headnurse inst-cssd']],
      [168, ['office']],
    ]);
  });
  test('whoever has acknowledged has the time to resolve it', () => {
    expect(rungsOf(evolved(opened, command('acknowledge')))).toEqual([
      [72, ['head inst-c02']],
      [72, ['headnurse inst-cssd']],
      [168, ['office']],
    ]);
  });
  test('a timer that begins anew has an id of its own, so that it is not taken for one that has rung', () => {
    const idsOf = (state: DiscrepancyState) => state.timers.map(({ id }) => id);
    const acknowledged = evolved(opened, command('acknowledge'));
    const resolved = evolved(acknowledged, command('investigate'), command('resolve', { resolution: 'found' }));
    const reopened = evolved(resolved, fact('discrepancy-reopened', {}));
    const again = evolved(reopened, command('acknowledge'));
    const begun = [...idsOf(opened), idsOf(acknowledged).at(-1), idsOf(resolved).at(-1), ...idsOf(reopened), idsOf(again).at(-1)];
    expect(new Set(begun).size).toBe(begun.length);
    const writtenOff = evolved(acknowledged, command('resolve', { resolution: 'written-off' }));
    const seen = fact('discrepancy-resolved', { occurredAt: openedAt, resolution: 'found', reopened: true });
    const found = evolved(writtenOff, command('close'), seen);
    expect(idsOf(writtenOff)).not.toContain(idsOf(found).at(-1));
  });
  test('of what is resolved only the office hears, if nobody closes it', () => {
    const resolved = evolved(opened, command('acknowledge'), command('investigate'), command('resolve', { resolution: 'found' }));
    expect(rungsOf(resolved).flatMap(([, recipients]) => recipients)).toEqual(['office']);
    expect(discrepancy.tasks(resolved).map(({ name, role }) => [name, role])).toEqual([['discrepancy', 'headnurse']]);
  });
  test('the owner has the task from the beginning, the head nurse and the office only when it is late', () => {
    expect(discrepancy.tasks(opened).map(({ role }) => role)).toEqual(['head']);
  });
});

describe('its end', () => {
  const closed = (resolution: string) => evolved(opened, command('resolve', { resolution }), command('close'));
  test('a closed one has no timers, and only what was written off waits to be found', () => {
    for (const resolution of ['found', 'explained', 'misdeclared', 'wrong-centre', 'repaired'])
      expect(discrepancy.ended(closed(resolution)), resolution).toBe(true);
    const writtenOff = closed('written-off');
    expect([discrepancy.ended(writtenOff), discrepancy.obligations(writtenOff), discrepancy.tasks(writtenOff)]).toEqual([false, [], []]);
  });
  test('what was written off and is seen is reopened, and then resolved as found', () => {
    const verdict = discrepancy.decide(
      closed('written-off'),
      fact('discrepancy-resolved', { occurredAt: openedAt, resolution: 'found', reopened: true }),
    );
    expect(decisionOf(verdict)).toMatchObject({
      set: { status: 'resolved', resolution: 'found' },
      entries: [
        { event: 'reopen', from: 'closed', to: 'open' },
        { event: 'discrepancy-resolved', from: 'open', to: 'resolved' },
      ],
    });
  });
  test('nothing is done with a closed one', () => {
    for (const step of ['acknowledge', 'investigate', 'resolve', 'close'])
      expect(discrepancy.decide(closed('found'), command(step, { resolution: 'found' }))).toMatchObject({
        ok: false,
        refusal: { code: 'transition-not-allowed' },
      });
  });
});

test('the steps allowed in each state', () => {
  expect(Object.fromEntries(discrepancyStatuses.map((status) => [status, stepsAllowedIn(status)]))).toEqual({
    open: ['acknowledge'],
    acknowledged: ['investigate'],
    investigating: ['investigate', 'resolve'],
    resolved: ['close'],
    closed: [],
  });
});

describe('owners', () => {
  test('each kind has one, and the head of a centre owns only what concerns the centre', () => {
    for (const kind of discrepancyKinds) {
      expect(['head', 'dispatcher', 'headnurse']).toContain(ownerOf(kind, { institutionId: 'inst-c02', suspect: null }));
      expect(ownerOf(kind, { institutionId: null, suspect: null })).not.toBe('head');
    }
  });
  test('what was counted belongs to whoever is suspected', () => {
    for (const kind of ['count', 'missing-item', 'damage'] as const) {
      expect(ownerOf(kind, { institutionId: 'inst-c02', suspect: 'transport' })).toBe('dispatcher');
      expect(ownerOf(kind, { institutionId: 'inst-c02', suspect: 'centre' })).toBe('head');
    }
  });
  test('infection control hears of what may have harmed a patient, at once', () => {
    expect(discrepancyKinds.filter(concernsInfection)).toEqual(['reuse', 'used-after-stop-use']);
    const { messages } = decisionOf(
      discrepancy.decide(initialDiscrepancyState, command('open', creation({ kind: 'reuse', infectionInstitutionIds: ['inst-h1'] }))),
    );
    expect(messages).toMatchObject([
      { template: 'discrepancy-for-infection', recipients: [{ role: 'infection', institutionId: 'inst-h1' }] },
    ]);
    expect(
      decisionOf(discrepancy.decide(initialDiscrepancyState, command('open', creation({ infectionInstitutionIds: ['inst-h1'] })))).messages,
    ).toEqual([]);
  });
});

describe('the sighting of a set that was missing', () => {
  const evidence = (over: Partial<CountEvidence> = {}): CountEvidence => ({
    declared: 3,
    received: 1,
    missing: 2,
    extra: 0,
    missingSetInstanceIds: ['a', 'b'],
    foundSetInstanceIds: [],
    ...over,
  });
  test('settles the count once all that were missing were seen, together or one after the other', () => {
    expect(evidenceAfterSighting(evidence(), ['a', 'b', 'c']).settled).toBe(true);
    const first = evidenceAfterSighting(evidence(), ['a']);
    expect([first.settled, first.evidence.missingSetInstanceIds]).toEqual([false, ['b']]);
    expect(evidenceAfterSighting(first.evidence, ['b'])).toMatchObject({ settled: true, evidence: { foundSetInstanceIds: ['a', 'b'] } });
  });
  test('settles nothing where more were missing than are known, something was too many, or another set was seen', () => {
    expect(evidenceAfterSighting(evidence({ missing: 3 }), ['a', 'b']).settled).toBe(false);
    expect(evidenceAfterSighting(evidence({ extra: 1 }), ['a', 'b']).settled).toBe(false);
    expect(evidenceAfterSighting(evidence(), ['c']).settled).toBe(false);
  });
});
