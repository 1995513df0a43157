import { assert } from 'chai';
import { spreadFor, storm } from './storm.js';

describe('100,000 clients after a restart of their server', () => {
  const clients = 100_000;

  for (const rate of [1000, 2000, 10_000])
    for (const down of [0, 3, 30])
      for (const talking of [0, 0.1])
        it(`${rate} a second, away for ${down} s, ${talking * 100} % talk: never more attempts than the server takes, and the median is back within what that allows and a fifth`, () => {
          const { attempts, median, last } = storm(
            { clients, rate, down, talking, spread: spreadFor(clients, rate) },
            1,
          );
          assert.isAtMost(Math.max(...attempts), rate);
          assert.isAtMost(median, 1.2 * (down + clients / rate / 2));
          assert.isAtMost(last, down + spreadFor(clients, rate) + 1);
        });

  it('without a word of how many they are they come in one second, as few may: that is what the option is for', () => {
    const { attempts } = storm({ clients, rate: 2000, down: 0, talking: 0, spread: undefined }, 1);
    assert.isAtLeast(attempts[0]!, clients);
  });
});
