// LIN-37: what people type, and what is dialled.
import { assert } from 'chai';
import { dialPlan } from '../../lib/account/dial-plan.js';
import type { DialPlanOptions } from '../../lib/account/dial-plan.js';

const france: DialPlanOptions = { countryCode: '33' };
const germany: DialPlanOptions = { countryCode: '49' };
const spain: DialPlanOptions = { countryCode: '34', nationalPrefix: '', nationalLength: 9 };
const america: DialPlanOptions = {
  countryCode: '1',
  nationalPrefix: '1',
  internationalPrefix: '011',
  nationalLength: 10,
};

const table: readonly (readonly [DialPlanOptions, string, string])[] = [
  [france, '06 12 34 56 78', '+33612345678'],
  [france, '06.12.34.56.78', '+33612345678'],
  [france, '(0)6 12 34 56 78', '+33612345678'],
  [france, '+33 6 12 34 56 78', '+33612345678'],
  [france, '+33 (0)6 12 34 56 78', '+33612345678'],
  [france, '0033 6 12 34 56 78', '+33612345678'],
  [france, '0033 (0)6 12-34-56-78', '+33612345678'],
  [france, '00 49 30 1234567', '+49301234567'],
  [france, 'tel:+33-6-12-34-56-78', '+33612345678'],
  [france, 'tel:06-12-34-56-78', '+33612345678'],
  [france, 'tel:3631;phone-context=+33', 'tel:3631;phone-context=+33'],
  [france, '112', '112'],
  [france, '3631', '3631'],
  [france, '612345678', '612345678'],
  [{ ...france, nationalLength: 9 }, '612345678', '+33612345678'],
  [{ ...france, nationalLength: 9 }, '0612345', '0612345'],
  [france, '0', '0'],
  [france, '00', '00'],
  [france, '*21*0612345678#', '*21*0612345678#'],
  [france, 'alice', 'alice'],
  [france, '0612345678@example.com', '0612345678@example.com'],
  [france, 'sip:0612345678@example.com', 'sip:0612345678@example.com'],
  [france, '', ''],
  [{ ...france, escapePlus: true }, '+49 30 1234567', '0049301234567'],
  [{ ...france, escapePlus: true }, '06 12 34 56 78', '0033612345678'],
  [{ ...france, outsidePrefix: '9' }, '06 12 34 56 78', '90033612345678'],
  [{ ...france, outsidePrefix: '9' }, '+33 6 12 34 56 78', '90033612345678'],
  [{ ...france, outsidePrefix: '9' }, '3001', '3001'],
  [{ ...france, outsidePrefix: '9', escapePlus: false }, '0612345678', '9+33612345678'],
  [{ outsidePrefix: '9' }, '06 12 34 56 78', '90612345678'],
  [{}, '06 12 34 56 78', '0612345678'],
  [{}, '+33 6 12', '+33612'],
  [germany, '030/1234567', '+49301234567'],
  [germany, '030 12', '03012'],
  [spain, '612 345 678', '+34612345678'],
  [spain, '4711', '4711'],
  [america, '(212) 555-0123', '+12125550123'],
  [america, '1 (212) 555-0123', '+12125550123'],
  [america, '011 44 20 7946 0123', '+442079460123'],
  [america, '555-0123', '5550123'],
  [america, '911', '911'],
];

describe('LIN-37: dialPlan()', () => {
  for (const [options, typed, dialled] of table) {
    it(`${JSON.stringify(options)}: ${JSON.stringify(typed)} → ${dialled}`, () => {
      assert.equal(dialPlan(options)(typed), dialled);
    });
  }

  for (const [name, value] of [
    ['countryCode', '+33'],
    ['internationalPrefix', ''],
    ['outsidePrefix', 9],
    ['prefix', '0'],
  ] as const) {
    it(`${name}: ${JSON.stringify(value)} is refused by name`, () => {
      assert.throws(() => dialPlan({ [name]: value }), new RegExp(`^${name}:`));
    });
  }
});
