/** Identifiers that cannot be guessed (RFC 3261 §19.3) and the randomness of waits, both replaceable in tests. */

export interface Random {
  /** Uniform in [0, 1): for jitter. */
  number(): number;
  /** A string of `length` characters of [0-9a-z], at least 5 bits each from a cryptographic source. */
  token(length: number): string;
  /** A random UUID (RFC 4122 §4.4). */
  uuid(): string;
}

const alphabet = '0123456789abcdefghijklmnopqrstuv';
const pool = new Uint8Array(4096);
let used = pool.length;

/** One call into the system's generator serves many identifiers. */
function nextByte(): number {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const byte = pool[used]!;
  pool[used++] = 0; // handed out once
  return byte;
}

export const systemRandom: Random = {
  number() {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + nextByte();
    return value / 2 ** 32;
  },
  token: (length) => inOnePiece(length, () => alphabet.charCodeAt(nextByte() & 31)),
  uuid: () =>
    inOnePiece(36, (index) => {
      const form = uuidForm[index]!;
      if (form !== 'x' && form !== 'y') return form.charCodeAt(0);
      return alphabet.charCodeAt(form === 'x' ? nextByte() & 15 : 8 + (nextByte() & 3));
    }),
};

const uuidForm = 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx';

/** A text that is put together bit by bit is kept as its bits, which take several times the memory. */
function inOnePiece(length: number, codeAt: (index: number) => number): string {
  const codes = new Array<number>(length);
  for (let index = 0; index < length; index++) codes[index] = codeAt(index);
  return String.fromCharCode(...codes);
}

/** RFC 3261 §19.3: at least 32 bits; we take 50. */
export const newTag = (random: Random): string => random.token(10);
/** RFC 3261 §8.1.1.7: the magic cookie and 75 random bits. */
export const newBranch = (random: Random): string => `z9hG4bK${random.token(15)}`;
/** RFC 3261 §8.1.1.4. */
export const newCallId = (random: Random): string => random.token(24);
