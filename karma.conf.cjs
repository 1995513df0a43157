// Runs the bundled browser tests in headless Chromium and Firefox; `node test/run.mjs browser` builds the bundle first.
const { chromium, chromiumFlags, firefox, firefoxPreferences } = require('./test/setup/browsers.cjs');

process.env.CHROME_BIN = chromium();
process.env.FIREFOX_BIN = firefox();

module.exports = (config) =>
  config.set({
    frameworks: ['mocha'],
    files: [
      'build/browser-tests.js',
      { pattern: 'dist/**/*.js', included: false, watched: false },
      { pattern: 'node_modules/@sapphi-red/web-noise-suppressor/dist/**', included: false, watched: false },
    ],
    browsers: ['Chromium', 'Firefox'],
    customLaunchers: {
      Chromium: { base: 'ChromeHeadless', flags: chromiumFlags },
      Firefox: { base: 'FirefoxHeadless', prefs: firefoxPreferences },
    },
    client: { mocha: { timeout: 20_000, forbidOnly: true } },
    plugins: [
      require('karma-mocha'),
      require('karma-chrome-launcher'),
      require('karma-firefox-launcher'),
      require('./test/setup/karma-reporter.cjs'),
    ],
    reporters: ['counting'],
    hostname: 'localhost',
    concurrency: 1,
    browserNoActivityTimeout: 60_000,
    captureTimeout: 60_000,
    autoWatch: false,
    singleRun: true,
    failOnEmptyTestSuite: true,
  });
