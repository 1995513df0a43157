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

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', this.origin).pathname));
    try {
      const page = this.#pages.get(path);
      const harness = /^\/harness\/([a-z-]+)$/.exec(path)?.[1];
      if (page) send(response, extname(path) || '.html', page.body, page.headers);
      else if (harness) send(response, '.html', harnessPage(harness));
      else if (path.startsWith('/test/') && path.endsWith('.js'))
        send(response, '.js', await compiled(join(root, path)));
      else if (path.startsWith('/dist/')) send(response, extname(path), await readFile(join(root, path)));
      else response.writeHead(404).end();
    } catch (error) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(String(error));
    }
  }
}

function send(
  response: ServerResponse,
  extension: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = types[extension] ?? 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }).end(body);
}
