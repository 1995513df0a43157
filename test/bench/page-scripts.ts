/** The contenders as scripts for a page. */
import type { Contender } from './row.js';

const path = (file: string): string => new URL(`../../${file}`, import.meta.url).pathname;

export const scripts: Readonly<Record<Contender, { readonly file: string }>> = {
  JsSIP: { file: path('build/bench/jssip.iife.js') },
  'SIP.js': { file: path('build/bench/sipjs.iife.js') },
  evercall: { file: path('dist/evercall.iife.js') },
};
