/** A shelf of documents in memory, which names them by numbers. */
import { citationsIn, type KnownNames, toBlank, toCanonicalText, toLongForm, toShortForm } from '../../../domain/kit/documents.ts';

export function createShelf(documents: readonly unknown[], blanks: readonly object[] = []) {
  const contents = [...documents, ...documents.flatMap(citationsIn), ...blanks];
  const names = new Map(contents.map((content, index) => [toCanonicalText(content), String(index)]));
  const known: KnownNames = {
    find: (text) => names.get(text),
    blanks: blanks.map((blank) => toBlank(names.get(toCanonicalText(blank)) as string, blank)),
  };
  return {
    shorten: <Value>(value: Value): Value => toShortForm(value, known),
    lengthen: <Value>(value: Value): Value => toLongForm(value, (name) => contents[Number(name)]) as Value,
  };
}
