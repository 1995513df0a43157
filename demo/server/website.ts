// Serves the softphone page, the script-tag page and dist/ over HTTP, under a Content-Security-Policy that allows no inline code.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import type { Directory } from './directory.js';

const root = join(import.meta.dirname, '../..');
const demo = join(root, 'demo');

/** Loaded after the server listens: it takes longer than all the rest. */
const compiler = (): Promise<typeof import('./bundle.js')> => import('./bundle.js');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
};

/** No `unsafe-inline`, no `unsafe-eval`, nothing from elsewhere. */
function policy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; ');
}

interface Answer {
  readonly type: string;
  readonly body: string | Buffer;
}

export class Website {
  readonly #directory: Directory;
  #softphone: Promise<string> | undefined;
  #built: Promise<unknown> | undefined;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Makes the page's script before the first visitor asks for it. */
  prepare(): Promise<unknown> {
    this.#softphone ??= compiler().then(({ bundle }) => bundle(join(demo, 'softphone.ts')));
    return this.#softphone;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = /^[\w.:[\]-]+$/.exec(request.headers.host ?? '')?.[0] ?? 'localhost';
    response.setHeader('Content-Security-Policy', policy(host));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cache-Control', 'no-store');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    try {
      const answer = isRead ? await this.#answer(request.url ?? '/') : undefined;
      if (!answer) response.writeHead(isRead ? 404 : 405, { 'Content-Type': 'text/plain' }).end('Not here.\n');
      else response.writeHead(200, { 'Content-Type': answer.type }).end(request.method === 'HEAD' ? '' : answer.body);
    } catch (error) {
      console.error(error);
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end('The server could not make this page.\n');
    }
  }

  async #answer(url: string): Promise<Answer | undefined> {
    if (!URL.canParse(url, 'http://localhost')) return undefined;
    const { pathname } = new URL(url, 'http://localhost');
    switch (pathname) {
      case '/':
        return text('.html', await readFile(join(demo, 'index.html'), 'utf8'));
      case '/style.css':
        return text('.css', await readFile(join(demo, 'style.css'), 'utf8'));
      case '/softphone.js':
        await this.prepare();
        return text('.js', await this.#softphone!);
      case '/directory.json':
        return text('.json', JSON.stringify(this.#directory));
      case '/script-tag':
        return text('.html', await this.#scriptTagPage());
      case '/script-tag.js':
        return text('.js', (await compiler()).transpile(await readFile(join(demo, 'script-tag.ts'), 'utf8')));
      default:
        return pathname.startsWith('/dist/') ? distFile(pathname) : undefined;
    }
  }

  /** With the hash of the bundle as it is now. */
  async #scriptTagPage(): Promise<string> {
    await this.#provideDist();
    const hashes = JSON.parse(await readFile(join(root, 'dist/sri.json'), 'utf8')) as Record<string, string>;
    const page = await readFile(join(demo, 'script-tag.html'), 'utf8');
    return page.replace('{{integrity}}', hashes['evercall.iife.js'] ?? '');
  }

  /** A fresh clone has no dist/ before somebody wants it. */
  async #provideDist(): Promise<void> {
    if (existsSync(join(root, 'dist/sri.json'))) return;
    const rollup = join(root, 'node_modules/rollup/dist/bin/rollup');
    this.#built ??= promisify(execFile)(process.execPath, [rollup, '-c', '--silent'], { cwd: root });
    await this.#built;
  }
}

const text = (extension: string, body: string): Answer => ({ type: types[extension]!, body });

async function distFile(pathname: string): Promise<Answer | undefined> {
  const path = join(root, normalize(pathname)); // names that need no decoding
  const type = types[extname(path)];
  if (!path.startsWith(join(root, 'dist/')) || !type || !existsSync(path)) return undefined;
  return { type, body: await readFile(path) };
}
