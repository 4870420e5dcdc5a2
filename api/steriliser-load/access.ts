/** Who sees sterilisers, loads and indicators: sterilisers everybody of the supply cycle, loads and indicators whoever sees all of it. */
import { z } from '@hono/zod-openapi';
import { type BowieDickRecord, findBowieDickTest } from '../../db/steriliser-load/bowie-dick-tests.ts';
import { findIndicator, type IndicatorRecord } from '../../db/steriliser-load/indicators.ts';
import { findLoadByName, type LoadRecord } from '../../db/steriliser-load/loads.ts';
import { findSteriliser, type SteriliserRecord } from '../../db/steriliser-load/sterilisers.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { Id } from '../kit/schemas.ts';
import { seesCatalogue, sightOf } from '../sterile-supply/posts.ts';

/** A thing's id, or what is printed on it. */
export const ThingById = z.object({ id: Id });

type Request = OperationRequest<{ id: string }, unknown, unknown, undefined>;

export const seesLoads = ({ caller }: Pick<OperationRequest, 'caller'>): boolean => sightOf(caller).over === 'alliance';

/** Sterilisers are of the catalogue. */
export const findVisibleSteriliser = async ({ deps, params, caller }: Request): Promise<SteriliserRecord | undefined> =>
  seesCatalogue(caller) ? findSteriliser(deps.db, params.id) : undefined;

export const findVisibleTest = async (request: Request): Promise<BowieDickRecord | undefined> =>
  seesLoads(request) && isUuid(request.params.id) ? findBowieDickTest(request.deps.db, request.params.id) : undefined;

export const findVisibleLoad = async (request: Request): Promise<LoadRecord | undefined> =>
  seesLoads(request) ? findLoadByName(request.deps.db, request.params.id) : undefined;

export const findVisibleIndicator = async (request: Request): Promise<IndicatorRecord | undefined> =>
  seesLoads(request) ? findIndicator(request.deps.db, request.params.id) : undefined;

const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;
