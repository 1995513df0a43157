// Who can be called here: users with their passwords, and numbers that this server answers itself.

export interface User {
  readonly name: string;
  readonly displayName: string;
  readonly password: string;
}

export interface PhoneNumber {
  readonly name: string;
  readonly says: string;
}

export interface Directory {
  /** What stands behind the @ of every address. */
  readonly domain: string;
  readonly users: readonly User[];
  readonly numbers: readonly PhoneNumber[];
}

const names = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank'];

/** The passwords are no secret: they are printed, and shown on the page. */
export const directory: Directory = {
  domain: 'evercall.test',
  users: names.map((displayName) => {
    const name = displayName.toLowerCase();
    return { name, displayName, password: `${name}-pw` };
  }),
  numbers: [
    { name: 'echo', says: 'sends back what it hears' },
    { name: 'tone', says: 'a tone of 440 Hz' },
    { name: 'music', says: 'a small melody' },
    { name: 'silence', says: 'answers and says nothing' },
    { name: 'late', says: 'rings for 5 seconds, then the tone' },
    { name: 'busy', says: 'is always busy' },
  ],
};
