// The tests drive the system's Chromium and Firefox; no browser is downloaded at install.
module.exports = { skipDownload: true };
