/** The symptoms that a visit's form can name. A code that is not here is unknown, to a visit as to a protocol. */

export const symptomCodes = [
  'altered-consciousness',
  'severe-headache',
  'severe-dizziness',
  'nausea-vomiting',
  'blurred-vision',
  'eye-pain',
  'palpitations',
  'chest-tightness',
  'orthopnoea',
  'abnormal-behaviour',
  'acetone-breath',
  'sweating',
  'anorexia',
  'polydipsia',
  'polyuria',
  'abdominal-pain',
  'deep-breathing',
  'flushing',
  'sudden-vision-loss',
] as const;

export type SymptomCode = (typeof symptomCodes)[number];
