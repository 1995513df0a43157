/** What became of a change of the network, by what it is told of. */
import type { Account } from '../account/account.js';
import type { IpChangeOfAccount, IpChangeReport } from './ip-change-options.js';

type Sorted = Pick<IpChangeReport, 'transports' | 'accounts' | 'steps'>;
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] extends readonly (infer Item)[] ? Item[] : T[Name] };

/** @param accounts those that there are, whether or not something was told of them */
export function sorted(steps: IpChangeReport['steps'], accounts: readonly Account[]): Sorted {
  const transports: Mutable<Sorted>['transports'] = [];
  const rows = new Map<Account, Mutable<IpChangeOfAccount>>(
    accounts.map((account) => [account, { account, registration: undefined, calls: [] }]),
  );
  for (const step of steps) {
    const row = 'account' in step ? rows.get(step.account) : undefined;
    if (step.step === 'restartTransport') transports.push(step);
    else if (row && step.step === 'updateContact') row.registration = step;
    else if (row && step.step === 'hangupCall') row.calls.push(step);
    else if (row && step.step === 'refreshCall' && step.phase !== 'begun') row.calls.push(step);
  }
  return { transports, accounts: [...rows.values()], steps };
}
