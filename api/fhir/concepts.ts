/** Coded words of another system as a text: nothing that was said in a code is lost. */
import type { Concept } from './schemas.ts';

/** The words, each code behind what it means: `高血压 (I10)；糖尿病 (E11.9)`. Empty for a concept that says nothing. */
export function conceptText({ text, coding = [] }: Concept): string {
  const isNamed = ({ display }: { display?: string | undefined }) => display !== undefined && display !== text;
  const codes = coding.filter((each) => !isNamed(each)).flatMap(({ code }) => code ?? []);
  const ofText = text === undefined ? codes.join('、') : codes.length === 0 ? text : `${text} (${codes.join('、')})`;
  const others = coding.filter(isNamed).map(({ display, code }) => (code === undefined ? display : `${display} (${code})`));
  return [...new Set([ofText, ...others])].filter(Boolean).join('；');
}
