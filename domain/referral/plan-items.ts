/** An item of a management plan is a code, or words. Words stay with the referral, so elsewhere such an item has a code by its place in the plan. */

const CODE = /^[a-z0-9-]{1,60}$/;

/** Returns the codes of a plan's items, in their order. */
export const codesOfItems = (items: readonly string[]): string[] =>
  items.map((item, index) => (CODE.test(item) ? item : `plan-item-${index + 1}`));
