/** What a link shows: which arrangements there are, when, where and whom to call. No diagnosis, no result, no whole name. */
import { z } from '@hono/zod-openapi';
import { loadPlaces } from '../../db/messages/surroundings.ts';
import type { OrderState } from '../../domain/discharge/order.ts';
import { ownerOf } from '../../domain/discharge/state.ts';
import type { Language } from '../../domain/kit/errors.ts';
import type { Place } from '../../domain/messages/resident-text.ts';
import type { ApiDependencies } from '../kit/operation.ts';
import { DateOnly } from '../kit/schemas.ts';
import type { OpenedLink } from './link-access.ts';
import { titleOf } from './order-resource.ts';

export const LinkOrderSchema = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    dueOn: DateOnly.nullable(),
    /** the institution with its address */
    place: z.string(),
    state: z.enum(['waiting', 'open', 'late', 'done']),
    /** something has been said of it by a link */
    reported: z.boolean(),
  })
  .openapi('LinkOrder');
export type LinkOrder = z.infer<typeof LinkOrderSchema>;

export const LinkOrdersSchema = z
  .strictObject({
    /** the family name alone */
    name: z.string(),
    centre: z.strictObject({ name: z.string(), phone: z.string().nullable() }),
    items: z.array(LinkOrderSchema),
  })
  .openapi('LinkOrders');
export type LinkOrders = z.infer<typeof LinkOrdersSchema>;

export async function readLinkOrders(
  { db }: Pick<ApiDependencies, 'db'>,
  { link, record }: OpenedLink,
  language: Language,
): Promise<LinkOrders> {
  const { state } = record;
  const shown = state.orders.flatMap((order) => {
    const stands = stateOf(order);
    return stands ? [{ order, stands, placeId: ownerOf(state, order.owner).institutionId }] : [];
  });
  const places = await loadPlaces(db, [state.centreId, ...shown.map(({ placeId }) => placeId)]);
  const centre = places.get(state.centreId);
  return {
    name: maskName(link.name),
    centre: { name: centre?.name[language] ?? '', phone: centre?.telephone ?? null },
    items: shown.map(({ order, stands, placeId }) => ({
      id: order.id,
      title: titleOf(record, order),
      dueOn: order.dueOn,
      place: writePlace(places.get(placeId), language),
      state: stands,
      reported: (order.reported ?? []).length > 0,
    })),
  };
}

/** Undefined for what is closed otherwise than done: nothing is asked of the patient any more. */
function stateOf({ status, outcome }: OrderState): LinkOrder['state'] | undefined {
  switch (status) {
    case 'waiting':
    case 'review':
      return 'waiting';
    case 'open':
    case 'in-conversation':
      return 'open';
    case 'overdue':
      return 'late';
    case 'closed':
      return outcome === 'done' ? 'done' : undefined;
  }
}

const maskName = (name: string): string => `${[...name.trim()][0] ?? ''}**`;

function writePlace(place: Place | undefined, language: Language): string {
  if (!place) return '';
  const address = place.address?.[language];
  if (!address) return place.name[language];
  return language === 'zh' ? `${place.name.zh}（${address}）` : `${place.name.en} (${address})`;
}
