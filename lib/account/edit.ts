/** Edit, then commit (Linphone's account parameters): nothing happens until then, and all of it at once. */
import type { AccountOptions } from './account-options.js';

/** The options as they are, to be changed; secrets can be set, not read. Dropped without `commit()` it changes nothing. */
export type AccountEdit = { -readonly [Option in keyof AccountOptions]: AccountOptions[Option] } & {
  /** Throws `invalidOption` and leaves all as it was; resolves when what the change needed on the wire is done. */
  readonly commit: () => Promise<void>;
};

const secrets = ['password', 'ha1', 'credentials'] as const;

export function accountEdit(
  options: AccountOptions,
  update: (patch: Partial<AccountOptions>) => Promise<void>,
): AccountEdit {
  const before = withoutLogin(options) as unknown as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  const edit = { ...before };
  for (const name of secrets) Object.defineProperty(edit, name, { set: (value: unknown) => (patch[name] = value) });
  const commit = (): Promise<void> => {
    for (const name of Object.keys({ ...before, ...edit })) if (edit[name] !== before[name]) patch[name] = edit[name];
    return update(patch);
  };
  return Object.defineProperty(edit, 'commit', { value: commit }) as unknown as AccountEdit;
}

/** Options with a patch laid over them. One kind of login takes the place of the others. */
export function patched(options: AccountOptions, patch: Partial<AccountOptions>): AccountOptions {
  const isLogin = secrets.some((name) => patch[name] !== undefined);
  return { ...(isLogin ? withoutLogin(options) : options), ...patch };
}

const withoutLogin = (options: AccountOptions): AccountOptions =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => !secrets.includes(name as 'ha1')),
  ) as unknown as AccountOptions;
