/** Reads what acknowledgements say, and nothing else of them: a flaw elsewhere in an answer makes no message unanswered. */

export interface Acknowledgement {
  /** MSA-1, such as AA; '' where there is none. */
  code: string;
  /** MSA-2, the control id of the message that is answered. */
  controlId: string;
  /** The condition of ERR-3, or of the older ERR-1; '' where the answer names none. */
  condition: string;
  /** The place of ERR-2, or of the older ERR-1, as in PID^1^3; '' where the answer names none. */
  place: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: interface engines leave the marks of the frame, of the file or of a fixed length in what they send
const framing = /[\u0000\u000b\u001c\ufeff]/g;

/** Takes any version, any encoding characters, any line ends and names in either case. In the enhanced mode one answer holds two of them. Throws when there is no MSA segment. */
export function readAcknowledgements(text: string): Acknowledgement[] {
  const read = text.split(/(?<=^|[\r\n])(?=[ \t]*MSH)/i).flatMap((message) => readOne(message) ?? []);
  if (read.length === 0) throw new Error('The answer has no MSA segment.');
  return read;
}

function readOne(text: string): Acknowledgement | undefined {
  const lines = text.split(/[\r\n]+/).map((line) => line.replaceAll(framing, '').trim());
  const header = lines.find((line) => /^MSH/i.test(line)) ?? '';
  const [separator = '|', component = '^'] = header.slice(3);
  const fieldsOf = (name: string) =>
    (
      lines.find((line) => line.startsWith(`${name}${separator}`)) ??
      lines.find((line) => line.toUpperCase().startsWith(`${name}${separator}`.toUpperCase()))
    )?.split(separator);
  const msa = fieldsOf('MSA');
  if (!msa) return undefined;
  const err = fieldsOf('ERR');
  const older = err?.[1]?.split(component) ?? [];
  // In ERR-1 the code stands in the fourth component, behind the place.
  const condition = err?.[3]?.split(component)[0] || older[3]?.split('&')[0] || '';
  const place = err?.[2]?.split(component) ?? older.slice(0, 3);
  return {
    // Some write the words of a code beside it. A control id of ours has no components.
    code: msa[1]?.split(component)[0]?.trim().toUpperCase() ?? '',
    controlId: msa[2]?.split(component)[0]?.trim() ?? '',
    condition: /^\w{1,20}$/.test(condition) ? condition : '',
    place: place.every((part) => /^\w{0,20}$/.test(part)) ? place.join('^').replace(/\^+$/, '') : '',
  };
}

/** What one of several answers says of our message: the application's word, else that it was stored. Undefined where none is about it. */
export function findAnswer(text: string, controlId: string): Acknowledgement | undefined {
  // Each message has a connection of its own, so that an answer that names none is to this one.
  const about = readAcknowledgements(text).filter((each) => each.controlId === '' || isSameId(each.controlId, controlId));
  return about.find(({ code }) => code.startsWith('A')) ?? about[0];
}

/** Some systems write everything in capital letters. */
const isSameId = (one: string, other: string): boolean => one.toUpperCase() === other.toUpperCase();
