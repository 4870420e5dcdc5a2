/** Who may do what with the directory: institutions, patients, and the facts about them that others report. */
import { clinicians, type Policy, type Rule, readers } from '../kit/rule.ts';

/** The alliance office sees the reviews of all institutions. */
const review: Rule = { roles: ['desk', 'office'], relation: 'institution', everywhere: ['office'] };

export const directoryPolicy = {
  listInstitutions: { roles: 'everyone', relation: 'alliance' },
  listDepartments: { roles: 'everyone', relation: 'alliance' },
  listStaff: { roles: 'everyone', relation: 'alliance' },
  getStaffMember: { roles: 'everyone', relation: 'alliance' },

  listPatients: { roles: readers, relation: 'register' },
  getPatient: { roles: readers, relation: 'register' },
  createPatient: { roles: clinicians, relation: 'register' },
  choosePatientChannel: { roles: clinicians, relation: 'register' },
  // Whether it is the resident's own centre the operations ask themselves.
  correctPatient: { roles: ['gp', 'nurse', 'head'], relation: 'register' },
  listPatientChanges: { roles: ['gp', 'nurse', 'head'], relation: 'register' },

  recordFact: { roles: ['gateway'], relation: 'alliance' },
  listIdentityReviews: review,
  resolveIdentityReview: review,
} as const satisfies Policy;
