/** The units in which medicines are dosed, each with the ways in which it is written. */

/** The written forms are in lower case, `μ` is U+03BC. */
export const doseUnits = {
  mg: 'mg',
  g: 'g',
  μg: 'μg',
  ug: 'μg',
  ml: 'ml',
  u: 'u',
  iu: 'u',
  单位: 'u',
  片: '片',
  粒: '粒',
  丸: '丸',
  袋: '袋',
  支: '支',
  滴: '滴',
  吸: '吸',
  喷: '吸',
  揿: '吸',
  贴: '贴',
} as const satisfies Record<string, string>;

export type DoseUnit = (typeof doseUnits)[keyof typeof doseUnits];
