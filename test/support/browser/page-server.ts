// Serves dist/ and the test pages on http://localhost, where browsers give pages a microphone. TypeScript under test/ goes out compiled.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../../..');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
};

/** A page that makes one of the page modules its global `harness`. */
function harnessPage(module: string): string {
  return `<!doctype html><meta charset="utf-8"><title>${module}</title><link rel="icon" href="data:,"><script type="module">
globalThis.__name = (value) => value; // functions that a test sends here were compiled with it
globalThis.harness = await import('/test/support/browser/page/${module}.js');
globalThis.harnessReady = true;
</script>`;
}

async function compiled(path: string): Promise<string> {
  const source = await readFile(path.replace(/\.js$/, '.ts'), 'utf8');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(source, { compilerOptions: options }).outputText;
}

export class PageServer {
  readonly #pages = new Map<string, { body: string; headers: Readonly<Record<string, string>> }>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, 'localhost', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as { port: number }).port}`;
  }

  /** The address of a page with a module of test/support/browser/page as its harness. */
  harnessUrl(module: string): string {
    return `${this.origin}/harness/${module}`;
  }

  /** Adds a page of its own HTML and headers (a Content-Security-Policy, say); returns its address. */
  addPage(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
    this.#pages.set(path, { body, headers });
    return this.origin + path;
  }

  /** What is answered to a GET, for who brings it to the page in a way of his own. */
  async answer(url: string): Promise<PageAnswer> {
    const path = normalize(decodeURIComponent(new URL(url, this.origin).pathname));
    try {
      const page = this.#pages.get(path);
      const harness = /^\/harness\/([a-z-]+)$/.exec(path)?.[1];
      if (page) return found(extname(path) || '.html', page.body, page.headers);
      if (harness) return found('.html', harnessPage(harness));
      if (path.startsWith('/test/') && path.endsWith('.js')) return found('.js', await compiled(join(root, path)));
      if (path.startsWith('/dist/')) return found(extname(path), await readFile(join(root, path)));
      return { status: 404, headers: {}, body: '' };
    } catch (error) {
      return { status: 404, headers: { 'Content-Type': 'text/plain' }, body: String(error) };
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await this.answer(request.url ?? '/');
    response.writeHead(status, headers).end(body);
  }
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

function found(extension: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): PageAnswer {
  const type = types[extension] ?? 'application/octet-stream';
  return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }, body };
}
