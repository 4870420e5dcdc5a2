/** An OID is one name of a system with and without `urn:oid:`: HL7 v2 writes it bare, FHIR as a URN. Returns it bare; undefined for what is no OID. */
export const oidOf = (system: string): string | undefined => /^(?:urn:oid:)?([0-2](?:\.\d+)+)$/i.exec(system)?.[1];
