/** A round as a caller may see it: a centre sees its own stop of it and what goes there. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import { findRound, type RoundRecord } from '../../db/supply-round/rounds.ts';
import { lanes, roundStatuses, stopSteps } from '../../domain/sterile-supply/vocabulary.ts';
import { allowedRoundActs, type RoundAct, roundActs } from '../../domain/supply-round/acts.ts';
import type { Caller } from '../kit/auth.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { DateOnly, Instant, NamedPlaceSchema } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { pathwayMemberSchemas, pathwayMembers } from '../sterile-supply/pathway-parts.ts';
import { type SupplySight, sightOf } from '../sterile-supply/posts.ts';
import { resourceMembers } from '../sterile-supply/thing-resource.ts';

export const stopStatuses = ['scheduled', ...stopSteps, 'failed'] as const;

export const RoundSchema = z
  .strictObject({
    ...resourceMembers,
    status: z.enum(roundStatuses),
    allowed: z.array(z.enum(roundActs)),
    on: DateOnly,
    vehicleId: z.string(),
    driverId: z.string(),
    courierId: z.string(),
    departAt: Instant,
    mode: z.enum(['soiled-first', 'clean-first']),
    brokenDown: z.boolean(),
    legs: z.array(z.strictObject({ vehicleId: z.string(), from: z.string(), to: z.string().nullable() })),
    stops: z.array(
      z.strictObject({
        id: z.string(),
        institutionId: z.string(),
        institution: NamedPlaceSchema,
        arriveAt: Instant,
        status: z.enum(stopStatuses),
      }),
    ),
    consignments: z.array(
      z.strictObject({
        id: z.string(),
        lane: z.enum(lanes),
        stopId: z.string(),
        boxId: z.string(),
        sealNumber: z.string(),
        intact: z.boolean().nullable(),
        packIds: z.array(z.string()),
      }),
    ),
    totals: z.strictObject({ loaded: z.number().int(), delivered: z.number().int(), returned: z.number().int(), aboard: z.number().int() }),
    ...pathwayMemberSchemas,
  })
  .openapi('SupplyRound');

export type RoundResource = z.infer<typeof RoundSchema>;

/** The operation of each act: what the policy says of it. */
const operationOf = {
  confirm: 'confirmRound',
  allocate: 'allocateRound',
  'add-stop': 'addStop',
  'move-stop': 'moveStop',
  'voice-codes': 'issueVoiceCode',
  cancel: 'cancelRound',
  close: 'closeRound',
  consignments: 'consignPacks',
  'take-off': 'takePacksOff',
  'complete-loading': 'completeLoading',
  depart: 'departRound',
  return: 'returnRound',
  'break-down': 'breakDownRound',
  transfer: 'transferRound',
  abort: 'abortRound',
  'hand-over': 'handOverRound',
} as const satisfies Record<RoundAct, OperationId>;

export function roundResource(round: RoundRecord, caller: Caller): RoundResource {
  const sight = sightOf(caller);
  const { now, clocks, tasks } = pathwayMembers(round.parts);
  const { id, status, version, vehicleId, driverId, courierId, mode, brokenDown, legs, totals } = round;
  return {
    id,
    version,
    createdAt: round.createdAt.toISOString(),
    status,
    allowed: allowedRoundActs(round).filter((act) => mayDo(operationOf[act], caller.roles)),
    on: round.onDate,
    vehicleId,
    driverId,
    courierId,
    departAt: round.departAt.toISOString(),
    mode,
    brokenDown,
    legs,
    stops: round.stops.filter(({ institutionId }) => isOf(sight, institutionId)),
    consignments: round.consignments
      .filter(({ institutionId }) => isOf(sight, institutionId))
      .map(({ institutionId: _, ...consignment }) => consignment),
    totals,
    now,
    clocks: clocks.filter(({ owner }) => isOf(sight, owner.institutionId)),
    tasks: tasks.filter(({ institutionId }) => isOf(sight, institutionId)),
  };
}

const isOf = (sight: SupplySight, institutionId: string): boolean => sight.over !== 'centre' || sight.institutionId === institutionId;

/** `db`: the transaction of an act that has just changed the round, or any other database. */
export async function roundReply(db: Database, id: string, caller: Caller, status: number): Promise<Reply> {
  const round = await findRound(db, id);
  if (!round) throw new Error('A round that was acted on is there.');
  const location = status === 201 ? { location: `/v1/rounds/${id}` } : {};
  return { status, body: roundResource(round, caller), headers: { etag: `"${round.version}"`, ...location } };
}

/** The answer to a command on a round that has happened. */
export const renderRound = ({ deps, caller }: Asking, { pathwayId, name }: AnsweredCommand): Promise<Reply> =>
  roundReply(deps.db, pathwayId, caller, name === 'create' ? 201 : 200);
