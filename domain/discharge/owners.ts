/** Who has to do something after a discharge: somebody of the patient's centre or of the hospital. */

export interface OrderOwner {
  side: 'hospital' | 'centre';
  role: 'gp' | 'nurse' | 'specialist' | 'pharmacist' | 'desk' | 'head';
}

/** What the centre does, and of what kind it is for the hospital when the centre does not work in its window. */
export interface CentreWork {
  role: 'gp' | 'nurse';
  visit?: boolean | undefined;
  medicine?: boolean | undefined;
}

/** At the hospital it is the specialist for visits, the pharmacist for medicines, else the nurse of the ward. */
export function ownerOf({ role, visit, medicine }: CentreWork, isHospitals: boolean): OrderOwner {
  if (!isHospitals) return { side: 'centre', role };
  if (visit) return { side: 'hospital', role: 'specialist' };
  return { side: 'hospital', role: medicine ? 'pharmacist' : 'nurse' };
}
