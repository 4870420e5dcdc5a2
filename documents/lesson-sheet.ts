/** A lesson as it is handed out on paper: what it teaches, in which version, and who hands it out. It names nobody. */
import { toShanghaiMinute } from '../domain/time/shanghai.ts';
import type { PdfDocument } from './pdf/document.ts';

export interface LessonToPrint {
  title: string;
  text: string;
  version: number;
  /** The name of the centre that hands it out. */
  from: string;
  telephone: string | null;
  /** The instant of its publication; of the text that comes with the program, that of its release. */
  date: Date;
  /** In milliseconds. */
  printedAt: number;
}

export function buildLessonSheet({ title, text, version, from, telephone, date, printedAt }: LessonToPrint): PdfDocument {
  const number = `第${version}版`;
  return {
    documentName: '健康知识材料',
    title,
    subtitle: '健康知识材料',
    number,
    runningHead: `${title}　${number}`,
    printedAt: toShanghaiMinute(printedAt),
    blocks: [
      { kind: 'text', label: '内容', text },
      { kind: 'text', label: '有疑问请联系', text: telephone === null ? from : `${from}　电话 ${telephone}` },
      { kind: 'text', label: '紧急情况', text: '请立即拨打120。' },
    ],
    date,
  };
}
