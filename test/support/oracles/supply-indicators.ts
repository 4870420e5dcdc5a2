/** The indicators of sterile supply, counted from whole tables in plain loops: what the statements must give. */
import type { SupplyIndicator } from '../../../domain/sterile-supply/supply-indicators.ts';

// biome-ignore lint/suspicious/noExplicitAny: rows as the driver gives them
type Row = any;
export type SupplyTables = Record<string, Row[]>;

const DAY_MS = 86_400_000;
const dayOf = (at: Date | number): string => new Date(new Date(at).getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
const clockOf = (at: Date): string => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(11, 16);
const days = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

export function countIndicators(
  tables: SupplyTables,
  { from, to, centre, now }: { from: Date; to: Date; centre: string | null; now: Date },
): Record<SupplyIndicator, [number, number]> {
  const table = (name: string): Row[] => tables[name] ?? [];
  const within = (at: Date | null): boolean => at !== null && at >= from && at < to;
  const here = (id: string): boolean => centre === null || id === centre;
  const share = (items: readonly Row[], counts: (item: Row) => boolean): [number, number] => [items.filter(counts).length, items.length];
  const nothing: [number, number] = [0, 0];
  const ofDepartment = (figure: () => [number, number]): [number, number] => (centre === null ? figure() : nothing);
  const loadOf = (pack: Row): Row => table('steriliser_load').find(({ id }) => id === pack.load_id);

  const unloaded = table('pack').filter((pack) => pack.outer_ci !== null && within(loadOf(pack)?.unloaded_at ?? null));
  const bis = table('load_indicator').filter(
    ({ kind, read_at, status }) => kind === 'bi' && within(read_at) && ['pass', 'fail', 'invalid'].includes(status),
  );
  const pcds = table('load_indicator').filter(
    ({ kind, read_at, status }) => kind === 'pcd-ci' && within(read_at) && ['pass', 'fail'].includes(status),
  );
  const inner = table('pack').filter(({ inner_ci, status_since }) => inner_ci !== null && within(status_since));
  const cis = [...unloaded.map(({ outer_ci }) => outer_ci), ...pcds.map(({ status }) => status), ...inner.map(({ inner_ci }) => inner_ci)];

  const piecesOf = (setTypeId: string): number =>
    sum(
      table('set_type')
        .find(({ id }) => id === setTypeId)
        .count_sheet.map(({ quantity }: Row) => quantity),
    );
  const slipOf = (line: Row): Row => table('exchange_slip').find(({ id }) => id === line.slip_id);
  const counted = table('slip_line').filter(
    (line) =>
      line.direction === 'collect' && line.received !== null && within(slipOf(line).counted_at) && here(slipOf(line).institution_id),
  );
  const collected = sum(counted.map((line) => line.received * piecesOf(line.set_type_id))) / 1_000;
  const missingItems = sum(
    [...new Set(counted.map(({ slip_id }) => slip_id))].map((slipId) => {
      const last = table('slip_count')
        .filter(({ slip_id }) => slip_id === slipId)
        .toSorted((a, b) => b.counted_at - a.counted_at)[0];
      return sum(
        (last?.body.lines ?? []).flatMap((line: Row) =>
          (line.incomplete ?? []).flatMap((set: Row) => set.missingItems.map((item: Row) => item.quantity)),
        ),
      );
    }),
  );

  const handed: Row[] = [];
  for (const event of table('supply_event').toSorted((a, b) => a.happened_at - b.happened_at))
    if (
      event.thing_type === 'pack' &&
      event.event === 'sterile-handed' &&
      event.holder_type === 'centre' &&
      within(event.happened_at) &&
      here(event.holder_id) &&
      !handed.some((one) => one.pack.id === event.thing_id && one.centre === event.holder_id)
    )
      handed.push({ pack: table('pack').find(({ id }) => id === event.thing_id), centre: event.holder_id, at: event.happened_at });
  const wasIncomplete = ({ pack, at }: Row): boolean => {
    const ofSet = table('supply_event').filter(
      (one) => one.thing_type === 'set-instance' && one.thing_id === pack.set_instance_id && one.happened_at < at,
    );
    return ofSet.some(
      (signed) =>
        signed.event === 'signed-off-incomplete' &&
        !ofSet.some((one) => one.to_status === 'washed' && one.happened_at > signed.happened_at),
    );
  };
  const isLost = ({ pack }: Row): boolean =>
    pack.opened_at === null && pack.expires_on < dayOf(pack.status === 'at-centre' ? now : pack.status_since);
  const isTraced = ({ pack }: Row): boolean => {
    const places = table('custody')
      .filter((one) => one.thing_type === 'pack' && one.thing_id === pack.id)
      .toSorted((a, b) => a.since - b.since);
    const jumps = places.some(
      (place, n) =>
        n > 0 && place.holder_type !== 'round' && places[n - 1].holder_type !== 'round' && place.holder_id !== places[n - 1].holder_id,
    );
    const doubted = table('discrepancy').some(
      ({ kind, status, subject_id }) =>
        ['duplicate', 'custody-gap'].includes(kind) &&
        !['resolved', 'closed'].includes(status) &&
        [pack.id, pack.set_instance_id].includes(subject_id),
    );
    return !jumps && !doubted;
  };

  const stops = table('round_stop')
    .filter((stop) => {
      const round = table('supply_round').find(({ id }) => id === stop.round_id);
      const counts = stop.moved_to_round_id === null && !['planned', 'cancelled'].includes(round.status) && within(stop.arrive_at);
      return counts && (stop.arrive_at <= now || stop.status !== 'scheduled') && here(stop.institution_id);
    })
    .map((stop) => {
      const steps = table('stop_step')
        .filter(({ stop_id }) => stop_id === stop.id)
        .toSorted((a, b) => a.happened_at - b.happened_at);
      const arrived = steps.find(({ step }) => step === 'arrived')?.happened_at;
      const windows = table('supply_centre').find(({ institution_id }) => institution_id === stop.institution_id)?.windows ?? [];
      const lines = table('slip_line').filter((line) => line.direction === 'deliver' && slipOf(line).stop_id === stop.id);
      return {
        lines,
        steps: steps.length,
        onTime:
          arrived !== undefined &&
          (windows.length > 0
            ? windows.some((span: Row) => clockOf(arrived) >= span.from && clockOf(arrived) <= span.to)
            : arrived.getTime() <= stop.arrive_at.getTime() + 1_800_000),
        byProtocol: stop.status === 'left' && new Set(steps.map(({ step }) => step)).size === 8 && steps.every(({ in_order }) => in_order),
        signed: new Set(table('stop_signature').flatMap((one) => (one.stop_id === stop.id ? [one.side] : []))).size === 2,
        complete: lines.every(({ outcome }) => outcome === 'delivered'),
      };
    });
  const known = stops.flatMap(({ lines }) => lines.filter(({ outcome }) => outcome !== null));

  const loops = table('pack').flatMap((pack) => {
    const load = loadOf(pack);
    if (!load || !within(load.released_at)) return [];
    const before = table('supply_event').filter(
      (one) =>
        one.thing_type === 'set-instance' &&
        one.thing_id === pack.set_instance_id &&
        one.event === 'counted' &&
        one.happened_at < load.started_at,
    );
    return before.length === 0 ? [] : [(load.released_at - Math.max(...before.map(({ happened_at }) => happened_at.getTime()))) / 1_000];
  });
  const lines = table('recall_line').filter((line) => {
    const recall = table('recall').find(({ id }) => id === line.recall_id);
    return !recall.drill && within(recall.opened_at) && (centre === null || (line.holder_type === 'centre' && line.holder_id === centre));
  });

  const loadDays = new Map<string, Row>();
  for (const load of table('steriliser_load').filter(({ purpose, started_at }) => purpose === 'packs' && within(started_at))) {
    const key = `${load.steriliser_id} ${dayOf(load.started_at)}`;
    const first = Math.min(load.started_at.getTime(), loadDays.get(key)?.first ?? Number.POSITIVE_INFINITY);
    loadDays.set(key, { steriliser: table('steriliser').find(({ id }) => id === load.steriliser_id), on: dayOf(load.started_at), first });
  }
  const bdDue = [...loadDays.values()].filter(({ steriliser }) => steriliser.kind === 'prevacuum');
  const bdDone = bdDue.filter(({ steriliser, on, first }) =>
    table('bowie_dick_test').some(
      (one) => one.steriliser_id === steriliser.id && one.ended_at.getTime() <= first && dayOf(one.ended_at) === on,
    ),
  );
  const isRecent = (ago: number): boolean => ago >= 0 && ago <= 7;
  const wasQualified = ({ steriliser, on }: Row): boolean =>
    steriliser.qualified_at !== null && isRecent(days(dayOf(steriliser.qualified_at), on));
  const isIndicated = ({ steriliser, on }: Row): boolean =>
    table('load_indicator').some(({ kind, status, load_id }) => {
      const load = table('steriliser_load').find(({ id }) => id === load_id);
      if (kind !== 'bi' || !['placed', 'incubating', 'pass'].includes(status) || load.steriliser_id !== steriliser.id) return false;
      return isRecent(days(dayOf(load.started_at), on));
    });
  const biDone = [...loadDays.values()].filter((one) => wasQualified(one) || isIndicated(one));
  const aboard = new Map<string, boolean>();
  for (const unit of table('consignment').filter(({ lane }) => lane === 'sterile')) {
    const round = table('supply_round').find(({ id }) => id === unit.round_id);
    if (round.departed_at === null || !within(round.depart_at)) continue;
    for (const packId of unit.pack_ids) {
      const load = loadOf(table('pack').find(({ id }) => id === packId));
      if (load)
        aboard.set(
          `${round.id} ${load.id}`,
          load.released_at !== null && load.released_at.getTime() <= round.depart_at.getTime() - 3_600_000,
        );
    }
  }

  return {
    'sterilisation-pass': ofDepartment(() =>
      share(unloaded, (pack) => loadOf(pack).released_at !== null && pack.outer_ci === 'pass' && pack.wet !== true),
    ),
    'bi-fail': ofDepartment(() =>
      share(
        bis.filter(({ status }) => status !== 'invalid'),
        ({ status }) => status === 'fail',
      ),
    ),
    'bi-invalid': ofDepartment(() => share(bis, ({ status }) => status === 'invalid')),
    'ci-fail': ofDepartment(() => share(cis, (result) => result === 'fail')),
    'bd-fail': ofDepartment(() =>
      share(
        table('bowie_dick_test').filter(({ ended_at }) => within(ended_at)),
        ({ result }) => result === 'fail',
      ),
    ),
    'wet-pack': ofDepartment(() => share(unloaded, ({ wet }) => wet === true)),
    'count-accuracy': share(counted, ({ declared, received }) => declared === received),
    'missing-rate': [sum(counted.map((line) => line.missing * piecesOf(line.set_type_id))) + missingItems, collected],
    'damage-rate': [sum(counted.map(({ damaged }) => damaged)), collected],
    'incomplete-issue': share(handed, wasIncomplete),
    'fill-rate': [sum(known.map(({ delivered }) => delivered ?? 0)), sum(known.map(({ declared }) => declared))],
    'perfect-stop': share(stops, ({ onTime, byProtocol, signed, complete }) => onTime && byProtocol && signed && complete),
    'on-time-stop': share(stops, ({ onTime }) => onTime),
    turnaround: ofDepartment(() => [sum(loops), loops.length]),
    'shelf-loss': share(handed, isLost),
    'remaining-life': [
      sum(handed.map(({ pack, at }) => Math.max(days(dayOf(at), pack.expires_on), 0) / days(pack.sterilised_on, pack.nominal_expires_on))),
      handed.length,
    ],
    'protocol-compliance': share(
      stops.filter(({ steps }) => steps > 0),
      ({ byProtocol }) => byProtocol,
    ),
    'recall-accounted': share(lines, ({ state }) => state === 'ended'),
    traceability: share(handed, isTraced),
    'monitoring-compliance': ofDepartment(() => [bdDone.length + biDone.length, bdDue.length + loadDays.size]),
    'release-lead': ofDepartment(() => [[...aboard.values()].filter(Boolean).length, aboard.size]),
  };
}
