/** The other side of `inProcess`. */
import type { ForkedFunction } from './processes.js';

const [path, name, args] = process.argv.slice(2) as [string, string, string];
const functions = (await import(path)) as Record<string, ForkedFunction>;
const value = await functions[name]!(...(JSON.parse(args) as unknown[]));
process.send!({ value }, () => process.exit(0));
