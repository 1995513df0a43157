import { createHook, executionAsyncResource } from 'node:async_hooks';
const stacks = new WeakMap<object, string>();
createHook({
  init(_id, type, _t, resource) {
    if (type === 'PROMISE') stacks.set(resource, new Error().stack ?? '');
  },
}).enable();
process.on('unhandledRejection', (e, p) => {
  console.log(
    'UNHANDLED',
    String(e),
    stacks
      .get(p as object)
      ?.split('\n')
      .slice(1, 12)
      .join('\n'),
  );
});
void executionAsyncResource;
const { play } = await import('./play.js');
const { scenario } = await import('./scenario.js');
for (const a of process.argv.slice(2)) console.log(a, await play(scenario(Number(a)).steps, Number(a)));
const { report } = await import('../model/play.js');
for (const a of process.argv.slice(2)) await report(play, scenario(Number(a)).steps, Number(a));
