/** Made-up personal names and phone numbers for the demo alliance. */
import type { Random } from '../kit/random.ts';

export type Sex = 'male' | 'female';

const splitWords = (list: string): readonly string[] => list.split(' ');

/** Common surnames; the weight is roughly the share of the population in tenths of a percent. */
const surnamesByWeight: ReadonlyArray<{ weight: number; names: readonly string[] }> = [
  { weight: 72, names: splitWords('王 李') },
  { weight: 68, names: splitWords('张') },
  { weight: 54, names: splitWords('刘') },
  { weight: 45, names: splitWords('陈') },
  { weight: 31, names: splitWords('杨') },
  { weight: 22, names: splitWords('黄') },
  { weight: 21, names: splitWords('赵') },
  { weight: 20, names: splitWords('吴') },
  { weight: 19, names: splitWords('周') },
  { weight: 14, names: splitWords('徐 孙') },
  { weight: 13, names: splitWords('马 朱') },
  { weight: 12, names: splitWords('胡') },
  { weight: 11, names: splitWords('郭 何 林') },
  { weight: 10, names: splitWords('高 罗') },
  { weight: 9, names: splitWords('郑') },
  { weight: 8, names: splitWords('梁 谢') },
  { weight: 7, names: splitWords('宋 唐 许') },
  { weight: 6, names: splitWords('邓 韩 冯 曹 彭') },
  { weight: 5, names: splitWords('曾 肖 田 董 潘 袁 蔡 蒋') },
  { weight: 4, names: splitWords('余 杜 叶 程 苏 魏 吕 丁 任 卢 姚 沈') },
  { weight: 3, names: splitWords('钟 姜 崔 谭 陆 汪 范 廖 石') },
  { weight: 1, names: splitWords('欧阳 上官 司徒') },
];

const surnames = surnamesByWeight.flatMap(({ weight, names }) => names.map((surname) => [surname, weight] as const));

interface Era {
  /** The era covers births before this year. */
  beforeYear: number;
  givenNames: Record<Sex, readonly string[]>;
}

/** Given names follow the fashion of the year of birth: hardly anybody was called 建国 before 1949, or 梓涵 before 2000. */
const eras: readonly Era[] = [
  {
    beforeYear: 1960,
    givenNames: {
      male: splitWords(
        '建国 国强 德明 福生 玉林 志明 永康 金生 树林 文华 国栋 长林 水根 保国 志祥 光荣 桂林 炳坤 兴旺 世杰 忠义 根生 启明 汉文',
      ),
      female: splitWords(
        '秀英 桂英 玉兰 淑珍 凤英 素珍 桂兰 秀兰 玉珍 淑芬 惠珍 美珍 月娥 翠花 金凤 兰英 彩云 桂花 春梅 秋菊 雪梅 爱珍 素梅 玉娥',
      ),
    },
  },
  {
    beforeYear: 1980,
    givenNames: {
      male: splitWords('建军 卫东 建华 志强 国平 文革 爱民 永强 海涛 伟 勇 军 建平 晓东 向阳 红卫 新民 立新 志刚 庆华 宏伟 建新 少华 正义'),
      female: splitWords('丽华 红 秀丽 小红 红梅 丽 敏 艳 静 建英 卫红 爱华 晓燕 海燕 惠芳 玉梅 丽萍 小玲 美玲 春燕 雪芬 玲 亚萍 慧'),
    },
  },
  {
    beforeYear: 2000,
    givenNames: {
      male: splitWords('伟杰 磊 鹏 超 俊杰 志伟 浩 宇 斌 晓明 文博 嘉伟 振华 凯 健 家豪 子健 少峰 海波 旭东 俊 博文 冠宇 智勇'),
      female: splitWords('婷婷 静怡 丹丹 娜 雪 晶晶 倩 佳 思敏 慧敏 莉莉 晓琳 嘉欣 文静 燕 佩珊 雅琴 丽娟 诗韵 晓雯 颖 梦洁 欣怡 雨婷'),
    },
  },
  {
    beforeYear: Number.POSITIVE_INFINITY,
    givenNames: {
      male: splitWords('浩然 子轩 宇轩 梓豪 俊熙 一诺 铭泽 奕辰 子墨 睿 天佑 皓轩 沐宸 泽宇 嘉懿 景行'),
      female: splitWords('梓涵 欣妍 诗涵 雨桐 子萱 可馨 语桐 梦瑶 若曦 一诺 依诺 思琪 沐晴 安然 芷若 嘉怡'),
    },
  },
];

export function drawName(random: Random, sex: Sex, birthYear: number, surname = random.pickWeighted(surnames)): string {
  const era = eras.find((candidate) => birthYear < candidate.beforeYear);
  if (!era) throw new RangeError(`No given names for the year ${birthYear}`);
  return surname + random.pick(era.givenNames[sex]);
}

export function surnameOf(name: string): string {
  const ofTwoCharacters = surnames.find(([surname]) => surname.length === 2 && name.startsWith(surname));
  // The name is split by code points, because a rare surname may lie outside the basic multilingual plane.
  return ofTwoCharacters?.[0] ?? [...name].slice(0, 1).join('');
}

/** Draws a telephone number that it has not given before. */
export type DrawPhone = () => string;

/** The numbers have the form of mobile numbers, and nobody has them: the prefix 154 is not allotted to any operator. */
export function createPhoneDraw(random: Random): DrawPhone {
  const given = new Set<string>();
  return () => {
    let phone: string;
    do phone = `154${random.integer(0, 99_999_999).toString().padStart(8, '0')}`;
    while (given.has(phone));
    given.add(phone);
    return phone;
  };
}
