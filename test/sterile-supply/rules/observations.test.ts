/** What scans and acts together say of a thing. */
import { expect, test } from 'vitest';
import { interpretPack, interpretSet, type Observation } from '../../../domain/sterile-supply/observations.ts';
import type { Holder, PackStatus } from '../../../domain/sterile-supply/vocabulary.ts';

const round: Holder = { type: 'round', id: 'round-1' };
const cssd: Holder = { type: 'cssd', id: 'inst-cssd' };
const centre: Holder = { type: 'centre', id: 'inst-c01' };

let position = 0;
const act = (event: string, at: number, over: Partial<Observation> = {}): Observation => ({
  at,
  scan: null,
  position: ++position,
  event,
  from: null,
  to: null,
  holder: null,
  refusals: [],
  reason: null,
  ...over,
});
const scan = (event: string, at: number, holder: Holder): Observation =>
  act(event, at, { holder, scan: { id: `scan-${++position}`, deviceId: 'device-1', seq: position } });

const truthOfPack = (status: PackStatus, entries: Observation[]) =>
  interpretPack({ status, since: 0, rejectReason: null, openedAt: null, openedInstitutionId: null }, entries, { openedAgainSeconds: 600 });

const released = () => act('load-released', 10, { from: 'sterilised', to: 'released' });
const consigned = (at: number) => act('consigned', at, { from: 'allocated', to: 'on-vehicle', holder: round });

test('a pack that was handed over is at the centre although the round was confirmed, or the pack recalled, at a later hour', () => {
  const allocated = () => act('allocated', 100, { from: 'released', to: 'allocated' });
  const handed = () => scan('sterile-handed', 30, centre);
  const recalled = () => act('recalled', 100, { from: 'on-vehicle', to: 'on-vehicle' });
  expect(truthOfPack('on-vehicle', [released(), allocated(), consigned(20), handed()])).toMatchObject({ status: 'at-centre', since: 30 });
  expect(truthOfPack('on-vehicle', [released(), consigned(20), recalled(), handed()])).toMatchObject({ status: 'at-centre', since: 30 });
});

test('acts count in the order in which they were recorded, whatever hours they bring', () => {
  const entries = [released(), act('allocated', 100, { from: 'released', to: 'allocated' }), consigned(20), scan('seen', 25, round)];
  expect(truthOfPack('on-vehicle', entries)).toMatchObject({ status: 'on-vehicle', observedBy: null });
});

test('a handing over that is older than the last act that moved the pack is history', () => {
  const broughtBack = () => act('handed-over', 50, { from: 'on-vehicle', to: 'on-vehicle', holder: cssd });
  expect(truthOfPack('on-vehicle', [released(), consigned(20), broughtBack(), scan('sterile-handed', 30, centre)])).toMatchObject({
    status: 'on-vehicle',
    observedBy: null,
  });
});

test('a set is stowed by a scan that is older than its entry into the catalogue', () => {
  const registered = act('registered', 100, { to: 'used', holder: centre });
  expect(interpretSet({ status: 'used', since: 100 }, [registered, scan('soiled-stowed', 30, round)])).toEqual({
    status: 'in-transit-soiled',
    since: 30,
  });
});
