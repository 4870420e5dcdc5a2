/** How a quarter has ended, as sentences in the words of the simulation: of the simulated world, and of the service that has lived the same acts. */
import type { SimulatedWorld } from '../../../../domain/supply-quarter/world.ts';
import type { Service } from '../../service/service.ts';
import type { QuarterNames } from './names.ts';

/** Sorted, so that two of them can be compared. A packed set is where its pack is. */
export type QuarterEnd = Record<
  | 'packs'
  | 'sets'
  | 'loads'
  | 'sterilisers'
  | 'indicators'
  | 'rounds'
  | 'stops'
  | 'slips'
  | 'slipLines'
  | 'recallLines'
  | 'recalls'
  | 'discrepancies',
  string[]
>;

type Words = readonly (string | number | null | undefined)[];

const toSentences = (rows: readonly Words[]): string[] => rows.map((row) => row.map((word) => word ?? '-').join(' ')).sort();

export function endOfWorld(world: SimulatedWorld): QuarterEnd {
  const slips = [...world.slips.values()];
  const rounds = [...world.rounds.values()];
  const recalls = [...world.recalls.values()];
  return {
    packs: toSentences(
      [...world.packs.values()].map((pack) => [
        pack.id,
        pack.setId,
        pack.status,
        pack.rejectReason,
        pack.sterilisedOn,
        pack.expiresOn,
        pack.holder.type,
        pack.holder.id,
      ]),
    ),
    sets: toSentences(
      [...world.sets.values()].map(({ id, status, holder }) => [id, status, ...(status === 'packed' ? [] : [holder.type, holder.id])]),
    ),
    loads: toSentences([...world.loads.values()].map(({ id, steriliserId, status, physical }) => [id, steriliserId, status, physical])),
    sterilisers: toSentences(
      [...world.sterilisers.values()].map(({ id, status, requalificationPassed }) => [id, status, requalificationPassed]),
    ),
    indicators: toSentences([...world.indicators.values()].map(({ id, loadId, status }) => [id, loadId, status])),
    rounds: toSentences(rounds.map(({ id, status, vehicleId }) => [id, status, vehicleId])),
    stops: toSentences(rounds.flatMap(({ stops }) => stops.map(({ id, status, failReason }) => [id, status, failReason]))),
    slips: toSentences(slips.map(({ id, institutionId, status, roundId }) => [id, institutionId, status, roundId])),
    slipLines: toSentences(
      slips.flatMap(({ lines }) =>
        lines.map((line) => {
          const isCounted = line.received !== null;
          const { id, direction, setTypeId, declared, delivered, outcome, received, missing, extra } = line;
          return [id, direction, setTypeId, declared, delivered, outcome, received, isCounted ? missing : null, isCounted ? extra : null];
        }),
      ),
    ),
    recalls: toSentences(recalls.map(({ steriliserId, status, loadIds }) => [steriliserId, status, [...loadIds].sort().join()])),
    recallLines: toSentences(
      recalls.flatMap(({ steriliserId, lines }) =>
        [...lines.values()].map(({ packId, holder, end }) => [steriliserId, packId, holder.type, holder.id, end]),
      ),
    ),
    discrepancies: toSentences(
      [...world.discrepancies.values()].map(({ kind, subjectId, status, resolution }) => [kind, subjectId, status, resolution]),
    ),
  };
}

/** What only one of the two says; empty: both have ended the same. */
export function findDifferences(simulated: QuarterEnd, onService: QuarterEnd): string[] {
  return (Object.keys(simulated) as (keyof QuarterEnd)[]).flatMap((part) => [
    ...simulated[part].filter((one) => !onService[part].includes(one)).map((one) => `${part}, only simulated: ${one}`),
    ...onService[part].filter((one) => !simulated[part].includes(one)).map((one) => `${part}, only on the service: ${one}`),
  ]);
}

/** Reads the tables: what the service shows follows from them. Only what the simulation knows of packs and sets is compared, everything of the rest. */
export async function endOfService({ db }: Service, { nameOf }: QuarterNames, world: SimulatedWorld): Promise<QuarterEnd> {
  const read = {
    custody: await db
      .selectFrom('custody')
      .select(['thing_type', 'thing_id', 'holder_type', 'holder_id'])
      .where('until', 'is', null)
      .execute(),
    packs: await db.selectFrom('pack').selectAll().execute(),
    sets: await db.selectFrom('set_instance').select(['id', 'status']).execute(),
    loads: await db.selectFrom('steriliser_load').select(['id', 'steriliser_id', 'status', 'physical']).execute(),
    sterilisers: await db.selectFrom('steriliser').select(['id', 'status', 'requalification_passed']).execute(),
    indicators: await db.selectFrom('load_indicator').select(['id', 'load_id', 'status']).execute(),
    rounds: await db.selectFrom('supply_round').select(['id', 'status', 'vehicle_id']).execute(),
    stops: await db.selectFrom('round_stop').select(['id', 'status', 'fail_reason']).execute(),
    slips: await db.selectFrom('exchange_slip').select(['id', 'institution_id', 'status', 'round_id']).execute(),
    slipLines: await db.selectFrom('slip_line').selectAll().execute(),
    recalls: await db.selectFrom('recall').select(['id', 'steriliser_id', 'status']).execute(),
    recallLoads: await db.selectFrom('recall_load').selectAll().execute(),
    recallLines: await db.selectFrom('recall_line').select(['recall_id', 'pack_id', 'holder_type', 'holder_id', 'end']).execute(),
    discrepancies: await db.selectFrom('discrepancy').select(['kind', 'subject_id', 'status', 'resolution']).execute(),
  };
  const holderOf = (type: string, id: string): [string | undefined, string | undefined] => {
    const held = read.custody.find(({ thing_type, thing_id }) => thing_type === type && thing_id === id);
    return [held?.holder_type, held && nameOf(held.holder_id)];
  };
  const steriliserOf = (recallId: string): string | undefined => read.recalls.find(({ id }) => id === recallId)?.steriliser_id;
  const orNull = (id: string | null): string | null => (id === null ? null : nameOf(id));
  return {
    packs: toSentences(
      read.packs.map((pack) => [
        nameOf(pack.id),
        pack.set_instance_id,
        pack.status,
        pack.reject_reason,
        pack.sterilised_on,
        pack.expires_on,
        ...holderOf('pack', pack.id),
      ]),
    ),
    sets: toSentences(
      read.sets
        .filter(({ id }) => world.sets.has(id))
        .map(({ id, status }) => [id, status, ...(status === 'packed' ? [] : holderOf('set-instance', id))]),
    ),
    loads: toSentences(read.loads.map(({ id, steriliser_id, status, physical }) => [nameOf(id), steriliser_id, status, physical])),
    sterilisers: toSentences(read.sterilisers.map(({ id, status, requalification_passed }) => [id, status, requalification_passed])),
    indicators: toSentences(read.indicators.map(({ id, load_id, status }) => [nameOf(id), nameOf(load_id), status])),
    rounds: toSentences(read.rounds.map(({ id, status, vehicle_id }) => [nameOf(id), status, nameOf(vehicle_id)])),
    stops: toSentences(read.stops.map(({ id, status, fail_reason }) => [nameOf(id), status, fail_reason])),
    slips: toSentences(
      read.slips.map(({ id, institution_id, status, round_id }) => [nameOf(id), institution_id, status, orNull(round_id)]),
    ),
    slipLines: toSentences(
      read.slipLines.map((line) => [
        nameOf(line.id),
        line.direction,
        line.set_type_id,
        line.declared,
        line.delivered,
        line.outcome,
        line.received,
        line.missing,
        line.extra,
      ]),
    ),
    recalls: toSentences(
      read.recalls.map(({ id, steriliser_id, status }) => {
        const loads = read.recallLoads.filter(({ recall_id }) => recall_id === id).map(({ load_id }) => nameOf(load_id));
        return [steriliser_id, status, loads.sort().join()];
      }),
    ),
    recallLines: toSentences(
      read.recallLines.map(({ recall_id, pack_id, holder_type, holder_id, end }) => [
        steriliserOf(recall_id),
        nameOf(pack_id),
        holder_type,
        nameOf(holder_id),
        end,
      ]),
    ),
    discrepancies: toSentences(
      read.discrepancies.map(({ kind, subject_id, status, resolution }) => [kind, nameOf(subject_id), status, resolution]),
    ),
  };
}
