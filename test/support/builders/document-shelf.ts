/** A shelf of documents in memory, which names them by numbers. */
import { citationsIn, KnownNames, toLongForm, toShortForm } from '../../../domain/kit/documents.ts';

export function createShelf(documents: readonly object[], blanks: readonly object[] = []) {
  const contents = [...documents, ...documents.flatMap(citationsIn), ...blanks];
  const known = new KnownNames();
  for (const [index, content] of contents.entries()) known.add(String(index), content);
  for (const blank of blanks) known.addBlank(String(contents.lastIndexOf(blank)), blank);
  return {
    shorten: <Value>(value: Value): Value => toShortForm(value, known),
    lengthen: <Value>(value: Value): Value => toLongForm(value, (name) => contents[Number(name)]) as Value,
  };
}
