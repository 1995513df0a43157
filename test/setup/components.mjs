// The real programs that the tests run against: which are missing, and how they are installed where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { chromium, findProgram, firefox } = createRequire(import.meta.url)('./browsers.cjs');

const kamailioPackages = [
  '',
  '-websocket-modules',
  '-outbound-modules',
  '-presence-modules',
  '-tls-modules',
  '-utils-modules',
  '-extra-modules',
];

/** `services` are what a package would start at boot, and what must not run beside the tests. */
const components = [
  { name: 'chromium', tiers: ['browser', 'e2e', 'network'], find: chromium, packages: ['chromium'] },
  { name: 'firefox', tiers: ['browser', 'e2e'], find: firefox, packages: ['firefox-esr'] },
  {
    name: 'kamailio',
    tiers: ['e2e', 'network'],
    find: () => findProgram('kamailio') && findProgram('kamcmd'),
    packages: kamailioPackages.map((suffix) => `kamailio${suffix}`),
    services: ['kamailio'],
  },
  {
    name: 'rtpengine',
    tiers: ['e2e', 'network'],
    find: () => findProgram('rtpengine'),
    packages: ['rtpengine-daemon'],
    services: ['rtpengine-daemon', 'rtpengine'],
  },
  { name: 'baresip', tiers: ['e2e', 'network'], find: () => findProgram('baresip'), packages: ['baresip-core'] },
  { name: 'coturn', tiers: ['e2e'], find: () => findProgram('turnserver'), packages: ['coturn'], services: ['coturn'] },
  { name: 'sipp', tiers: ['e2e'], find: () => findProgram('sipp'), packages: ['sip-tester'] },
  { name: 'openssl', tiers: ['e2e', 'network'], find: () => findProgram('openssl'), packages: ['openssl'] },
  {
    name: 'iproute2',
    tiers: ['network'],
    find: () => findProgram('ip') && findProgram('ss'),
    packages: ['iproute2'],
  },
  { name: 'iptables', tiers: ['network'], find: () => findProgram('iptables'), packages: ['iptables'] },
];

const onDebian = existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined;
const mayInstall = onDebian && process.getuid?.() === 0;

function packageInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

function missingPackages({ find, packages }) {
  if (!onDebian) return find() ? [] : packages;
  return find() && packages.length === 1 ? [] : packages.filter((name) => !packageInstalled(name));
}

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return status === 0;
}

/** Installs packages without letting their services start: a policy file says no while dpkg asks. */
function install(packages, services) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const patience = ['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=5'];
    run('apt-get', ['update', '-qq', ...patience], env);
    const options = ['-y', '-qq', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends', ...patience];
    run('apt-get', ['install', ...options, ...packages], env);
  } finally {
    if (ours) rmSync(policy);
  }
  if (existsSync('/run/systemd/system')) {
    for (const service of services) spawnSync('systemctl', ['disable', '--now', service], { stdio: 'ignore' });
  }
}

/** Installs what these tiers lack, where it may; returns the names of the components still missing, by tier. */
export function provideComponents(tiers) {
  const needed = components.filter((component) => component.tiers.some((tier) => tiers.includes(tier)));
  const lacking = () => needed.filter((component) => missingPackages(component).length > 0);
  if (lacking().length > 0 && mayInstall) {
    console.log(
      `installing ${lacking()
        .map(({ name }) => name)
        .join(', ')}`,
    );
    install(
      lacking().flatMap(missingPackages),
      lacking().flatMap(({ services = [] }) => services),
    );
  }
  const missing = lacking();
  if (missing.length > 0) {
    const how = `apt-get install -y --no-install-recommends ${missing.flatMap(missingPackages).join(' ')}`;
    console.log(`MISSING: ${missing.map(({ name }) => name).join(', ')}. On Debian, as root: ${how}`);
  }
  const namesFor = (tier) => missing.filter((component) => component.tiers.includes(tier)).map(({ name }) => name);
  return new Map(tiers.map((tier) => [tier, namesFor(tier)]));
}
