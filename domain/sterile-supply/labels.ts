/** What a pack's label says: its text for people in both languages, and what its symbol holds for scanners. */
import type { Words } from '../kit/language.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { MissingItem } from './sets.ts';
import type { PackStatus } from './vocabulary.ts';

export interface LabelContent {
  packId: string;
  packCode: string;
  /** Counts the labels of this pack; the newest one counts. */
  print: number;
  name: Words;
  packerId: string;
  checkerId: string | null;
  /** Null until the pack is planned for a load. */
  steriliserCode: string | null;
  loadNumber: string | null;
  sterilisedOn: LocalDate | null;
  expiresOn: LocalDate | null;
  released: boolean;
  /** What the set lacks, where the head nurse has let it go all the same; empty for a complete one. */
  missingItems: readonly MissingItem[];
  incomplete: boolean;
  /** The centre that the pack has to go back to. */
  ownerName: Words | null;
  gtin: string | null;
}

/** The code on the label: the pack's, and which of its labels this is. */
export const printedCodeOf = ({ packCode, print }: Pick<LabelContent, 'packCode' | 'print'>): string => `${packCode}-${print}`;

/** The day that a label printed now is dated with; null where no date may stand on it yet. `printedOn` counts while the load is planned. */
export function labelDateOf(
  status: PackStatus,
  { printedOn, sterilisedOn }: { printedOn: LocalDate; sterilisedOn: LocalDate | null },
): LocalDate | null {
  switch (status) {
    case 'assembled':
    case 'checked':
      return null;
    case 'in-load':
      return sterilisedOn ?? printedOn;
    default:
      return sterilisedOn;
  }
}

/** Whether it is a GTIN of 8, 12, 13 or 14 digits with its check digit (GS1 General Specifications 7.9). */
export function isGtin(text: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
  const digits = [...text].map(Number).reverse();
  const sum = digits.slice(1).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === digits[0];
}

/** What an application identifier of up to 20 characters may hold (GS1 character set 82). */
const isGs1Text = (text: string): boolean => /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/.test(text);

const toGs1Date = (date: LocalDate): string => date.slice(2).replaceAll('-', '');

/**
 * The element string of GS1 with its application identifiers in brackets: GTIN, serial number, and once the pack is planned for a load the batch, the day
 * of sterilisation and the last day. Null for a type without a GTIN, and where a code does not fit: then the symbol holds the printed code alone.
 */
export function elementStringOf(label: LabelContent): string | null {
  const { gtin, loadNumber, sterilisedOn, expiresOn } = label;
  const serial = printedCodeOf(label);
  if (gtin === null || !isGs1Text(serial) || (loadNumber !== null && !isGs1Text(loadNumber))) return null;
  const ofLoad =
    loadNumber === null || sterilisedOn === null || expiresOn === null
      ? ''
      : `(10)${loadNumber}(11)${toGs1Date(sterilisedOn)}(17)${toGs1Date(expiresOn)}`;
  return `(01)${gtin.padStart(14, '0')}(21)${serial}${ofLoad}`;
}

export const symbolOf = (label: LabelContent): 'gs1-datamatrix' | 'datamatrix' =>
  elementStringOf(label) === null ? 'datamatrix' : 'gs1-datamatrix';

const NOT_RELEASED = '未放行 NOT RELEASED';

/** What stands under the name: of its cycle, of people, and last and alone what must not be overlooked. */
export function labelLinesOf(label: LabelContent): { cycle: string[]; people: string[]; warnings: string[] } {
  const { packerId, checkerId, steriliserCode, loadNumber, sterilisedOn, expiresOn, ownerName } = label;
  const missing = label.missingItems.map(({ itemCode, quantity }) => `${itemCode} ×${quantity}`).join(', ');
  return {
    cycle: [
      ...(sterilisedOn === null ? [] : [`灭菌日期 Sterilised ${sterilisedOn}`]),
      ...(expiresOn === null ? [] : [`有效期至 Use by ${expiresOn}`]),
      ...(loadNumber === null ? [] : [`灭菌器 Steriliser ${steriliserCode}`, `锅次 Load ${loadNumber}`]),
    ],
    people: [
      `包装 Packed ${packerId}${checkerId === null ? '' : `　核对 Checked ${checkerId}`}`,
      ...(ownerName === null ? [] : [`所属 Owner ${ownerName.zh} ${ownerName.en}`]),
    ],
    warnings: [...(label.incomplete ? [`不完整 INCOMPLETE ${missing}`.trim()] : []), ...(label.released ? [] : [NOT_RELEASED])],
  };
}

/** Everything that people read on the label, a line each. */
export function labelTextOf(label: LabelContent): string {
  const { cycle, people, warnings } = labelLinesOf(label);
  return [label.name.zh, label.name.en, printedCodeOf(label), ...cycle, ...people, ...warnings].join('\n');
}
