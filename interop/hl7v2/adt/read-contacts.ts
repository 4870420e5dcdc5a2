/** Whom a message names as the next of kin (NK1), as contacts of the HTTP API. */
import { isDeleted, type Message, placeOf, type Segment, segmentsOf, valueAt } from '../kit/message.ts';
import { nameOf, phonesOf } from '../kit/names-and-phones.ts';
import type { ReadMessage } from '../kit/read-message.ts';

type Read = Pick<ReadMessage, 'body' | 'places'>;

/** HL7 table 0063, the codes that hospitals send. */
const relations: Readonly<Record<string, string>> = {
  SPO: '配偶',
  DOM: '伴侣',
  CHD: '子女',
  SON: '儿子',
  DAU: '女儿',
  PAR: '父母',
  FTH: '父亲',
  MTH: '母亲',
  SIB: '兄弟姐妹',
  BRO: '兄弟',
  SIS: '姐妹',
  GCH: '孙辈',
  GRP: '祖辈',
  GRD: '监护人',
  FND: '朋友',
  NBR: '邻居',
  CGV: '照护者',
  EMC: '紧急联系人',
};

const UNNAMED_RELATION = '联系人';

/** Somebody without a name or a number cannot be called: what the message says of them is left unread, so that the answer names it. */
export function readContacts(message: Message): Read {
  const contacts = segmentsOf(message, 'NK1').flatMap((nk1) => contactOf(message, nk1) ?? []);
  if (contacts.length === 0) return { body: {}, places: {} };
  const places = contacts.flatMap(({ nk1, phoneField }, index) => [
    [`contacts.${index}.name`, placeOf(nk1, { field: 2 })],
    [`contacts.${index}.relation`, placeOf(nk1, { field: 3 })],
    [`contacts.${index}.phone`, placeOf(nk1, { field: phoneField })],
  ]);
  return { body: { contacts: contacts.map(({ contact }) => contact) }, places: Object.fromEntries(places) };
}

/** NK1-5 is the number at home, NK1-6 the one at work, NK1-40 the one of later versions. */
const PHONE_FIELDS = [5, 40, 6];

function contactOf(message: Message, nk1: Segment) {
  const phoneField = PHONE_FIELDS.find((field) => (nk1.fields[field] ?? '') !== '' && !isDeleted(nk1, field));
  if ((nk1.fields[2] ?? '') === '' || phoneField === undefined) return undefined;
  const [name, [phone]] = [nameOf(message, nk1, 2), phonesOf(message, nk1, phoneField)];
  if (name === undefined || phone === undefined) return undefined;
  // The number of the segment says nothing by itself.
  valueAt(message, nk1, { field: 1 });
  const [code, text] = [valueAt(message, nk1, { field: 3 }), valueAt(message, nk1, { field: 3, component: 2 })];
  return {
    nk1,
    phoneField,
    contact: { name, relation: relations[code.toUpperCase()] ?? (text || code || UNNAMED_RELATION), phone: phone.number },
  };
}
