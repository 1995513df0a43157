/** The body that brings candidates: `application/trickle-ice-sdpfrag` (RFC 8840 §9). */

/** The candidates of one section. */
export interface CandidateSection {
  readonly mid: string;
  /** Both name the generation that the candidates belong to. */
  readonly ufrag: string;
  readonly pwd: string;
  /** As in `a=candidate`, with its name and without its `a=`. */
  readonly candidates: readonly string[];
  readonly isComplete: boolean;
}

export interface CandidateFragment {
  /** The generation of the first section. */
  readonly name: string;
  readonly sections: readonly CandidateSection[];
}

/** More than any host has, and few enough for a browser to take in a moment. */
const limits = { length: 65_536, candidates: 200 } as const;

interface Draft {
  mid: string | undefined;
  ufrag: string | undefined;
  pwd: string | undefined;
  candidates: string[];
  isComplete: boolean;
}

const draft = (): Draft => ({ mid: undefined, ufrag: undefined, pwd: undefined, candidates: [], isComplete: false });

/** Undefined where it names no generation, or is more than anyone needs. */
export function readFragment(body: string): CandidateFragment | undefined {
  if (body.length > limits.length) return undefined;
  const [session, drafts] = readLines(body);
  const count = drafts.reduce((sum, { candidates }) => sum + candidates.length, 0);
  const sections = drafts.flatMap((section) => finish(section, session));
  const [first] = sections;
  return first && count <= limits.candidates ? { name: `${first.ufrag} ${first.pwd}`, sections } : undefined;
}

/** What a section does not say of its generation, the session does. */
function finish({ mid, ufrag, pwd, candidates, isComplete }: Draft, session: Draft): CandidateSection[] {
  const [ownUfrag, ownPwd] = [ufrag ?? session.ufrag, pwd ?? session.pwd];
  if (mid === undefined || !ownUfrag || !ownPwd) return [];
  return [{ mid, ufrag: ownUfrag, pwd: ownPwd, candidates, isComplete: isComplete || session.isComplete }];
}

function readLines(body: string): [session: Draft, sections: readonly Draft[]] {
  const session = draft();
  const sections: Draft[] = [];
  let current = session;
  for (const line of body.split(/\r?\n/)) {
    if (line.startsWith('m=')) sections.push((current = draft()));
    const [, name, value = ''] = /^a=([^:]+)(?::(.*))?$/.exec(line) ?? [];
    switch (name?.toLowerCase()) {
      case 'mid':
        current.mid ??= value.trim();
        break;
      case 'ice-ufrag':
        current.ufrag ??= value.trim();
        break;
      case 'ice-pwd':
        current.pwd ??= value.trim();
        break;
      case 'candidate':
        current.candidates.push(`candidate:${value.trim()}`);
        break;
      case 'end-of-candidates':
        current.isComplete = true;
        break;
    }
  }
  return [session, sections];
}

/** What a section tells besides its candidates: its generation at the level where the description has it (§9.2). */
const kept = /^a=(?:ice-ufrag|ice-pwd|rtcp-mux$)/;

/**
 * All candidates of a description of ours, in its order: each fragment repeats what the ones before it said (§4.4). The
 * m-lines say nothing but where one section ends and the next begins.
 */
export function writeFragment(sdp: string, isComplete: boolean): string {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  const lines = linesOf(session).filter((line) => /^a=(?:ice-ufrag|ice-pwd|ice-options|group:BUNDLE)/.test(line));
  if (isComplete) lines.push('a=end-of-candidates');
  for (const section of sections) {
    const all = linesOf(section);
    const candidates = all.filter((line) => line.startsWith('a=candidate:'));
    const mid = all.find((line) => line.startsWith('a=mid:'));
    if (!mid || all[0]!.split(' ', 2)[1] === '0') continue;
    const isFirst = section === sections[0];
    if (candidates.length === 0 && !isFirst) continue; // it lives in another one's bundle
    lines.push('m=audio 9 RTP/AVP 0', ...all.filter((line) => kept.test(line)), mid, ...candidates);
  }
  return [...lines, ''].join('\r\n');
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');
