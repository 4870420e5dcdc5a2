/** The floor of the simulated department: washing, inspection, packs, and what centres do with them. */
import { nominalExpiresOn, sterilisedOnOf } from '../sterile-supply/expiry.ts';
import { mayBreakOut, mayPackAct } from '../sterile-supply/packs.ts';
import { maySetAct, needsPretreatment, setStatusAfter, setStatusAfterInspection } from '../sterile-supply/sets.ts';
import { judgeWash } from '../sterile-supply/wash.ts';
import { localDateOf } from '../time/local-date.ts';
import type { SupplyAct } from './acts.ts';
import { openDiscrepancy, resolveBySighting } from './discrepancies.ts';
import { followRecalls, isRecalled } from './recalls.ts';
import { reasonsAgainstPack, requireDispensable } from './rounds.ts';
import { atDepartment, findLivePack, mustHold, pick, type SimulatedPack, type SimulatedSet, type SimulatedWorld } from './world.ts';

type ActOf<Name extends SupplyAct['act']> = Extract<SupplyAct, { act: Name }>;

const WASH = { temperatureC: 93, seconds: 150, directUse: false };

export function wash(world: SimulatedWorld, { setIds, pretreatment }: ActOf<'wash'>): void {
  mustHold(judgeWash(WASH, world.rules).result === 'pass', 'a wash at 93 °C');
  for (const id of setIds) {
    const set = pick(world.sets, id);
    mustHold(!needsPretreatment(set.special, pretreatment), 'the washing of a special pathogen without its pretreatment');
    changeSet(world, id, 'wash', 'washed');
    set.special = null;
  }
}

export function inspect(world: SimulatedWorld, { items }: ActOf<'inspect'>): void {
  for (const { setId, result } of items) changeSet(world, setId, 'inspect', setStatusAfterInspection[result]);
}

export const mend = (world: SimulatedWorld, { setId, how }: ActOf<'mend'>): void => changeSet(world, setId, how, setStatusAfter[how]);

function changeSet(world: SimulatedWorld, id: string, act: Parameters<typeof maySetAct>[1], to: SimulatedSet['status']): void {
  const set = pick(world.sets, id);
  mustHold(maySetAct(set.status, act), `${act} of a set that is ${set.status}`);
  set.status = to;
}

export function assemble(world: SimulatedWorld, { setId, packId }: ActOf<'assemble'>): void {
  const set = pick(world.sets, setId);
  const { packaging, implant, surgical } = pick(world.setTypes, set.setTypeId);
  changeSet(world, setId, 'assemble', 'packed');
  // What an earlier pack of this set was left as has ended, since its set was washed and inspected again.
  const before = findLivePack(world, setId);
  if (before) before.status = 'ended';
  world.packs.set(packId, {
    id: packId,
    setId,
    setTypeId: set.setTypeId,
    packaging,
    implant,
    surgical,
    ownerId: set.ownerId,
    status: 'assembled',
    packerId: 'technician',
    checkerId: null,
    loadId: null,
    labelledOn: null,
    sterilisedOn: null,
    nominalExpiresOn: null,
    expiresOn: null,
    exposed: false,
    outerCi: null,
    rejectReason: null,
    releasedAt: 0,
    allocatedTo: null,
    consignedTo: null,
    openedAt: null,
    openedBy: null,
    holder: atDepartment(world),
  });
}

export function check(world: SimulatedWorld, { packId }: ActOf<'check'>): void {
  const pack = pick(world.packs, packId);
  mustHold(mayPackAct('check', standingOf(world, pack)), `the check of a pack that is ${pack.status}`);
  pack.status = 'checked';
  pack.checkerId = 'checker';
}

const standingOf = (world: SimulatedWorld, pack: SimulatedPack) => ({
  status: pack.status,
  recalled: isRecalled(world, pack.id),
  expired: pack.expiresOn !== null && localDateOf(world.now) > pack.expiresOn,
});

export function openPack(world: SimulatedWorld, { packId, institutionId, at }: ActOf<'open-pack'>): void {
  const pack = pick(world.packs, packId);
  mustHold(mayPackAct('open', standingOf(world, pack)), `the opening of a pack that is ${pack.status}`);
  requireDispensable(world, pack, institutionId, at);
  markOpened(world, pack, { institutionId, at });
}

/** What a phone without network can tell nobody of: a recall has lines of its own for what was used. */
const unknownAtOpening: readonly string[] = ['recalled', 'load-failed', 'wrong-owner', 'held-elsewhere'];

/** The phone had no network. What must not have been opened is a discrepancy of the gate, the pack is opened all the same. */
export function tellOpened(world: SimulatedWorld, { packId, institutionId, openedAt }: ActOf<'scan-opened'>): void {
  const pack = pick(world.packs, packId);
  const known = reasonsAgainstPack(world, pack, institutionId, openedAt).filter(({ code }) => !unknownAtOpening.includes(code));
  if (known.length > 0) openDiscrepancy(world, { kind: 'gate', subjectId: packId });
  markOpened(world, pack, { institutionId, at: openedAt });
}

function markOpened(world: SimulatedWorld, pack: SimulatedPack, { institutionId, at }: { institutionId: string; at: number }): void {
  Object.assign(pack, { status: 'opened', openedAt: at, openedBy: institutionId });
  pick(world.sets, pack.setId).status = 'used';
  followRecalls(world, [pack.id]);
}

export function restock(world: SimulatedWorld, { packId }: ActOf<'restock'>): void {
  const pack = pick(world.packs, packId);
  mustHold(mayPackAct('restock', standingOf(world, pack)), `the restocking of a pack that is ${pack.status}`);
  pack.allocatedTo = null;
  pack.consignedTo = null;
  pack.holder = atDepartment(world);
  requireDispensable(world, pack, null);
  pack.status = 'released';
  pick(world.sets, pack.setId).holder = atDepartment(world);
}

export function breakOut(world: SimulatedWorld, { packId }: ActOf<'break-out'>): void {
  const pack = pick(world.packs, packId);
  mustHold(mayBreakOut(standingOf(world, pack)) && pack.holder.type === 'cssd', `the breaking out of a pack that is ${pack.status}`);
  pack.status = 'ended';
  Object.assign(pick(world.sets, pack.setId), { status: 'in-decon', holder: atDepartment(world) });
  followRecalls(world, [packId]);
}

/** A set is seen at the department, whoever thought it was lost. */
export function seeSet(world: SimulatedWorld, setId: string): void {
  const set = pick(world.sets, setId);
  Object.assign(set, { status: 'in-decon', holder: atDepartment(world) });
  resolveBySighting(world, [setId]);
}

export const reportMissing = (world: SimulatedWorld, setId: string): void =>
  changeSet(world, setId, 'report-missing', setStatusAfter['report-missing']);

/** The dates of the packs of a load, by the local date of its start. */
export function datePacks(world: SimulatedWorld, packs: readonly SimulatedPack[], startedAt: number): void {
  for (const pack of packs) {
    pack.sterilisedOn = sterilisedOnOf(startedAt);
    pack.nominalExpiresOn = nominalExpiresOn(pack.packaging, pack.sterilisedOn, world.rules);
    pack.expiresOn = pack.nominalExpiresOn;
  }
}
