/** What the running service has made of the messages about a stay. */
import type { Service } from '../service/service.ts';

export interface Review {
  id: string;
  reason: string;
  fact: { messageId: string; type: string; visitNumber?: string };
}

/** @param started gives the service, which starts only after the test file is loaded */
export function visitsOn(started: () => Service) {
  const visitOf = (visitNumber: string, hospitalId = 'inst-h1') =>
    started()
      .db.selectFrom('visit')
      .selectAll()
      .where('hospital_id', '=', hospitalId)
      .where('visit_number', '=', visitNumber)
      .executeTakeFirstOrThrow();

  const reviewsOf = async (visitNumber: string): Promise<Review[]> =>
    (await started().get('office', '/v1/identity-reviews?limit=200')).body.items.filter(
      (one: Review) => one.fact.visitNumber === visitNumber,
    );

  return { visitOf, reviewsOf };
}
