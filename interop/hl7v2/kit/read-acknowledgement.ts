/** Reads what an acknowledgement says, and nothing else of it: a flaw elsewhere in an answer makes no message unanswered. */

export interface Acknowledgement {
  /** MSA-1, such as AA; '' where there is none. */
  code: string;
  /** MSA-2, the control id of the message that is answered. */
  controlId: string;
  /** The condition of ERR-3, or of the older ERR-1; '' where the answer names none. */
  condition: string;
}

/** Takes any version, any encoding characters and any line ends. Throws when there is no MSA segment. */
export function readAcknowledgement(text: string): Acknowledgement {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const header = lines.find((line) => line.startsWith('MSH')) ?? '';
  const [separator = '|', component = '^'] = header.slice(3);
  const fieldsOf = (name: string) => lines.find((line) => line.startsWith(`${name}${separator}`))?.split(separator);
  const msa = fieldsOf('MSA');
  if (!msa) throw new Error('The answer has no MSA segment.');
  const err = fieldsOf('ERR');
  // In ERR-1 the code stands in the fourth component, behind the place.
  const condition = err?.[3]?.split(component)[0] || err?.[1]?.split(component)[3]?.split('&')[0] || '';
  return { code: msa[1]?.trim() ?? '', controlId: msa[2]?.trim() ?? '', condition };
}
