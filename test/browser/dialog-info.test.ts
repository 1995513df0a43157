import { assert } from 'chai';
import { readDialogInfo } from '../../lib/subscription/dialog-info.js';

const namespace = 'xmlns="urn:ietf:params:xml:ns:dialog-info"';
const info = (inside: string, attributes = 'version="1" state="full"'): string =>
  `<?xml version="1.0" encoding="UTF-8"?><dialog-info ${namespace} ${attributes} entity="sip:a@b">${inside}</dialog-info>`;

describe('application/dialog-info+xml (RFC 4235 §4)', () => {
  it('PRES-2: the sample of §4.2', () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>
   <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:schemaLocation="urn:ietf:params:xml:ns:dialog-info"
     version="1" state="full">
     <dialog id="123456">
        <state>confirmed</state>
        <duration>274</duration>
        <local>
          <identity display="Alice">sip:alice@example.com</identity>
          <target uri="sip:alice@pc33.example.com">
            <param pname="isfocus" pval="true"/>
            <param pname="class" pval="personal"/>
          </target>
        </local>
        <remote>
          <identity display="Bob">sip:bob@example.org</identity>
          <target uri="sip:bobster@phone21.example.org"/>
        </remote>
     </dialog>
   </dialog-info>`;
    assert.deepEqual(readDialogInfo(text), {
      version: 1,
      isFull: true,
      dialogs: [
        {
          id: '123456',
          state: 'confirmed',
          event: undefined,
          code: undefined,
          direction: undefined,
          callId: undefined,
          localTag: undefined,
          remoteTag: undefined,
          local: { uri: 'sip:alice@example.com', displayName: 'Alice', target: 'sip:alice@pc33.example.com' },
          remote: { uri: 'sip:bob@example.org', displayName: 'Bob', target: 'sip:bobster@phone21.example.org' },
        },
      ],
    });
  });

  it('PRES-2: partial state, identifiers, and why one is terminated', () => {
    const read = readDialogInfo(
      info(
        `<dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" remote-tag="78&quot;" direction="initiator">
          <state event="rejected" code="486">terminated</state></dialog>`,
        'version="8" state="partial"',
      ),
    )!;
    assert.isFalse(read.isFull);
    assert.equal(read.version, 8);
    assert.include(read.dialogs[0], {
      id: 'as7d900as8',
      callId: 'a84b4c76e66710',
      localTag: '1928301774',
      remoteTag: '78"',
      direction: 'initiator',
      state: 'terminated',
      event: 'rejected',
      code: 486,
    });
  });

  it('without its namespace, with a prefix, in capitals: as PBXs write it', () => {
    const plain = '<dialog-info version="0" state="full"><dialog id="1"><state>EARLY</state></dialog></dialog-info>';
    assert.equal(readDialogInfo(plain)!.dialogs[0]!.state, 'early');
    const prefixed =
      '<d:dialog-info xmlns:d="urn:ietf:params:xml:ns:dialog-info" version="0"><d:dialog id="1"><d:state>early</d:state></d:dialog></d:dialog-info>';
    assert.lengthOf(readDialogInfo(prefixed)!.dialogs, 1);
  });

  it('a dialog without id or state is left out, and the others are read', () => {
    const read = readDialogInfo(
      info(
        '<dialog><state>early</state></dialog><dialog id="2"/><dialog id="3"><state>odd</state></dialog>' +
          '<dialog id="4"><state>early</state><remote/></dialog>',
      ),
    )!;
    assert.deepEqual(
      read.dialogs.map(({ id }) => id),
      ['4'],
    );
  });

  it('a DOCTYPE is refused, whatever it would expand to', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${info('').slice(38)}`;
    assert.isUndefined(readDialogInfo(bomb));
    assert.isUndefined(readDialogInfo(bomb.toLowerCase()));
  });

  it('what is no such document is none', () => {
    for (const text of [
      '',
      'hello',
      '<presence/>',
      info('<dialog id="1">'),
      info('', 'state="full"'),
      info('', 'version="-1"'),
      info('', 'version="x"'),
      '{"version":1}',
    ])
      assert.isUndefined(readDialogInfo(text), text);
    assert.isUndefined(readDialogInfo(info(' '.repeat(1_000_001))), 'too large');
  });
});
