/** The set types of the demo alliance, after the packs of the model case, each with its count sheet. */
import type { Packaging, Program } from '../sterile-supply/vocabulary.ts';

export interface DemoSetType {
  /** The code is the id. */
  code: string;
  nameZh: string;
  nameEn: string;
  countSheet: ReadonlyArray<{ itemCode: string; name: { zh: string; en: string }; quantity: number }>;
  packaging: Packaging;
  programs: readonly Program[];
  surgical: boolean;
  implant: boolean;
  lowUse: boolean;
  volumeLitres: number;
  gtin: string | null;
}

/** The instruments and cloths that the count sheets are made of. */
const items = {
  forceps: ['镊子', 'Forceps'],
  'dressing-bowl': ['弯盘', 'Kidney dish'],
  'cotton-balls': ['棉球', 'Cotton ball'],
  drape: ['洞巾', 'Fenestrated drape'],
  scissors: ['剪刀', 'Scissors'],
  'needle-holder': ['持针器', 'Needle holder'],
  'haemostatic-forceps': ['止血钳', 'Haemostatic forceps'],
  'scalpel-handle': ['刀柄', 'Scalpel handle'],
  'stitch-scissors': ['拆线剪', 'Stitch scissors'],
  retractor: ['拉钩', 'Retractor'],
  'tracheal-cannula': ['气管套管', 'Tracheal cannula'],
  'puncture-needle': ['穿刺针', 'Puncture needle'],
  speculum: ['窥器', 'Speculum'],
  'dental-mirror': ['口镜', 'Dental mirror'],
  'dental-probe': ['探针', 'Dental probe'],
  'bone-plate': ['接骨板', 'Bone plate'],
  'bone-screw': ['骨螺钉', 'Bone screw'],
  screwdriver: ['螺丝刀', 'Screwdriver'],
} as const;
type ItemCode = keyof typeof items;

const countSheetOf = (quantities: Partial<Record<ItemCode, number>>): DemoSetType['countSheet'] =>
  (Object.keys(items) as ItemCode[]).flatMap((itemCode) => {
    const [zh, en] = items[itemCode];
    const quantity = quantities[itemCode];
    return quantity === undefined ? [] : [{ itemCode, name: { zh, en }, quantity }];
  });

/** Textiles need the longest exposure at 121 °C; instruments in bags and pouches run in the fast programs. */
const forTextiles: readonly Program[] = ['steam-132', 'steam-134', 'steam-121'];
const forInstruments: readonly Program[] = ['steam-132', 'steam-134'];

const plain = { surgical: false, implant: false, lowUse: false, gtin: null };

export const demoSetTypes: readonly DemoSetType[] = [
  {
    ...plain,
    code: 'dressing-set',
    nameZh: '换药包',
    nameEn: 'Dressing set',
    countSheet: countSheetOf({ forceps: 2, 'dressing-bowl': 1, 'cotton-balls': 10 }),
    packaging: 'cotton',
    programs: forTextiles,
    volumeLitres: 1.5,
    // A number of the range that GS1 leaves to each house (prefix 2), so it is nobody's product.
    gtin: '02900000000018',
  },
  {
    ...plain,
    code: 'debridement-set',
    nameZh: '清创包',
    nameEn: 'Debridement set',
    countSheet: countSheetOf({ forceps: 2, 'dressing-bowl': 1, drape: 1, scissors: 1, 'haemostatic-forceps': 2 }),
    packaging: 'nonwoven',
    programs: forInstruments,
    surgical: true,
    volumeLitres: 4,
  },
  {
    ...plain,
    code: 'suture-set',
    nameZh: '缝合包',
    nameEn: 'Suture set',
    countSheet: countSheetOf({ forceps: 2, drape: 1, scissors: 1, 'needle-holder': 1, 'haemostatic-forceps': 2 }),
    packaging: 'nonwoven',
    programs: forInstruments,
    surgical: true,
    volumeLitres: 3,
  },
  {
    ...plain,
    code: 'stitch-removal-set',
    nameZh: '拆线包',
    nameEn: 'Stitch removal set',
    countSheet: countSheetOf({ forceps: 2, 'cotton-balls': 6, 'stitch-scissors': 1 }),
    packaging: 'pouch',
    programs: forInstruments,
    volumeLitres: 0.8,
  },
  {
    ...plain,
    code: 'examination-set',
    nameZh: '妇科检查包',
    nameEn: 'Gynaecological examination set',
    countSheet: countSheetOf({ forceps: 1, 'cotton-balls': 6, speculum: 1 }),
    packaging: 'paper-bag',
    programs: forInstruments,
    volumeLitres: 1,
  },
  {
    ...plain,
    code: 'dental-set',
    nameZh: '口腔检查包',
    nameEn: 'Dental examination set',
    countSheet: countSheetOf({ forceps: 1, 'dental-mirror': 1, 'dental-probe': 1 }),
    packaging: 'pouch',
    programs: forInstruments,
    volumeLitres: 0.5,
  },
  {
    ...plain,
    code: 'minor-surgery-set',
    nameZh: '小手术包',
    nameEn: 'Minor surgery set',
    countSheet: countSheetOf({
      forceps: 4,
      drape: 2,
      scissors: 2,
      'needle-holder': 2,
      'haemostatic-forceps': 6,
      'scalpel-handle': 1,
      retractor: 2,
    }),
    packaging: 'container',
    programs: forInstruments,
    surgical: true,
    volumeLitres: 12,
  },
  {
    ...plain,
    code: 'tracheotomy-set',
    nameZh: '气管切开包',
    nameEn: 'Tracheotomy set',
    countSheet: countSheetOf({
      forceps: 2,
      scissors: 1,
      'haemostatic-forceps': 4,
      'scalpel-handle': 1,
      retractor: 2,
      'tracheal-cannula': 1,
    }),
    packaging: 'pouch',
    programs: forInstruments,
    surgical: true,
    lowUse: true,
    volumeLitres: 3,
  },
  {
    ...plain,
    code: 'venous-cutdown-set',
    nameZh: '静脉切开包',
    nameEn: 'Venous cutdown set',
    countSheet: countSheetOf({ forceps: 2, scissors: 1, 'haemostatic-forceps': 2, 'scalpel-handle': 1 }),
    packaging: 'pouch',
    programs: forInstruments,
    surgical: true,
    lowUse: true,
    volumeLitres: 2,
  },
  {
    ...plain,
    code: 'thoracentesis-set',
    nameZh: '胸腔穿刺包',
    nameEn: 'Thoracentesis set',
    countSheet: countSheetOf({ forceps: 1, drape: 1, 'haemostatic-forceps': 1, 'puncture-needle': 2 }),
    packaging: 'pouch',
    programs: forInstruments,
    surgical: true,
    lowUse: true,
    volumeLitres: 2,
  },
  {
    ...plain,
    code: 'fracture-implant-set',
    nameZh: '骨折内固定植入物包',
    nameEn: 'Fracture implant set',
    countSheet: countSheetOf({ 'bone-plate': 4, 'bone-screw': 24, screwdriver: 1 }),
    packaging: 'container',
    programs: forInstruments,
    surgical: true,
    implant: true,
    lowUse: true,
    volumeLitres: 8,
  },
];
