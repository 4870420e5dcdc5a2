/** The machine of a pack, cell by cell. */
import { describe, expect, test } from 'vitest';
import { allowedPackActs, compromiseReasons, isReleased, rejectReasonOf } from '../../../domain/sterile-supply/packs.ts';
import { packStatuses } from '../../../domain/sterile-supply/vocabulary.ts';

const good = { recalled: false, expired: false };

describe('what may be done with a pack', () => {
  const table: Record<(typeof packStatuses)[number], readonly string[]> = {
    assembled: ['check', 'labels', 'compromise'],
    checked: ['labels', 'compromise'],
    'in-load': ['labels', 'compromise'],
    sterilised: ['labels', 'compromise'],
    released: ['labels', 'compromise'],
    allocated: ['labels', 'compromise'],
    'on-vehicle': ['compromise', 'restock'],
    'at-centre': ['compromise', 'open', 'return-unopened'],
    opened: [],
    rejected: ['break-out'],
    ended: [],
  };
  test.each(packStatuses)('that is %s', (status) => {
    expect(allowedPackActs({ ...good, status })).toEqual(table[status]);
  });
});

test('a recalled and an expired one is broken out as well, once it has been through its load and while it is unopened', () => {
  for (const standing of [
    { ...good, recalled: true },
    { ...good, expired: true },
  ]) {
    const statuses = packStatuses.filter((status) => allowedPackActs({ ...standing, status }).includes('break-out'));
    expect(statuses).toEqual(['sterilised', 'released', 'allocated', 'on-vehicle', 'at-centre', 'rejected']);
  }
});

test('a pack counts as released from its release until it is opened', () => {
  expect(packStatuses.filter(isReleased)).toEqual(['released', 'allocated', 'on-vehicle', 'at-centre']);
});

test('a label that cannot be read is a reason of its own; whatever else spoils a pack is not', () => {
  expect(compromiseReasons.map(rejectReasonOf)).toEqual(['compromised', 'compromised', 'compromised', 'label-unreadable', 'compromised']);
});
