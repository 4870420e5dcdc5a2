/** A decision as it is stored leads to the same state as the whole one, from a state with its documents and from one that names them. */
import { expect, test } from 'vitest';
import { loadShippedDocuments } from '../../../db/follow-up/shipped-protocols.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { liveResident } from '../../../domain/follow-up/simulated-life.ts';
import { citationsIn, namesIn } from '../../../domain/kit/documents.ts';
import { evolve } from '../../../domain/kit/pathway.ts';
import { toStoredDecision } from '../../../domain/kit/stored-decision.ts';
import { centreOf, createResidentRandom, loadSimulationRules, SIMULATED_FROM } from '../../../worker/simulate.ts';
import { createShelf } from '../../support/builders/document-shelf.ts';
import { testSeed } from '../../support/seed.ts';

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const rules = loadSimulationRules();
const documents = [...Object.values(rules.protocols), ...Object.values(rules.education).flat(), rules.riskModel, rules.calendar];
const { shorten, lengthen } = createShelf(documents, followUp.blanks);

const seed = testSeed;
console.log(`Simulated residents with the seed ${seed}; CAREPATH_TEST_SEED=${seed} repeats them.`);

test('of every step of six simulated lives', () => {
  for (let resident = 0; resident < 6; resident++) {
    const life = liveResident(
      createResidentRandom(seed, resident),
      { ...rules, from: SIMULATED_FROM, years: 3 },
      `r${resident}`,
      centreOf(resident),
    );
    let named = plain(shorten(followUp.initial));
    for (const { event, before, after } of life) {
      const verdict = followUp.decide(before, event);
      if (!verdict.ok) throw new Error(`${event.name} was refused.`);
      const stored = plain(toStoredDecision(named, shorten(plain(verdict.decision))));
      expect(plain(evolve(plain(before), lengthen(stored)))).toEqual(plain(after));
      named = plain(evolve(named, stored));
      expect(lengthen(named)).toEqual(plain(after));
      // As the next commit reads it.
      named = plain(shorten(lengthen(named)));
    }
  }
});

test('a state names its protocol, calendar and risk model, and what its reasons cite', () => {
  const { protocols, calendars, riskModel } = loadShippedDocuments();
  const [protocol] = protocols;
  if (!protocol) throw new Error('No protocol is shipped.');
  const calendar = { years: calendars };
  const cited = citationsIn(protocol);
  const { shorten, lengthen } = createShelf([protocol, calendar, riskModel]);
  const because = [{ rule: 'one', ...cited[0], evidence: { systolic: 156 } }];
  const state = { calendar, riskModel, protocols: { 'one/1': protocol }, last: { because }, at: 1 };
  const short = plain(shorten(state));
  expect(JSON.stringify(short).length).toBeLessThan(300);
  expect(namesIn(short).size).toBe(4);
  expect(lengthen(short)).toEqual(plain(state));
});

test('every clause of a protocol can be cited with the title of its source', () => {
  for (const document of [...loadShippedDocuments().protocols, loadShippedDocuments().riskModel])
    for (const { clause, source } of citationsIn(document)) expect([clause.length > 0, source.includes(' ')]).toEqual([true, true]);
});
