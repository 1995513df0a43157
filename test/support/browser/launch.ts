// The system's Chromium and Firefox, driven by puppeteer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer';
import type { Browser, Page } from 'puppeteer';
import { freePort } from '../servers/ports.js';
import { sineWav } from '../tone.js';
import { entering, relay } from './entering.js';

const browsers = createRequire(import.meta.url)('../../setup/browsers.cjs') as {
  chromium(): string | undefined;
  firefox(): string | undefined;
  chromiumFlags: readonly string[];
  firefoxPreferences: Readonly<Record<string, unknown>>;
};

export type BrowserName = 'chromium' | 'firefox';
export const browserNames: readonly BrowserName[] = ['chromium', 'firefox'];

export interface LaunchOptions {
  /** Hertz of the sine that the browser's own getUserMedia hears; without it the browser's usual fake beeps. */
  readonly microphone?: number;
  readonly flags?: readonly string[];
  /** What is put before the command, so that the browser runs in a network namespace. */
  readonly enter?: readonly string[];
}

function installed(path: string | undefined, name: string): string {
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/** Our own end is the end of the browsers: it is taken care of here, at `exit`, and not by puppeteer's signal handlers. */
const ownExit = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false } as const;

async function launchChromium({ microphone, flags = [], enter = [] }: LaunchOptions): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'evercall-chromium-'));
  const sound = join(folder, 'microphone.wav');
  if (microphone !== undefined) writeFileSync(sound, sineWav(microphone, 48_000, 5));
  const chromium = installed(browsers.chromium(), 'Chromium');
  const browser = await puppeteer.launch({
    executablePath: entering(folder, enter, chromium),
    pipe: true,
    ...ownExit,
    acceptInsecureCerts: true,
    args: [
      ...browsers.chromiumFlags,
      '--ignore-certificate-errors', // of a WebSocket
      ...(enter.length > 0 ? [] : ['--allow-loopback-in-peer-connection']),
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${sound}`]),
      ...flags,
    ],
  });
  browser.once('disconnected', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return browser;
}

async function launchFirefox({ microphone, flags = [], enter = [] }: LaunchOptions): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'evercall-firefox-'));
  const port = enter.length > 0 ? await freePort() : 0;
  const door = port > 0 ? await relay(port, enter) : undefined; // it listens on the loopback of its namespace
  const browser = await puppeteer.launch({
    browser: 'firefox',
    ...ownExit,
    executablePath: entering(folder, enter, installed(browsers.firefox(), 'Firefox')),
    acceptInsecureCerts: true,
    debuggingPort: port,
    args: [...flags],
    extraPrefsFirefox: {
      ...browsers.firefoxPreferences,
      'dom.min_background_timeout_value': 4,
      'dom.timeout.enable_budget_timer_throttling': false,
      ...(microphone === undefined ? {} : { 'media.navigator.audio.fake_frequency': microphone }),
    },
  });
  browser.once('disconnected', () => {
    door?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return browser;
}

/** Starts a browser; close it in `after`. */
export async function launch(name: BrowserName, options: LaunchOptions = {}): Promise<Browser> {
  const browser = await (name === 'chromium' ? launchChromium(options) : launchFirefox(options));
  const pid = browser.process()?.pid;
  const kill = (): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL'); // it leads a process group
    } catch {
      // it is gone
    }
  };
  process.once('exit', kill);
  browser.once('disconnected', () => process.off('exit', kill));
  return browser;
}

const logs = new Map<Page, string[]>();

/** What the pages of this test have printed, those that were closed included: for when it fails. */
export function pageLogs(): readonly { readonly name: string; readonly log: string }[] {
  return [...logs].map(([page, lines]) => ({ name: page.url(), log: lines.join('\n') }));
}

/** Called before each test. */
export function forgetClosedPages(): void {
  for (const page of logs.keys()) if (page.isClosed()) logs.delete(page);
}

/** Opens a page in a context of its own, so that pages share nothing, and waits for its harness; `prepare` is run before it loads. */
export async function openPage(
  browser: Browser,
  url: string,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<Page> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const lines: string[] = [];
  logs.set(page, lines);
  page.on('console', (message) => lines.push(`${message.type()} ${message.text()}`));
  page.on('pageerror', (error) => lines.push(`uncaught ${String(error)}`));
  await prepare?.(page);
  await page.goto(url);
  if (url.includes('/harness/')) await page.waitForFunction('globalThis.harnessReady', { timeout: 10_000 });
  return page;
}
