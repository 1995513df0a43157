// Mocha reporter: prints like spec and leaves the counts for the orchestrator in the file named by COUNTS_FILE.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (process.env.COUNTS_FILE) {
        writeFileSync(process.env.COUNTS_FILE, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
      }
    });
  }
};
