/** The letter to a patient (患者通知书) whom no other channel reaches: what an SMS would say, and what the pathway adds to it. */
import { toShanghaiMinute } from '../domain/time/shanghai.ts';
import type { Block, PdfDocument } from './pdf/document.ts';
import { toSexWords, toShortNumber } from './words.ts';

/** The pathway that a letter is about. */
export interface LetterSubject {
  pathwayId: string;
  /** What kind of pathway it is, in Chinese. */
  subtitle: string;
  patient: { name: string; sex: Parameters<typeof toSexWords>[0] };
  /** What stands between the text and the signatures. */
  blocks: Block[];
  /** An instant in milliseconds on the pathway's own clock. */
  printedAt: number;
}

export interface LetterContent {
  text: string;
  /** The name of the institution that prints the letter and hands it over. */
  from: string;
  openedAt: Date;
}

export function buildPatientLetter(
  { pathwayId, subtitle, patient, blocks, printedAt }: LetterSubject,
  { text, from, openedAt }: LetterContent,
): PdfDocument {
  const number = toShortNumber(pathwayId);
  return {
    documentName: '通知书',
    title: '患者通知书',
    subtitle,
    number,
    runningHead: [`通知书 ${number}`, patient.name].join('　'),
    printedAt: toShanghaiMinute(printedAt),
    blocks: [
      {
        kind: 'fields',
        fields: [
          { label: '患者', value: patient.name, strong: true },
          { label: '性别', value: toSexWords(patient.sex) },
        ],
      },
      { kind: 'text', label: '通知', text },
      ...blocks,
      { kind: 'heading', text: '送达' },
      { kind: 'text', label: '送达机构', text: from },
      { kind: 'signatures', labels: ['患者或家属', '送达人'] },
    ],
    date: openedAt,
  };
}
