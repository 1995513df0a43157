// Whether this machine lets us make network namespaces: that takes root, and a kernel that has them.
import { spawnSync } from 'node:child_process';

function failure(...command) {
  const { status, stderr, error } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
  return status === 0
    ? undefined
    : `no network namespaces (${command.join(' ')}: ${(error?.message ?? stderr).trim()})`;
}

/** Why namespaces cannot be had here; undefined when they can. */
export function whyNoNamespaces() {
  const name = `evercall-${process.pid}-try`;
  try {
    return (
      failure('ip', 'netns', 'add', name) ??
      failure('ip', '-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'other') ??
      failure('ip', 'netns', 'exec', name, 'iptables', '-t', 'nat', '-A', 'POSTROUTING', '-j', 'MASQUERADE')
    );
  } finally {
    spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  }
}
