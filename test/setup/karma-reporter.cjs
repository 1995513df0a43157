// Karma reporter: one line per test and browser, and the counts for the orchestrator in the file named by COUNTS_FILE.
const { writeFileSync } = require('node:fs');

function CountingReporter(baseReporterDecorator, formatError) {
  baseReporterDecorator(this);
  const counts = { passed: 0, failed: 0, skipped: 0 };

  this.onSpecComplete = (browser, result) => {
    const outcome = result.skipped ? 'skipped' : result.success ? 'passed' : 'failed';
    counts[outcome]++;
    const name = [...result.suite, result.description].join(' › ');
    this.write(
      `  ${{ passed: '✔', failed: '✖', skipped: '-' }[outcome]} ${browser.name.replace(/ \(.*/, '')} › ${name}\n`,
    );
    for (const entry of result.log) this.write(formatError(entry, '      '));
  };

  this.onBrowserError = (browser, error) => {
    counts.failed++;
    this.write(`  ✖ ${browser.name}: ${formatError(error)}\n`);
  };

  this.onRunComplete = () => {
    if (process.env.COUNTS_FILE) writeFileSync(process.env.COUNTS_FILE, JSON.stringify(counts));
  };
}
CountingReporter.$inject = ['baseReporterDecorator', 'formatError'];

module.exports = { 'reporter:counting': ['type', CountingReporter] };
