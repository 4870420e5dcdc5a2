/** Who may do what with the things of sterile supply that belong to no single pathway. */
import type { Policy, Rule } from '../kit/rule.ts';
import { forPosts, forReaders, rolesOfPosts, seeingAll } from './posts.ts';

/** What concerns the supply department alone. */
const forSeeingAll: Rule = { roles: seeingAll, relation: 'institution', everywhere: seeingAll };

/** What anybody who has things in hands may say of one. */
const forHands = forPosts('n', 'k', 'v', 'd', 't', 'c', 'r', 'h', 'i');

export const sterileSupplyPolicy = {
  // Catalogue.
  createSetType: forPosts('h'),
  listSetTypes: forReaders,
  getSetType: forReaders,
  registerSet: forPosts('h'),
  listSets: forReaders,
  getSet: forReaders,
  completeSet: forPosts('t'),
  recordSetRepaired: forPosts('t'),
  signOffIncompleteSet: forPosts('h'),
  retireSet: forPosts('h'),
  reportSetMissing: forHands,
  registerVehicle: forPosts('h'),
  listVehicles: forReaders,
  getVehicle: forReaders,
  cleanVehicle: forPosts('k', 'v', 't'),
  registerBox: forPosts('h'),
  listBoxes: forReaders,
  getBox: forReaders,
  cleanBox: forPosts('k', 'v', 't'),
  registerWasher: forPosts('h'),
  listWashers: forReaders,
  getWasher: forReaders,
  listSupplyCentres: forReaders,
  getSupplyCentre: forReaders,
  putSupplyCentre: forPosts('h', 'd'),
  listNormRules: forReaders,
  // Floor.
  recordWashBatch: forPosts('t'),
  listWashBatches: forSeeingAll,
  getWashBatch: forSeeingAll,
  recordInspections: forPosts('t'),
  listInspections: forSeeingAll,
  getInspection: forSeeingAll,
  assemblePack: forPosts('t'),
  listPacks: forReaders,
  getPack: forReaders,
  getPackDispensable: forReaders,
  checkPack: forPosts('c'),
  printPackLabel: forPosts('t', 'r'),
  compromisePack: forHands,
  breakOutPack: forPosts('t'),
  restockPack: forPosts('c'),
  openPack: forPosts('n'),
  returnPackUnopened: forPosts('n'),
  // Shelf.
  getShelf: forReaders,
  recordClimateReadings: { roles: [...rolesOfPosts('n'), 'gateway'], relation: 'institution', everywhere: [...seeingAll, 'gateway'] },
  listClimateBreaches: forReaders,
  getClimateBreach: forReaders,
  reviewClimateBreach: forPosts('h', 'i'),
  listSupplyAlerts: forReaders,
  runDemoSweep: { roles: 'everyone', relation: 'alliance' },
  // Ledger.
  exportCustody: { roles: ['headnurse', 'infection', 'auditor'], relation: 'institution', everywhere: seeingAll },

  // Scans.
  listDevices: forReaders,
  getDevice: forReaders,
  registerDevice: forPosts('k', 'v', 'n', 't', 'c'),
  revokeDevice: forPosts('h'),
  sendScans: forPosts('k', 'v', 'n', 't', 'c'),

  getTrace: forReaders,
  getSupplyIndicators: { roles: [...rolesOfPosts('n'), ...seeingAll], relation: 'institution', everywhere: seeingAll },
} as const satisfies Policy;
