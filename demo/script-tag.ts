// The script of a page without a bundler: it knows the library as the global `Evercall`. Compiled to a classic script.
declare const Evercall: typeof import('../lib/index.js');

{
  const log = document.querySelector('#log')!;
  const callButton = document.querySelector<HTMLButtonElement>('#call')!;
  const hangupButton = document.querySelector<HTMLButtonElement>('#hangup')!;
  const say = (text: string): void => {
    log.append(`${text}\n`);
  };

  const userAgent = new Evercall.UserAgent({ servers: `ws://${location.host}` });
  const account = userAgent.addAccount({ uri: 'sip:alice@evercall.test', password: 'alice-pw' });
  account.on('registrationChanged', ({ state }) => {
    say(`alice: ${state}`);
    callButton.disabled = !account.isRegistered;
  });
  callButton.addEventListener('click', () => {
    const call = account.call('tone');
    call.on('stateChanged', ({ state }) => {
      say(`call: ${state}`);
      hangupButton.disabled = state === 'disconnected';
    });
  });
  hangupButton.addEventListener('click', () => {
    userAgent.hangupAll();
  });
  // for whoever tries things out in the console
  Object.assign(globalThis, { userAgent, account });
}
