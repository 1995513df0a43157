import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import { bound, registering } from '../support/registering.js';

describe('what is wanted of the registrar', () => {
  it('ACC-39: register, unregister and register in one task: what is in flight already is what is wanted', async () => {
    const { register, server, account } = await registering();
    const gone = account.unregister().catch((error: unknown) => error);
    const last = account.register();
    await server.nothing();
    server.respond(register, 200, { headers: [bound(register, 300)] });
    await last;
    assert.propertyVal(await gone, 'code', 'aborted');
    assert.equal(account.state, 'registered');
    await server.nothing();
  });

  it('EXO-9, ACC-39: never two REGISTERs in flight: the last of several wishes follows the first', async () => {
    const { register, server, account } = await registering();
    void account.unregister().catch(() => undefined);
    void account.register({ expires: 100 }).catch(() => undefined);
    const last = account.register({ expires: 200 });
    await server.nothing();
    server.respond(register, 200, { headers: [bound(register, 300)] });
    const second = await server.request('REGISTER');
    assert.equal(headerValue(second, 'Expires'), '200');
    server.respond(second, 200, { headers: [bound(second, 200)] });
    await last;
    await server.nothing();
  });
});
