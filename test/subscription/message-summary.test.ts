import { assert } from 'chai';
import { readMessageSummary } from '../../lib/subscription/message-summary.js';

const lines = (...texts: string[]): string => texts.map((text) => `${text}\r\n`).join('');

describe('application/simple-message-summary (RFC 3842 §5.2)', () => {
  it('the example of §4.1', () => {
    assert.deepEqual(
      readMessageSummary(
        lines('Messages-Waiting: yes', 'Message-Account: sip:alice@vmail.example.com', 'Voice-Message: 2/8 (0/2)'),
      ),
      {
        waiting: true,
        newMessages: 2,
        oldMessages: 8,
        urgent: 0,
        counts: { 'voice-message': { new: 2, old: 8, newUrgent: 0, oldUrgent: 2 } },
        mailbox: 'sip:alice@vmail.example.com',
      },
    );
  });

  it('only whether there are any', () => {
    assert.deepEqual(readMessageSummary('Messages-Waiting: no'), {
      waiting: false,
      newMessages: 0,
      oldMessages: 0,
      urgent: 0,
      counts: {},
      mailbox: undefined,
    });
  });

  it('several kinds are added up, and kept apart', () => {
    const summary = readMessageSummary(
      lines('Messages-Waiting: yes', 'Voice-Message: 1/3 (1/1)', 'Fax-Message: 2/4', 'None: 5/6 (3/0)'),
    )!;
    assert.include(summary, { newMessages: 8, oldMessages: 13, urgent: 4 });
    assert.deepEqual(Object.keys(summary.counts), ['voice-message', 'fax-message', 'none']);
  });

  it('§3.5: a counter above 2^32-1 is treated as that', () => {
    const summary = readMessageSummary(lines('Messages-Waiting: yes', `Voice-Message: ${'9'.repeat(400)}/0`));
    assert.equal(summary!.newMessages, 2 ** 32 - 1);
  });

  it('headers of single messages come after an empty line, and change nothing', () => {
    const summary = readMessageSummary(
      lines('Messages-Waiting: yes', 'Voice-Message: 4/8 (1/2)', '', 'To: <alice@example.com>', 'Fax-Message: 9/9'),
    )!;
    assert.deepEqual(Object.keys(summary.counts), ['voice-message']);
  });

  it('what PBXs make of it is read: LF, blanks, capitals, an empty line first, brackets, unknown lines', () => {
    const summary = readMessageSummary(
      '\nmessages-waiting :  YES \nX-Other: 1/2\nMESSAGE-ACCOUNT: <sip:a@b>\nVoice-Message: 1 / 0 ( 0/0 )\nnonsense',
    );
    assert.deepEqual(summary, {
      waiting: true,
      newMessages: 1,
      oldMessages: 0,
      urgent: 0,
      counts: { 'voice-message': { new: 1, old: 0, newUrgent: 0, oldUrgent: 0 } },
      mailbox: 'sip:a@b',
    });
  });

  it('without the status line the counts say it', () => {
    assert.isTrue(readMessageSummary('Voice-Message: 1/0')!.waiting);
    assert.isFalse(readMessageSummary('Voice-Message: 0/7')!.waiting);
  });

  it('what is no summary is none', () => {
    for (const text of ['', '\r\n', 'hello', 'Voice-Message: many', ':', '<?xml version="1.0"?>'])
      assert.isUndefined(readMessageSummary(text), text);
  });

  it('is read in a time that grows with its length, not faster', () => {
    const time = (text: string): number => {
      const start = performance.now();
      readMessageSummary(text);
      return performance.now() - start;
    };
    for (const unit of ['1', ' ', '(', 'Voice-Message: 1/1 (', 'a-message', '\r\n', ':', '<']) {
      const text = `Voice-Message: ${unit.repeat(200_000)}`;
      assert.isBelow(time(text), 2000, unit);
    }
  });
});
