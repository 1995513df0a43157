import { assert } from 'chai';
import { Timeline, timeOfDay } from '../../lib/elements/timeline.js';
import { FakeClock } from '../support/fake-clock.js';

describe('the timeline', () => {
  it('keeps what happened, the newest last, and tells of each line', () => {
    let changes = 0;
    const timeline = new Timeline(new FakeClock(), () => changes++);
    timeline.add('Signed in', 'good');
    timeline.add('Call to bob');
    assert.deepEqual(
      timeline.entries.map(({ text, tone }) => [text, tone]),
      [
        ['Signed in', 'good'],
        ['Call to bob', 'plain'],
      ],
    );
    timeline.clear();
    assert.isEmpty(timeline.entries);
    assert.equal(changes, 3);
  });

  it('keeps the last 200 lines, and no more', () => {
    const timeline = new Timeline(new FakeClock(), () => undefined);
    for (let line = 1; line <= 250; line++) timeline.add(String(line));
    assert.lengthOf(timeline.entries, 200);
    assert.equal(timeline.entries[0]!.text, '51');
    assert.equal(timeline.entries.at(-1)!.text, '250');
  });

  it('is copied as text, a line each, with the time in UTC', async () => {
    const clock = new FakeClock();
    const timeline = new Timeline(clock, () => undefined);
    const began = new Date(clock.wallTime()).toISOString();
    timeline.add('Call to bob');
    await clock.advance(1400);
    timeline.add('In call with bob');
    const later = new Date(clock.wallTime()).toISOString();
    assert.equal(timeline.toString(), `${began} Call to bob\n${later} In call with bob\n`);
  });

  it('shows the time of day with tenths of a second', () => {
    assert.equal(timeOfDay(new Date(2026, 10, 21, 9, 5, 7, 650).getTime()), '09:05:07.6');
  });
});
